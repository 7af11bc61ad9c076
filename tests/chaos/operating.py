"""A person who trips and resets a stream in the middle of it all, with the commands; and what the journal owes to each
command: one entry, whatever died in between."""

import json
import pathlib
import time
from collections import Counter

from checker import Violation
from cluster import Cluster
from program import Finished, fracas

PATIENCE_SECONDS = 45


class Operator:
    def __init__(self, config: pathlib.Path, stream: str):
        self.config, self.stream = config, stream
        self.answers: list[dict] = []  # journal entries, as the commands told them
        self.unknown = 0               # commands that got no answer in time

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
        return found
