"""Collects from a cluster what the checker compares."""

import json
from typing import Callable

import streams
from checker import Evidence, Input
from cluster import Cluster, Record
from group_log import Generation, read_group


def written(prefix: str, names: list[str]) -> list[str]:
    """All topics that the program writes for these streams."""
    named = [made(prefix, name) for name in names for made in (streams.published, streams.dead_letters)]
    return [streams.batches(prefix), streams.failures(prefix), *named]


def gather(cluster: Cluster, prefix: str, names: list[str],
           code_of: Callable[[Record], str | None]) -> tuple[dict[str, Evidence], list[Generation]]:
    """One for each stream, and the generations of the group. `code_of` says what must become of an input."""
    offsets, generations = read_group(cluster, prefix)
    logs = cluster.read_all(written(prefix, names) + [streams.raw(prefix, name) for name in names])
    return {name: one(cluster, prefix, name, logs, offsets, code_of) for name in names}, generations


def one(cluster: Cluster, prefix: str, name: str, logs: dict[str, list[Record]], offsets, code_of) -> Evidence:
    topic = streams.raw(prefix, name)
    inputs: dict[int, list[Input]] = {p: [] for p in cluster.partitions(topic)}
    for record in logs[topic]:
        inputs[record.partition].append(Input(record, code_of(record)))
    return Evidence(
        stream=f"{streams.PIPELINE}/{name}", topic=topic, inputs=inputs, history=offsets,
        committed=dict(enumerate(cluster.committed(prefix, topic))),
        published=logs[streams.published(prefix, name)], letters=logs[streams.dead_letters(prefix, name)],
        summaries=[json.loads(r.value) for r in logs[streams.batches(prefix)]],
        failures=[json.loads(r.value) for r in logs[streams.failures(prefix)]])
