"""Every file has a reason to be here, and every test is built and run."""

import fnmatch
import posixpath
import re

from arrows import includes
from tree import Problem, Tree

# Files that speak for themselves; everything else must be named by another tracked file.
KNOWN = [
    ".ci/run", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore", "CMakeLists.txt",
    "CMakePresets.json", "README.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md", "CHANGELOG.md",
    "*/CMakeLists.txt", "*/README.md", "tests/run", "tests/tidy", "tests/conftest.py",
    "processor/decisions/[0-9][0-9][0-9][0-9]-*.md",
    "tests/cli/*_test.py", "tests/broker/*_test.py", "tests/chaos/*_test.py",  # pytest of tests/run takes the folders
    "tests/chaos/conftest.py", "tests/chaos/run",
    "tests/fuzz/corpus/*",        # read as a folder by the fuzzer of that name
]
SOURCE_FOLDERS = ("processor", "state", "tests", "bench")


def cmake_of(tree: Tree, path: str) -> tuple[str, str]:
    """The nearest CMakeLists.txt at or above a file, and the file's name as that list writes it."""
    folder = posixpath.dirname(path)
    while folder:
        name = f"{folder}/CMakeLists.txt"
        if name in tree.files:
            return name, posixpath.relpath(path, folder)
        folder = posixpath.dirname(folder)
    return "CMakeLists.txt", path


def lists(tree: Tree, cmake: str, name: str) -> bool:
    text = re.sub(r"#.*", "", tree.files.get(cmake, ""))
    return re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w./-])", text) is not None


def check_cmake_lists(tree: Tree) -> list[Problem]:
    """Each .cc is in the source list beside it, and each CMakeLists.txt is reached from the root."""
    problems = []
    for path in tree.under(*SOURCE_FOLDERS):
        if path.endswith(".cc"):
            cmake, name = cmake_of(tree, path)
            if not lists(tree, cmake, name):
                what = "a test that is not built" if path.endswith("_test.cc") else "never compiled"
                problems.append(Problem(path, 0, f"{what}: add {name} to {cmake}"))
        elif path.endswith("/CMakeLists.txt"):
            folder = posixpath.dirname(path)
            parent, name = cmake_of(tree, folder)
            calls = rf"(add_subdirectory|fracas_folder)\(\s*{re.escape(name)}[\s)]"
            if not re.search(calls, tree.files.get(parent, "")):
                problems.append(Problem(path, 0, f"never read: add_subdirectory({name}) in {parent}"))
    for path, text in tree.files.items():
        if path.endswith("CMakeLists.txt") and re.search(r"file\s*\(\s*GLOB", text):
            problems.append(Problem(path, 0, "file(GLOB …): list the sources, so that a stray one is seen"))
    return problems


def check_every_file_has_a_reason(tree: Tree) -> list[Problem]:
    """A file that no rule knows is named by another tracked file."""
    problems = []
    for path in sorted(tree.files):
        if path.endswith((".cc", ".h")) and path.startswith(tuple(f + "/" for f in SOURCE_FOLDERS)):
            continue
        if any(fnmatch.fnmatchcase(path, known) for known in KNOWN):
            continue
        if not named(tree, path):
            problems.append(Problem(path, 0, "no other file names it: delete it, or name it where it is "
                                             "used"))
    return problems


def named(tree: Tree, path: str) -> bool:
    """By its path's tail or its module's import; a folder named with a slash stands for what it holds."""
    name = posixpath.basename(path)
    patterns = [rf"(?<![\w.-]){re.escape(name)}(?![\w-])"]
    if name.endswith(".py"):
        patterns.append(rf"^\s*(import|from)\s+{re.escape(name.removesuffix('.py'))}\b")
    folder = posixpath.dirname(path)
    while folder.count("/") >= 1:
        patterns.append(rf"/{re.escape(posixpath.basename(folder))}(?![\w.-])")
        folder = posixpath.dirname(folder)
    pattern = re.compile("|".join(patterns), re.MULTILINE)
    return any(pattern.search(text) for other, text in tree.files.items() if other != path)


def check_scripts(tree: Tree) -> list[Problem]:
    """A first line #! and the executable bit go together."""
    problems = []
    for path, text in sorted(tree.files.items()):
        if text.startswith("#!") and path not in tree.executable:
            problems.append(Problem(path, 1, "begins with #! and cannot be run: git update-index "
                                             f"--chmod=+x {path}"))
        if path in tree.executable and not text.startswith("#!"):
            problems.append(Problem(path, 1, "is executable and does not begin with #!: git update-index "
                                             f"--chmod=-x {path}"))
    return problems


def check_headers_are_used(tree: Tree) -> list[Problem]:
    """A header that nobody includes is dead."""
    seen = {name for path in tree.cpp(*SOURCE_FOLDERS) for _, q, name in includes(tree.files[path])
            if q == '"'}
    problems = []
    for path in tree.under(*SOURCE_FOLDERS):
        if path.endswith(".h"):
            names = {path, path.removeprefix("processor/"), posixpath.basename(path)}
            if not names & seen:
                problems.append(Problem(path, 0, "nobody includes it: delete it"))
    return problems
