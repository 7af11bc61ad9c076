"""What README.md shows is what happens: each `$ command` of its console blocks is run as written, in a copy
of the files that it needs, and prints what stands below it. A line `...` stands for any lines."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from program import ROOT, binary

README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "deploy" / "README.md"]


def console_blocks() -> list[str]:
    return re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[tuple[str, str]]:
    """(command, expected output); a command goes on in lines that begin with "> "."""
    found: list[tuple[str, str]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1] = (found[-1][0] + "\n" + line[2:], "")
        else:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


def matches(expected: str, output: str) -> bool:
    parts = [r"(?:.*\n)*" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
             for line in expected.splitlines()]
    return re.fullmatch("".join(parts), output) is not None


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """A folder that looks like the checkout, with `fracas` on the path."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    (folder / "bin").mkdir()
    (folder / "bin" / "fracas").symlink_to(pathlib.Path(binary()).resolve())

    def run(command: str) -> str:
        done = subprocess.run(["bash", "-c", command], cwd=folder, text=True, check=False, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"})
        return done.stdout
    return run


def test_the_tour_prints_what_it_shows(shell):
    blocks = console_blocks()
    assert len(blocks) >= 3
    for block in blocks:
        for command, expected in commands(block):
            output = shell(command)
            assert matches(expected, output), f"$ {command}\n--- README\n{expected}--- real\n{output}"


def test_the_configuration_example_is_good(shell):
    example = re.search(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL).group(1)
    folder = pathlib.Path(shell("pwd").strip())
    (folder / "example.yaml").write_text(example)
    output = shell("fracas lint -c example.yaml; echo exit $?")
    assert output.endswith("exit 0\n"), output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_scripts_that_the_pages_name_exist(page):
    for script in set(re.findall(r"\b((?:deploy|tests|bench|\.ci)/[\w./-]+)", page.read_text())):
        if "..." not in script and not script.endswith("."):
            assert (ROOT / script).exists(), script


def test_the_matcher_can_fail():
    assert matches("a\n...\nd\n", "a\nb\nc\nd\n") and matches("x ... z\n", "x y z\n")
    assert not matches("a\n", "b\n") and not matches("a\n...\n", "b\na\n")
