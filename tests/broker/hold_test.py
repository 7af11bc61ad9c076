"""A schema break: the stream stops, keeps its place and says why; the others flow; the mended contract passes it."""

import json
import time

import control
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


def test_hold_outlives_a_restart_and_the_mended_contract_passes(cluster, unique, tmp_path, free_port):
    orders = stream(unique, "orders", CONTRACTS / "order.schema.json")
    contract = schema_file(tmp_path, (CONTRACTS / "customer_telemetry.schema.json").read_text())
    telling = customers(unique, batch={"records": 100})
    telling["contract"] = str(contract)
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": telling, "orders": orders}, 1,
                  roles=control.roles())
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

    # RED outlives the restart. Reset with the same contract: attempt 2 fails again. With the mended one, taken
    # without a restart: attempt 3 passes.
    console = control.Console(setup)
    with setup.start("second") as daemon:
        console.wait_for("customers", "RED")
        assert setup.cluster.committed(unique, raw(unique, "customers"))[0] == committed
        refused = console.change("breaker", "reset", "--wait", stream="customers")
        assert refused.code == 3, refused
        assert console.wait_for("customers", "RED")["pending"][0]["attempt"] == 2
        schema = json.loads(contract.read_text())
        schema["properties"]["loyaltyPoints"]["type"] = ["integer", "string"]
        contract.write_text(json.dumps(schema))
        console.applied("breaker", "reset", "--reload", "--wait", stream="customers")
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        assert console.breaker("customers")["state"] == "GREEN"
        assert daemon.stop() == 0, daemon.tail()
    published = setup.published("customers")
    source = cluster.read(raw(unique, "customers"))
    assert [(r.key, r.value) for r in published] == [(r.key, r.value) for r in source]
    attempts = [r["attempt"] for s in setup.summaries() for r in s["ranges"] if r["from"] == committed
                and s["stream"] == "customers"]
    assert attempts == [1, 2, 3]
    assert setup.tiles(raw(unique, "customers")) == {0: GOOD + BROKEN + 10}


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
