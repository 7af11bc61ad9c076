"""A schema break: the stream stops, keeps its place and says why; the others flow."""

import json
import time

import telemetry
from cluster import wait_until
from running import Setup
from streams import CONTRACTS, customers, raw, schema_file, stream

GOOD, BROKEN = 200, 50


def send(setup: Setup, name: str, values, partition: int = 0) -> None:
    writer = setup.cluster.writer()
    now = int(time.time() * 1000)
    for n, make in enumerate(values):
        writer.send(raw(setup.prefix, name), make(n, now), telemetry.key(n), partition, now)
    writer.flush()


def red(setup: Setup, name: str) -> bool:
    series = {s: v for s, v in setup.metrics().items() if f"/{name}\"" in s and "red" in s.lower()}
    return any(value == 1 for value in series.values())


def test_hold_stops_the_stream_and_the_other_flows(cluster, unique, tmp_path, free_port):
    orders = stream(unique, "orders", CONTRACTS / "order.schema.json")
    contract = schema_file(tmp_path, (CONTRACTS / "customer_telemetry.schema.json").read_text())
    telling = customers(unique, batch={"records": 100})
    telling["contract"] = str(contract)
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": telling, "orders": orders}, 1)
    send(setup, "customers", [telemetry.record] * GOOD + [telemetry.points_as_text] * BROKEN + [telemetry.record] * 10)

    with setup.start("first") as daemon:
        wait_until(lambda: any(f["name"] == "TYPE_MISMATCH" for f in setup.failures()), 30, daemon.tail)
        wait_until(lambda: red(setup, "customers"), 10, lambda: str(setup.metrics()))
        send(setup, "orders", [telemetry.order] * 100)
        setup.wait_until_all_is_committed(raw(unique, "orders"), daemon)
        assert len(setup.published("orders")) == 100
        committed = setup.cluster.committed(unique, raw(unique, "customers"))[0]
        assert committed <= GOOD
        held = setup.published("customers")
        assert len(held) == committed, "nothing of the abandoned batch is in the log"
        read_uncommitted = cluster.read(f"{unique}.customers", isolation="read_uncommitted")
        assert len(read_uncommitted) == len(held)
        assert setup.dead_letters("customers") == []
        assert not red(setup, "orders")
        assert daemon.stop() == 0, daemon.tail()
    first = [f for f in setup.failures() if f["name"] == "TYPE_MISMATCH"]
    assert first[0]["attempt"] == 1 and first[0]["disposition"] == "hold"
    assert first[0]["source_path"].startswith(f"kafka://{raw(unique, 'customers')}/0/{committed}-")


def test_shadow_mode_never_turns_red(cluster, unique, tmp_path, free_port):
    shadow = customers(unique)
    shadow["publish"] = {"mode": "none"}
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": shadow}, 1)
    send(setup, "customers", [telemetry.record] * 50 + [telemetry.points_as_text] * 5)
    with setup.start() as daemon:
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        assert not red(setup, "customers")
        assert daemon.stop() == 0
    assert any(event["name"] == "TYPE_MISMATCH" for event in setup.failures())
    counts = [s["counts"] for s in setup.summaries()]
    assert sum(c["observed"] for c in counts) == 55 and sum(c["published"] for c in counts) == 0


def test_too_many_dead_letters_hold(cluster, unique, tmp_path, free_port):
    setup = Setup(cluster, unique, tmp_path, free_port(),
                  {"customers": customers(unique, batch={"records": 1000},
                                          audit={"max_failed_ratio": 0.05, "min_records": 100})}, 1)
    truncated = telemetry.FAULTS[0].make
    send(setup, "customers", [telemetry.record, truncated] * 200)
    with setup.start() as daemon:
        wait_until(lambda: red(setup, "customers"), 30, daemon.tail)
        assert daemon.stop() == 0
    assert setup.published("customers") == [] or len(setup.published("customers")) < 200
