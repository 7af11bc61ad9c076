"""Runbooks and the page for readers: what they tell people to type exists, with every option."""

import functools
import re
import shlex

import pytest
from program import ROOT, fracas

PAGES = sorted((ROOT / "deploy" / "runbooks").glob("*.md")) + [ROOT / "deploy" / "downstream.md"]
SECTIONS = ("First look", "Decide", "Recover", "Verify", "Prevent")
CATEGORIES = {"data-quality", "schema-evolution", "upstream-source", "resource-exhaustion", "network"}


def first_look(text: str) -> list[str]:
    """The lines of its `sh` blocks."""
    return [line for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
            for line in block.splitlines() if line]


def commands(text: str) -> list[str]:
    """Everything to be typed: in blocks, and in prose where it has an argument."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    inline = [code for code in re.findall(r"`([^`\n]+)`", prose) if re.match(r"(fracas|deploy/kafka|curl) ", code)]
    return first_look(text) + [code for code in inline if "…" not in code]


@functools.cache
def help_of(words: tuple[str, ...]) -> str:
    done = fracas(*words, "--help")
    assert done.code == 0, f"fracas {' '.join(words)}: {done.err}"
    return done.out


def check_fracas(words: list[str]) -> None:
    chain: tuple[str, ...] = ()
    while words and re.search(rf"^  {re.escape(words[0])}\b", help_of(chain).partition("Subcommands:")[2],
                              re.M):
        chain += (words.pop(0),)
    assert chain, f"fracas has no command {words[0]}"
    text = help_of(chain)
    assert "Subcommands:" not in text, f"fracas {' '.join(chain)} wants a command"
    for option in (word for word in words if word.startswith("-")):
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), f"fracas {' '.join(chain)} has no {option}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_exist(page):
    for command in commands(page.read_text()):
        words = shlex.split(command.split(" | ")[0])
        if words[0] == "fracas":
            check_fracas(words[1:])
        elif words[0] == "deploy/kafka":
            assert words[1] == "cli" and (words[2].startswith("kafka-") or words[2] == "TOOL"), command
        else:
            assert words[0] in ("curl", "sed"), f"who runs this? {command}"


@pytest.mark.parametrize("page", [p for p in PAGES if p.stem.startswith("Fracas")], ids=lambda page: page.stem)
def test_a_runbook_has_its_parts(page):
    text = page.read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(SECTIONS)
    assert first_look(text), "something to type first"
    assert set(re.findall(r"\]\(([a-z-]+)\.md\)", text)) & CATEGORIES, "its category"
    assert text.count("\n") <= 80, "short"
    for link in re.findall(r"\]\(([\w-]+\.md)\)", text):
        assert (page.parent / link).is_file(), link
