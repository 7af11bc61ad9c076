"""A person who trips and resets a stream in the middle of it all, with the commands; and what the journal owes to each
command: one entry, whatever died in between."""

import json
import pathlib
import threading
import time
from collections import Counter

from checker import Violation
from cluster import PATIENCE, Cluster, Record
from program import Finished, fracas

PATIENCE_SECONDS = 45 * PATIENCE


class Operator:
    def __init__(self, config: pathlib.Path, stream: str):
        self.config, self.stream = config, stream
        self.answers: list[dict] = []  # journal entries, as the commands told them
        self.unknown = 0               # commands that got no answer in time
        self.wanted: set[str] = set()  # ids whose import was told to be done
        self.imports: list[threading.Thread] = []
        self.troubles: list[str] = []

    def say(self, *what: str) -> Finished:
        done = fracas("breaker", *what, "-c", self.config, "--stream", self.stream, "--why", "a drill",
                      "--output", "json", seconds=120)
        try:
            self.answers.append(done.json()["journal"])
        except (ValueError, KeyError):
            self.unknown += 1
        return done

    def insist(self, *what: str) -> None:
        """Until it is as wanted: applied, or so already."""
        limit = time.monotonic() + PATIENCE_SECONDS
        while (done := self.say(*what)).code != 0 and "already" not in done.out + done.err:
            if time.monotonic() > limit:
                raise TimeoutError(f"breaker {what}: {done}")
            time.sleep(0.5)

    def trip(self) -> None:
        self.insist("trip")

    def reset(self) -> None:
        self.insist("reset", "--contract", "any")

    def begin_import(self, count: int) -> None:
        """Many commands at once, on their way while something dies. Ids of nobody: no record is masked by them."""
        name = f"nobody-{len(self.imports)}"
        ids = [f"{name}-{n}" for n in range(count)]
        listed = self.config.parent / f"{name}.txt"
        listed.write_text("\n".join(ids) + "\n")

        def run() -> None:
            limit = time.monotonic() + PATIENCE_SECONDS
            while (done := self.importing(listed)).code != 0:
                if time.monotonic() > limit:
                    self.troubles.append(f"the import of {name}: {done}")
                    return
                time.sleep(0.5)
            self.wanted.update(ids)
        self.imports.append(threading.Thread(target=run, daemon=True))
        self.imports[-1].start()

    def importing(self, listed: pathlib.Path) -> Finished:
        """What is in stays as it is, so it may be said again until it is done."""
        return fracas("quarantine", "import", listed, "-c", self.config, "--stream", self.stream, "--why", "a drill",
                      seconds=120)

    def finish(self) -> None:
        for thread in self.imports:
            thread.join(2 * PATIENCE_SECONDS)

    def check(self, cluster: Cluster, prefix: str) -> list[Violation]:
        """The journal has each command once, with the result that its sender was told."""
        found = []
        entries = [json.loads(record.value) for record in cluster.read(f"{prefix}.journal")]
        for name, n in Counter(e["id"] for e in entries).items():
            if n > 1:
                found.append(Violation("COMMAND_DOUBLE", f"{name} has {n} journal entries"))
        results = {e["id"]: e["result"] for e in entries}
        for answer in self.answers:
            if results.get(answer["id"]) != answer["result"]:
                found.append(Violation("COMMAND_LOST", f"{answer}: the journal says {results.get(answer['id'])}"))
        entries = sum(1 for key in folded(cluster.read(f"{prefix}.state")) if key.startswith(b"q"))
        if not self.troubles and entries != len(self.wanted):
            found.append(Violation("COMMAND_LOST", f"{len(self.wanted)} ids were quarantined, {entries} are"))
        return found + [Violation("NOT_DONE", text) for text in self.troubles]


def folded(records: list[Record]) -> dict[bytes, bytes]:
    """What a compacted topic holds."""
    found: dict[bytes, bytes] = {}
    for record in records:
        if record.value is None:
            found.pop(record.key, None)
        else:
            found[record.key] = record.value
    return found
