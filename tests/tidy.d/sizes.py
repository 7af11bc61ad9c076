"""Functions, files and folders stay small enough to be read."""

import ast
import fnmatch
import posixpath
import re
from dataclasses import dataclass

from tree import Problem, Tree, blank, line_of

FUNCTION_LINES_MAX = 70
FUNCTION_LINES_AIM = 30
COLUMNS_MAX = 110         # clang-format breaks code at 100; a comment laid out by hand may pass it by a word
SCRIPT_COLUMNS_MAX = 120  # Python and CMake, which no formatter wraps for us
FILES_PER_FOLDER_MAX = 30
# First match counts. Pattern → lines.
FILE_LINES_MAX = [
    ("tests/*_test.cc", 600), ("tests/*.cc", 600), ("tests/*.py", 600),
    ("*.cc", 400), ("*.h", 200), ("*.py", 400),
    ("processor/decisions/*.md", 60), ("*README.md", 150), ("README.md", 150), ("CONTRIBUTING.md", 150),
]
# A ceiling passed for a good reason: path, or path:function → (lines or files allowed, the reason).
EXCEPTIONS: dict[str, tuple[int, str]] = {
    "processor/contract": (45, "one plan with its readers; the prefix of a name (prove_, plan) says which part"),
    "processor/kafka": (44, "one pair of files for each concern of librdkafka's"),
    "processor/core": (34, "one pair of files for each word of the pure core"),
    "processor/pipeline": (40, "one pair of files for each step of a round"),
    "processor/tools": (56, "one pair of files for each question or order; names say which belong together"),
    "tests/broker": (40, "one file for each story that a real broker is needed for"),
    "processor/core/limits.h": (240, "every bound of the program stands in this one file"),
    "bench/generate_fields.cc": (440, "a table of makers, one for each field and kind of fault"),
    "tests/fuzz/prove_cases.cc:Leaves": (90, "a table of schemas and documents, no steps"),
}


@dataclass(frozen=True)
class Function:
    path: str
    name: str
    line: int
    lines: int


def functions(path: str, text: str) -> list[Function]:
    """Outermost function bodies of a C++ file (lambdas and local classes count with their function)."""
    code = re.sub(r"^[ \t]*#.*?(?<!\\)$", lambda m: " " * len(m.group()), blank(text),
                  flags=re.MULTILINE | re.DOTALL)
    found: list[Function] = []
    stack: list[tuple[str, int, str]] = []  # kind, start, head
    begin = 0  # where the present declaration began
    for at in (m.start() for m in re.finditer(r"[{};]", code)):
        inside = any(kind == "function" for kind, _, _ in stack)
        if code[at] == "{":
            head = code[begin:at]
            kind = "block" if inside else kind_of(head)
            label = re.match(r"\s*((public|private|protected)\s*:\s*)*", head)
            stack.append((kind, begin + label.end(), head))
            if kind != "value":
                begin = at + 1
        elif code[at] == "}" and stack:
            kind, start, head = stack.pop()
            if kind == "function":
                first, last = line_of(code, start), line_of(code, at)
                found.append(Function(path, name_of(head), first, last - first + 1))
            if kind != "value":
                begin = at + 1
        elif code[at] == ";" and not inside and not (stack and stack[-1][0] == "value"):
            begin = at + 1
    return found


def kind_of(head: str) -> str:
    """What a brace behind `head` opens, outside functions."""
    text = " ".join(head.split())
    if re.match(r"(inline )?namespace\b|extern \"", text):
        return "scope"
    if ")" in text and re.search(r"\)[^()]*?:(?!:).*[\w>]$", text):
        return "value"  # a member's braces in a constructor's list
    if re.search(r"\)( ?(const|noexcept|override|final|mutable|&&|&|try))*( ?->[^{;]*)?( requires .*)?$", text):
        if "=" not in re.sub(r"\(.*\)|operator ?[=!<>]=?=?", "", text) or "operator" in text:
            return "function"
        return "value"
    if re.search(r"\b(class|struct|union|enum)\b(?!.*[=(])", text):
        return "scope"
    if re.search(r"\b(class|struct|union)\b[^=]*\b(final|:)", text):
        return "scope"
    return "value"


