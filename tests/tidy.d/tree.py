"""What the checks look at: the tracked files as text, and what they say about them."""

import os
import pathlib
import re
import subprocess
from dataclasses import dataclass, field

CPP = (".cc", ".h")


@dataclass(frozen=True)
class Problem:
    path: str
    line: int  # 0: the file as a whole
    text: str  # what is wrong and what to do instead

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


@dataclass
class Tree:
    """Path (with /) to text. Tests make small ones by hand."""

    files: dict[str, str]
    executable: set[str] = field(default_factory=set)

    @staticmethod
    def of_repository(root: pathlib.Path) -> "Tree":
        files, executable = {}, set()
        for path in tracked(root):
            full = root / path
            if not full.is_file():
                continue  # deleted, not committed yet
            files[path] = full.read_text(encoding="utf-8", errors="replace")
            if os.access(full, os.X_OK):
                executable.add(path)
        return Tree(files, executable)

    def under(self, *folders: str) -> list[str]:
        return sorted(p for p in self.files if p.startswith(tuple(f + "/" for f in folders)))

    def cpp(self, *folders: str) -> list[str]:
        return [p for p in self.under(*folders) if p.endswith(CPP)]


def tracked(root: pathlib.Path) -> list[str]:
    """What git tracks; in an unpacked archive everything but the build."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return sorted(name for name in listed.stdout.decode().split("\0") if name)
    skipped = {".git", ".cache", "build", "__pycache__"}
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in skipped]
        found += [str((pathlib.Path(folder) / n).relative_to(root)) for n in names]
    return sorted(found)


def blank(text: str) -> str:
    """C++ with comments and the insides of literals turned into spaces: positions stay."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s]*)\(.*?\)(?P=tag)"'
        r'|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)

    def cover(match: re.Match) -> str:
        found = match.group()
        covered = re.sub(r"[^\n]", " ", found)
        if found[0] in "\"'R" and len(found) > 1:  # keep the quotes, so that it still reads as a value
            covered = '"' + covered[1:-1] + '"'
        return covered

    return pattern.sub(cover, text)


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
