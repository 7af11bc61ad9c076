"""Runbooks and the page for readers: what they tell people to type exists, and is whole: the real program takes every
command as it stands there, with a configuration of that stream and brokers that do not answer. typed_test.py types them
where they do."""

import concurrent.futures
import functools
import pathlib
import re
import shlex
import time

import control
import pytest
import streams
from program import ROOT, USAGE, fracas, write_config

HERE = pathlib.Path(__file__).parent
STORIES = "".join((HERE / f"{name}_test.py").read_text() for name in ("alerts", "fed", "platform", "quality", "state"))
RUNBOOKS = sorted((ROOT / "deploy" / "runbooks").glob("*.md"))
PAGES = RUNBOOKS + [ROOT / "deploy" / "downstream.md"]
SOME_TIME = "2026-01-31T14:00:00Z"
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
    return first_look(text) + inline


def is_whole(command: str) -> bool:
    """To be typed as it is; else a name, and its value alone (`fracas replay`, `fracas codes`)."""
    return " -" in command or command.startswith("fracas codes ")


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


def to_come() -> str:
    """For --until, which takes no time that is over."""
    return control.rfc3339(time.time() + 3600)


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """Command → how the program ended it. They wait for brokers, so all at once."""
    folder = tmp_path_factory.mktemp("taken")
    write_config(folder, {
        "group": "fracas", "instance": "node-1", "kafka": {"bootstrap.servers": "127.0.0.1:1"},
        "http": streams.http(1), "state": {"dir": str(folder / "state")}, "pipelines": {"ingest": {"streams": {
            "shop.orders": {**streams.customers("", "shop.orders"), "topics": ["shop.orders.raw"],
                            "publish": {"topic": "shop.orders"}}}}}})
    contract = streams.CONTRACTS / "customer_telemetry.schema.json"
    found = {command for page in RUNBOOKS for command in commands(page.read_text())
             if command.startswith("fracas ") and is_whole(command)}

    def ended(command: str):
        words = shlex.split(command.split(" | ")[0].replace(" FILE", f" {contract}").replace(SOME_TIME, to_come()))
        return fracas(*words[1:], stdin=b"", cwd=folder, seconds=60)
    with concurrent.futures.ThreadPoolExecutor(len(found)) as people:
        return dict(zip(found, people.map(ended, found)))


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_commands_are_whole(page, taken):
    """Nothing is missing, and every value is one."""
    for command in commands(page.read_text()):
        if command in taken:
            assert taken[command].code != USAGE, f"{command}: {taken[command]}"


def test_what_is_not_whole_is_noticed(taken):
    assert len(taken) > 30
    assert is_whole("fracas verify --stream shop.orders") and fracas("verify", "--stream", "shop.orders").code == USAGE


@pytest.mark.parametrize("page", [p for p in PAGES if p.stem.startswith("Fracas")], ids=lambda page: page.stem)
def test_a_runbook_has_its_parts(page):
    text = page.read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(SECTIONS)
    assert first_look(text), "something to type first"
    assert set(re.findall(r"\]\(([a-z-]+)\.md\)", text)) & CATEGORIES, "its category"
    assert text.count("\n") <= 80, "short"
    for link in re.findall(r"\]\(([\w-]+\.md)\)", text):
        assert (page.parent / link).is_file(), link
    if text.splitlines()[2].startswith("Critical."):
        assert re.search(r"^```text\n.+?^```", text, re.MULTILINE | re.DOTALL), "what a real one looks like"


@pytest.mark.parametrize("page", [p for p in RUNBOOKS if p.stem.startswith("Fracas")], ids=lambda page: page.stem)
def test_its_alert_arrives_and_is_resolved_in_a_story(page):
    if page.read_text().splitlines()[2].startswith("Info."):
        return
    assert re.search(rf'\.told\("{page.stem}"', STORIES), "told"
    assert re.search(rf'\.(resolved|recovered)\("{page.stem}"', STORIES), "resolved"


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.stem)
def test_dead_letters_are_looked_at_and_discarded_with_fracas_itself(page):
    text = page.read_text()
    assert "kafka-console-consumer" not in text
    if re.search(r"[Dd]iscard (them|the)\b|with the reason|[Dd]iscard the rest", text):
        assert re.search(r"`fracas dlq discard -c .* --why ", text)
    if re.search(r"^# Fracas(DeadLetter|PassRatio|ErrorBudget)", text):
        assert re.search(r"^fracas dlq (ls|show|stats) -c ", text, re.MULTILINE)
