"""One failure mode played on a real broker: records with names of their own, a running program, an operator, and at
the end the exact checker."""

import os
import pathlib
import time

import control
import streams
import telemetry
from checker import Evidence, Red, check, number_of, told
from cluster import Cluster, Record, wait_until
from evidence import gather
from running import Setup

LONG = os.environ.get("FRACAS_FMEA") == "long"


def seconds(short: float, long: float) -> float:
    """How long a fault lasts: by default, and with FRACAS_FMEA=long."""
    return long if LONG else short


class Scenario:
    def __init__(self, cluster: Cluster, prefix: str, folder: pathlib.Path, port: int, made: dict,
                 partitions: int = 2, **top):
        self.cluster, self.prefix, self.names = cluster, prefix, list(made)
        self.setup = Setup(cluster, prefix, folder, port, made, partitions, roles=control.roles(), **top)
        self.console = control.Console(self.setup)
        self.sent = 0
        self.codes: dict[bytes, str] = {}  # number → what must become of it; not there: published
        self.now_ms = int(time.time() * 1000) - 600_000

    # ---- Records ----------------------------------------------------------------------------------------------

    def send(self, name: str, makers, partition: int = 0, code: str | None = None, headers=()) -> list[bytes]:
        """One record for each of `makers` (number, time → bytes); returns their numbers. `code`: what they must get."""
        writer = self.cluster.writer()
        numbers = []
        for make in makers:
            n = self.sent
            self.sent += 1
            number = b"%d" % n
            writer.send(streams.raw(self.prefix, name), make(n, self.now_ms + n), telemetry.key(n), partition,
                        self.now_ms + n, [("n", number), *headers])
            if code is not None:
                self.codes[number] = code
            numbers.append(number)
        writer.flush()
        return numbers

    def good(self, name: str, count: int, partition: int = 0) -> list[bytes]:
        make = telemetry.order if name == "orders" else telemetry.record
        return self.send(name, [make] * count, partition)

    def offset_of(self, name: str, number: bytes) -> tuple[int, int]:
        """Partition and offset of a record in the source."""
        return next((r.partition, r.offset) for r in self.cluster.read(streams.raw(self.prefix, name))
                    if number_of(r) == number)

    # ---- Waiting ----------------------------------------------------------------------------------------------

    def committed(self, name: str) -> list[int]:
        return [max(offset, 0) for offset in self.cluster.committed(self.prefix, streams.raw(self.prefix, name))]

    def wait_for_event(self, code: str, daemon, limit: float = 40) -> None:
        wait_until(lambda: any(e["name"] == code for e in self.setup.failures()), limit, daemon.tail)

    def done(self, name: str, daemon, limit: float = 60) -> None:
        """All of the source is committed; a partition without records needs no offset."""
        topic = streams.raw(self.prefix, name)

        def reached() -> bool:
            assert daemon.running(), daemon.tail()
            return self.committed(name) == self.cluster.high(topic)
        wait_until(reached, limit, lambda: f"{topic}: committed {self.committed(name)} of {self.cluster.high(topic)}\n"
                                           f"{daemon.tail()}")

    # ---- Judgement --------------------------------------------------------------------------------------------

    def evidence(self, name: str) -> Evidence:
        found, _ = gather(self.cluster, self.prefix, self.names, lambda record: self.codes.get(number_of(record)))
        return found[name]

    def check(self, name: str, reds: tuple[Red, ...] = ()) -> Evidence:
        evidence = self.evidence(name)
        evidence.reds = list(reds)
        violations = check(evidence)
        assert not violations, told(violations)
        return evidence

    def letter_of(self, name: str, number: bytes) -> Record:
        """Its dead letter; the only one."""
        letter, = [r for r in self.setup.dead_letters(name) if number_of(r) == number]
        return letter


def now_ms() -> int:
    return int(time.time() * 1000)
