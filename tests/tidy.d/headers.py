"""Headers stand alone."""

import concurrent.futures
import os
import pathlib
import re
import subprocess

from tree import Problem, Tree, blank


def ours(tree: Tree) -> list[str]:
    return [p for p in tree.cpp("processor", "state", "tests", "bench") if p.endswith(".h")]


def check_pragma_once(tree: Tree) -> list[Problem]:
    """The first line of code of a header is #pragma once."""
    problems = []
    for path in ours(tree):
        first = re.search(r"\S[^\n]*", blank(tree.files[path]))
        if first is None or first.group().strip() != "#pragma once":
            problems.append(Problem(path, 1, "begin with #pragma once"))
    return problems


def compile_alone(tree: Tree, root: pathlib.Path, generated: str) -> list[Problem]:
    """Each header, as a file of its own, with the compiler that CXX names (default c++)."""
    command = [os.environ.get("CXX", "c++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
               "-I", str(root / "processor"), "-I", str(root), "-I", generated, "-x", "c++", "-"]

    def one(path: str) -> Problem | None:
        done = subprocess.run(command, input=f'#include "{root / path}"\n', capture_output=True, text=True,
                              check=False)
        if done.returncode == 0:
            return None
        first = next((line for line in done.stderr.splitlines() if "error" in line), "does not compile")
        return Problem(path, 0, f"does not compile alone: {first.removeprefix(str(root) + '/')}")

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [problem for problem in pool.map(one, ours(tree)) if problem]
