"""The control commands as an operator has them, and as a tool that writes <group>.control itself."""

import functools
import hashlib
import json
import os
import pathlib
import time
import uuid

import pytest
from cluster import Record, wait_until
from program import Finished, binary, fracas, get
from running import Setup
from streams import PIPELINE

COMMANDS = ("breaker", "quarantine", "offsets", "state", "status")


@functools.cache
def commands() -> frozenset[str]:
    """The commands that `fracas --help` lists."""
    if not os.access(binary(), os.X_OK):
        return frozenset()
    out = fracas("--help").out
    listed = out[out.index("Subcommands:"):].splitlines()[1:]
    return frozenset(line.split()[0] for line in listed if line.startswith("  ") and line.strip())


def has(command: str) -> bool:
    return command in commands()


def needs(*wanted: str):
    """For tests of commands that are not there yet; once `breaker` is, fmea_complete_test.py wants them all."""
    missing = [command for command in wanted if not has(command)]
    return pytest.mark.skipif(bool(missing), reason=f"fracas has no command {missing}")


def roles() -> list[str]:
    return ["pipeline", "control", "api"] if has("breaker") else ["pipeline", "api"]


def replay_digest(key: bytes | None, value: bytes | None) -> str:
    """What a ticket holds of its replay (processor/wire/replay.h)."""
    digest = hashlib.sha256()
    for part in (key, value):
        digest.update(b"n" if part is None else b"k")
        digest.update(len(part or b"").to_bytes(8, "big") + (part or b""))
    return digest.hexdigest()


def rfc3339(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03d}Z"


def verify(config: pathlib.Path, folder: pathlib.Path | None = None) -> Finished:
    """Is the store the fold of its topic? Of a running instance, or of the folder of one that does not run."""
    return fracas("state", "verify", "-c", config, *(("--dir", folder) if folder else ()), seconds=120)


class Console:
    """What an operator types, against one running configuration."""

    def __init__(self, setup: Setup):
        self.setup = setup

    def fracas(self, *arguments, seconds: float = 90) -> Finished:
        return fracas(*arguments, "-c", self.setup.path, "--output", "json", seconds=seconds)

    def change(self, *arguments, stream: str, why: str = "a test", seconds: float = 90) -> Finished:
        """A command that writes; what it said is in the answer, applied or refused."""
        return self.fracas(*arguments, "--stream", stream, "--why", why, seconds=seconds)

    def applied(self, *arguments, stream: str, **more) -> Finished:
        done = self.change(*arguments, stream=stream, **more)
        assert done.code == 0, done
        return done

    # ---- What is ----------------------------------------------------------------------------------------------

    def live(self) -> dict:
        code, text = get(f"http://127.0.0.1:{self.setup.port}/state/streams")
        return json.loads(text) if code == 200 else {"streams": []}

    def stream(self, name: str) -> dict:
        found = [s for s in self.live()["streams"] if s["stream"] == f"{PIPELINE}/{name}"]
        return found[0] if found else {"breaker": {"state": "unknown", "pending": []}}

    def breaker(self, name: str) -> dict:
        return self.stream(name)["breaker"]

    def wait_for(self, name: str, state: str, seconds: float = 40) -> dict:
        wait_until(lambda: self.breaker(name)["state"] == state, seconds, lambda: f"{name} is {self.stream(name)}")
        return self.breaker(name)

    def journal(self) -> list[dict]:
        return [json.loads(record.value) for record in self.setup.cluster.read(f"{self.setup.prefix}.journal")]

    # ---- What a tool writes -------------------------------------------------------------------------------------

    def send(self, kind: str, stream: str, args: dict, **more) -> dict:
        """Writes a command to the control topic, and waits for its journal entry."""
        command = {"v": "1.0", "kind": "command", "id": uuid.uuid4().hex, "type": kind,
                   "stream": f"{PIPELINE}/{stream}", "who": "tests", "why": "a test", "time": rfc3339(time.time()),
                   "args": args, **more}
        writer = self.setup.cluster.writer()
        writer.send(f"{self.setup.prefix}.control", json.dumps(command).encode(), command["stream"].encode(), 0)
        writer.flush()
        return self.entry(command["id"])

    def ticket(self, ticket: str, stream: str, letter: Record, value: bytes, business_id: str) -> dict:
        """For a replay of `value` with the letter's key."""
        source = {"topic": letter.header("__connect.errors.topic"),
                  "partition": int(letter.header("__connect.errors.partition")),
                  "offset": int(letter.header("__connect.errors.offset"))}
        entry = self.send("ticket.create", stream, {
            "ticket": ticket, "letter": source, "business_id": business_id,
            "digest": replay_digest(letter.key, value), "original_timestamp_ms": letter.timestamp,
            "replay_count": 1, "expires": rfc3339(time.time() + 3600)})
        assert entry["result"] == "applied", entry
        return source

    def entry(self, command_id: str, seconds: float = 30) -> dict:
        found: list[dict] = []

        def there() -> bool:
            found[:] = [e for e in self.journal() if e["id"] == command_id]
            return bool(found)
        wait_until(there, seconds, f"no journal entry of {command_id}")
        assert len(found) == 1, found
        return found[0]
