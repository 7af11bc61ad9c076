"""Planted faults through the real program on a real broker, killed with -9 on the way: nothing is lost,
nothing comes twice, every fault has its code at its offset, every good byte stays as it was."""

import hashlib
import os
import time
from collections import Counter

import telemetry
from cluster import wait_until
from running import Setup, coordinates, own_headers
from streams import customers, raw

RECORDS = int(os.environ.get("FRACAS_E2E_RECORDS", "100000"))
PARTITIONS = 4
KILLS = 5
ONE_IN = 100  # faults
HEADERS = [("trace", b"1"), ("trace", b"2"), ("empty", b""), ("null", None), ("binary", b"\x00\xff\xfe")]


def produce(setup: Setup, now_ms: int) -> list[list]:
    """Per partition what was written: (key, value, timestamp, fault)."""
    written: list[list] = [[] for _ in range(PARTITIONS)]
    writer = setup.cluster.writer()
    for n in range(RECORDS):
        time_ms = now_ms + n // 10
        fault = telemetry.fault_of(n, ONE_IN)
        value = fault.make(n, time_ms) if fault else telemetry.record(n, time_ms)
        key = telemetry.key(n) if n % 50 else None
        writer.send(raw(setup.prefix, "customers"), value, key, n % PARTITIONS, time_ms, HEADERS)
        written[n % PARTITIONS].append((key, value, time_ms, fault))
    writer.flush()
    return written


def run_with_kills(setup: Setup) -> None:
    topic = raw(setup.prefix, "customers")
    total = sum(setup.cluster.high(topic))
    for kill in range(KILLS):
        daemon = setup.start(f"log{kill}")
        goal = total * (kill + 1) // (KILLS + 1)

        def half_way() -> bool:
            assert daemon.running(), daemon.tail()
            return sum(max(offset, 0) for offset in setup.cluster.committed(setup.prefix, topic)) >= goal
        wait_until(half_way, 120, daemon.tail)
        daemon.kill()
    with setup.start("last") as daemon:
        setup.wait_until_all_is_committed(topic, daemon, 300)
        assert daemon.stop() == 0, daemon.tail()


def test_killed_five_times(cluster, unique, tmp_path, free_port):
    setup = Setup(cluster, unique, tmp_path, free_port(),
                  {"customers": customers(unique, batch={"records": 250, "interval": "20ms"},
                                          audit={"max_failed_ratio": 1.0, "max_failed_records": 1_000_000})},
                  PARTITIONS, workers=2)
    written = produce(setup, int(time.time() * 1000) - RECORDS // 10)
    run_with_kills(setup)
    check_published(setup, written)
    check_dead_letters(setup, written)
    check_reports(setup, written)


def check_published(setup: Setup, written) -> None:
    published = setup.published("customers")
    for partition in range(PARTITIONS):
        expected = [(key, value, at) for key, value, at, fault in written[partition] if not fault]
        found = [(r.key, r.value, r.timestamp) for r in published if r.partition == partition]
        assert len(found) == len(expected), f"partition {partition}: {len(found)} of {len(expected)}"
        assert found == expected
    assert all(list(record.headers) == HEADERS for record in published)


def check_dead_letters(setup: Setup, written) -> None:
    expected = {(partition, offset): (fault, key, value, at)
                for partition, records in enumerate(written)
                for offset, (key, value, at, fault) in enumerate(records) if fault}
    letters = setup.dead_letters("customers")
    assert len(letters) == len(expected)
    for letter in letters:
        fault, key, value, at = expected.pop(coordinates(letter))
        assert (letter.header("fracas.code"), letter.header("fracas.code.name")) == (str(fault.code), fault.code_name)
        assert (letter.key, letter.partition) == (key, coordinates(letter)[0])
        assert list(own_headers(letter)) == HEADERS
        if fault.name == "oversize":
            assert letter.value is None
            assert int(letter.header("fracas.payload.size")) == len(value)
            assert letter.header("fracas.payload.sha256") == hashlib.sha256(value).hexdigest()
        else:
            assert letter.value == value
    assert not expected


def check_reports(setup: Setup, written) -> None:
    faults = Counter(fault.code_name for records in written for *_, fault in records if fault)
    assert len(faults) >= 10
    events = Counter()
    for event in setup.failures():
        events[event["name"]] += event["row_count"]
        assert 1 <= len(event["samples"]) <= 5
    assert {name: events[name] for name in faults} == dict(faults)
    topic = raw(setup.prefix, "customers")
    assert setup.tiles(topic) == {p: len(records) for p, records in enumerate(written)}
    counts = Counter()
    for summary in setup.summaries():
        counts.update(summary["counts"])
    assert counts["published"] == RECORDS - faults.total() and counts["dead_lettered"] == faults.total()
