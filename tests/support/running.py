"""A pipeline on a real broker: topics, configuration, daemon; and what came out of it."""

import json
import pathlib
from collections import Counter

import streams
from cluster import Cluster, Record, wait_until
from program import DONE, Daemon, fracas, metrics, write_config


class Setup:
    """The topics and the configuration of one test. Streams as streams.stream() makes them."""

    def __init__(self, cluster: Cluster, prefix: str, folder: pathlib.Path, port: int, made: dict,
                 partitions: int = 2, create: bool = True, **top):
        self.cluster, self.prefix, self.folder, self.port = cluster, prefix, folder, port
        self.streams = made
        top = {"http": streams.http(port), "state": {"dir": str(folder / "state")}, **top}
        content = streams.config(prefix, made, cluster.brokers, **top)
        self.path = write_config(folder, content)
        if create:
            for made_stream in made.values():
                for topic in made_stream.get("topics", []):
                    cluster.create(topic, partitions)
            self.create_topics()

    def create_topics(self) -> None:
        done = fracas("topics", "--create", "-c", self.path, cwd=self.folder)
        assert done.code == DONE, done

    def start(self, name: str = "log", path: pathlib.Path | None = None, env=None) -> Daemon:
        return Daemon(path or self.path, self.folder / f"{name}.jsonl", env)

    def offsets_reached(self, topic: str) -> bool:
        return self.cluster.committed(self.prefix, topic) == self.cluster.high(topic)

    def wait_until_all_is_committed(self, topic: str, daemon: Daemon, seconds: float = 60) -> None:
        def reached() -> bool:
            assert daemon.running(), daemon.tail()
            return self.offsets_reached(topic)
        wait_until(reached, seconds, lambda: f"{topic}: committed {self.cluster.committed(self.prefix, topic)} "
                                             f"of {self.cluster.high(topic)}\n{daemon.tail()}")

    def published(self, name: str) -> list[Record]:
        return self.cluster.read(streams.published(self.prefix, name))

    def dead_letters(self, name: str) -> list[Record]:
        return self.cluster.read(streams.dead_letters(self.prefix, name))

    def failures(self) -> list[dict]:
        return [json.loads(record.value)["data"] for record in self.cluster.read(streams.failures(self.prefix))]

    def summaries(self) -> list[dict]:
        return [json.loads(record.value) for record in self.cluster.read(streams.batches(self.prefix))]

    def metrics(self) -> dict[str, float]:
        return metrics(self.port)

    def tiles(self, topic: str) -> dict[int, int]:
        """Partition → how far the published ranges of the summaries tile from 0. Fails on a hole or overlap."""
        ranges = sorted((r["partition"], r["from"], r["to"], r["records"], r["gaps"])
                        for summary in self.summaries() for r in summary["ranges"]
                        if r["topic"] == topic and r["verdict"] == "publish")
        reached: Counter = Counter()
        for partition, begin, end, records, gaps in ranges:
            assert begin == reached[partition], f"{topic}/{partition}: {begin} behind {reached[partition]}"
            assert end - begin == records + gaps
            reached[partition] = end
        return dict(reached)


def coordinates(letter: Record) -> tuple[int, int]:
    """Partition and offset of the record that this is the dead letter of."""
    return (int(letter.header("__connect.errors.partition")), int(letter.header("__connect.errors.offset")))


def own_headers(letter: Record) -> tuple:
    """What the producer wrote: everything in front of our block."""
    names = [name for name, _ in letter.headers]
    return letter.headers[:names.index("__connect.errors.topic")]