def name_of(head: str) -> str:
    before = re.split(r"\)\s*:(?!:)", " ".join(head.split()))[0]
    names = re.findall(r"([\w:~]+|operator\s*\S+)\s*\(", before)
    return names[0] if names else "?"


def python_functions(path: str, text: str) -> list[Function]:
    return [Function(path, node.name, node.lineno, node.end_lineno - node.lineno + 1)
            for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def is_python(tree: Tree, path: str) -> bool:
    return path.endswith(".py") or tree.files[path].split("\n", 1)[0].endswith("python3")


def all_functions(tree: Tree) -> list[Function]:
    found = []
    for path in sorted(tree.files):
        if path.endswith((".cc", ".h")):
            found += functions(path, tree.files[path])
        elif is_python(tree, path):
            found += python_functions(path, tree.files[path])
    return found


def summary(tree: Tree) -> str:
    cpp = [f for f in all_functions(tree) if f.path.startswith("processor/") and f.path.endswith((".cc", ".h"))]
    long = [f for f in cpp if f.lines > FUNCTION_LINES_AIM]
    return f"{len(cpp)} functions in processor/, {len(long)} of them longer than {FUNCTION_LINES_AIM} lines"


def check_functions(tree: Tree) -> list[Problem]:
    """No function is longer than 70 lines."""
    return [Problem(f.path, f.line, f"{f.name} has {f.lines} lines (at most {FUNCTION_LINES_MAX}): give a "
                                    "step of it a name")
            for f in all_functions(tree)
            if f.lines > EXCEPTIONS.get(f"{f.path}:{f.name}", (FUNCTION_LINES_MAX, ""))[0]]


def check_files(tree: Tree) -> list[Problem]:
    """Files stay under the ceiling of their kind; one that may not is an exception with its reason."""
    problems = []
    for path, text in sorted(tree.files.items()):
        most = next((n for pattern, n in FILE_LINES_MAX if fnmatch.fnmatchcase(path, pattern)), None)
        lines = text.count("\n")
        if most is None:
            continue
        allowed, _ = EXCEPTIONS.get(path, (most, ""))
        if lines > allowed:
            problems.append(Problem(path, 0, f"{lines} lines (at most {allowed}): split it by noun"))
        elif path in EXCEPTIONS and lines <= most:
            problems.append(Problem(path, 0, "is no exception any more: delete its line in "
                                             "tests/tidy.d/sizes.py"))
    for path, (_, reason) in EXCEPTIONS.items():
        if not reason:
            problems.append(Problem(path, 0, "an exception without a reason in tests/tidy.d/sizes.py"))
    return problems


def check_folders(tree: Tree) -> list[Problem]:
    """A source folder holds at most 30 files."""
    count: dict[str, int] = {}
    for path in tree.under("processor", "state", "tests", "bench"):
        folder = posixpath.dirname(path)
        if not re.search(r"corpus|golden/", folder + "/"):
            count[folder] = count.get(folder, 0) + 1
    return [Problem(folder, 0, f"{n} files (at most {FILES_PER_FOLDER_MAX}): split the folder")
            for folder, n in sorted(count.items())
            if n > EXCEPTIONS.get(folder, (FILES_PER_FOLDER_MAX, ""))[0]]


def check_lines(tree: Tree) -> list[Problem]:
    """C++ has at most 110 columns, scripts 120; no tabs, no blanks at the end, and a last line that ends."""
    problems = []
    for path, text in sorted(tree.files.items()):
        if not (path.endswith((".cc", ".h", "CMakeLists.txt")) or is_python(tree, path)):
            continue
        raw = bool(re.search(r'R"', text))
        most = COLUMNS_MAX if path.endswith((".cc", ".h")) else SCRIPT_COLUMNS_MAX
        if text and not text.endswith("\n"):
            problems.append(Problem(path, text.count("\n") + 1, "the last line does not end"))
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > most and not re.search(r"https?://|NOLINT", line) and not raw:
                problems.append(Problem(path, number, f"{len(line)} columns (at most {most}): clang-format "
                                                      "breaks C++, you the rest"))
            if line != line.rstrip() or "\t" in line:
                problems.append(Problem(path, number, "a tab, or blanks at the end"))
    return problems
