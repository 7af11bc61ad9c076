"""Failure modes of the platform: throttling, a slow broker, a broker outage, retention that passes a RED stream. On a
broker of their own, which nobody else misses."""

import json
import os
import threading
import time

import pytest
import telemetry
from cluster import PATIENCE, wait_until
from control import needs
from drill import ONE_AT_A_TIME
from nodes import Nodes
from scenario import Scenario, seconds
from streams import customers, raw

SESSION_MS = 6000


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    os.environ.setdefault("FRACAS_KAFKA_HEAP", "384m")
    with Nodes(tmp_path_factory.mktemp("broker") / "kafka", 1) as running:
        yield running


@pytest.fixture
def scenario(node, unique, tmp_path, free_port) -> Scenario:
    kafka = {"bootstrap.servers": node.brokers, "consumer": {"session.timeout.ms": SESSION_MS}}
    made = {"customers": customers(unique, batch={"records": 50, "interval": "20ms"})}
    return Scenario(node.cluster(), unique, tmp_path, free_port(), made, 3, kafka=kafka)


class Flow:
    """Records that come in all the while, from a producer that waits as long as the broker needs."""

    def __init__(self, scenario: Scenario, a_second: int = 200):
        self.scenario, self.a_second = scenario, a_second
        self.going = threading.Event()
        self.going.set()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.writer = scenario.cluster.writer(**{"message.timeout.ms": 300_000, **ONE_AT_A_TIME})

    def run(self) -> None:
        scenario, begin = self.scenario, time.monotonic()
        while self.going.is_set():
            due = int((time.monotonic() - begin) * self.a_second)
            for n in range(scenario.sent, due):
                at = scenario.now_ms + n
                self.writer.send(raw(scenario.prefix, "customers"), telemetry.record(n, at), telemetry.key(n), n % 3,
                                 at, [("n", b"%d" % n)])
            scenario.sent = max(scenario.sent, due)
            self.writer.producer.poll(0.05)

    def __enter__(self) -> "Flow":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.going.clear()
        self.thread.join(60 * PATIENCE)
        self.writer.producer.flush(120 * PATIENCE)


def moves(scenario: Scenario, daemon, limit: float = 30) -> None:
    """Waits until more is committed than now."""
    before = sum(scenario.committed("customers"))
    wait_until(lambda: sum(scenario.committed("customers")) > before, limit, daemon.tail)


def finish(scenario: Scenario, daemon, limit: float = 90) -> int:
    """All is done, exactly once, by the process that was there from the beginning. How many records it was."""
    scenario.done("customers", daemon, limit)
    assert daemon.stop() == 0, daemon.tail()
    evidence = scenario.check("customers")
    assert len(evidence.published) == sum(map(len, evidence.inputs.values()))
    return len(evidence.published)


def test_throttling(node, scenario):
    """The broker's quota holds our producer back: slower, never wrong; when it is lifted, what waited flows."""
    quota = ("kafka-configs", "--alter", "--entity-type", "clients", "--entity-default")
    with scenario.setup.start() as daemon:
        with Flow(scenario, 400):
            moves(scenario, daemon)
            node.tool(*quota, "--add-config", "producer_byte_rate=20000")
            try:
                time.sleep(seconds(8, 60))
                assert daemon.running(), daemon.tail()
            finally:
                node.tool(*quota, "--delete-config", "producer_byte_rate")
        assert finish(scenario, daemon) > 1000


@pytest.mark.parametrize("pause", (2, SESSION_MS / 1000 + 12), ids=("shorter than a session", "longer than anything"))
def test_slow_broker(node, scenario, pause):
    """The broker answers nothing for a while (SIGSTOP), three times, and goes on."""
    with scenario.setup.start() as daemon:
        with Flow(scenario):
            moves(scenario, daemon)
            for _ in range(3 if pause < SESSION_MS / 1000 else 1):
                node.pause(1)
                time.sleep(pause)
                node.resume(1)
                moves(scenario, daemon, 60)
        finish(scenario, daemon)


def test_broker_outage(node, scenario):
    """The broker is gone, for 60 s at full length: the same process goes on when it is back; nothing is lost or
    doubled, no stream is RED for it."""
    with scenario.setup.start() as daemon:
        with Flow(scenario):
            moves(scenario, daemon)
            node.kill(1)
            time.sleep(seconds(15, 60))
            assert daemon.running(), daemon.tail()
            node.wake(1)
            node.wait_until_in_sync()
            moves(scenario, daemon, 60)
        finish(scenario, daemon, 120)
    assert not [e for e in scenario.setup.failures() if e["disposition"] == "hold"]


def test_broker_outage_during_start(node, scenario):
    """Nobody there to talk to: it ends with a message that names the broker, and starts when it is back."""
    node.stop(1)
    try:
        with scenario.setup.start("first") as daemon:
            wait_until(lambda: not daemon.running(), 40, daemon.tail)
            assert daemon.process.returncode == 1
            assert node.brokers in daemon.tail(), daemon.tail()
    finally:
        node.wake(1)
        node.wait_until_in_sync()
    scenario.good("customers", 100)
    with scenario.setup.start("second") as daemon:
        assert finish(scenario, daemon) == 100


@needs("breaker", "offsets", "status")
def test_retention_running_out_while_red(node, scenario):
    """A stream is RED, its source's retention goes on: status and metrics count down; when records are gone it is
    named and held, until somebody accepts the loss, which is counted, and the rest flows."""
    topic = raw(scenario.prefix, "customers")
    scenario.good("customers", 60)
    scenario.send("customers", [telemetry.points_as_text] * 20)
    rest = scenario.good("customers", 80)
    console = scenario.console
    with scenario.setup.start() as daemon:
        console.wait_for("customers", "RED")
        wait_until(lambda: console.breaker("customers")["pending"], 40, lambda: str(console.stream("customers")))
        held, = console.breaker("customers")["pending"]
        wait_until(lambda: console.stream("customers")["retention"], 60, lambda: str(console.stream("customers")))
        clock, = [r for r in console.stream("customers")["retention"] if r["partition"] == held["partition"]]
        assert clock["from"] == held["from"] and clock["lost"] == 0 and clock["ends"] is not None
        gone = scenario.offset_of("customers", rest[0])[1]
        delete_below(node, topic, 0, gone)
        wait_until(lambda: lost(console) == gone - held["from"], 60, lambda: str(console.stream("customers")))
        assert any("retention" in s and "customers" in s for s in scenario.setup.metrics())
        refused = console.change("breaker", "reset", "--wait", stream="customers")
        assert scenario.committed("customers")[0] == held["from"], refused
        console.applied("offsets", "accept-loss", "--partition", f"{topic}/0", "--to", "earliest", "--yes",
                        stream="customers")
        wait_until(lambda: scenario.committed("customers")[0] >= gone, 60, daemon.tail)
        if console.breaker("customers")["state"] == "RED":
            console.applied("breaker", "reset", "--wait", stream="customers")
        scenario.done("customers", daemon)
        assert daemon.stop() == 0, daemon.tail()
    check_loss(scenario.setup.failures(), gone - held["from"])
    found = scenario.setup.published("customers")
    assert len([r for r in found if r.partition == 0]) == held["from"] + len(rest)


def check_loss(failures: list[dict], records: int) -> None:
    """The records that are gone are counted once, when their loss was accepted; an attempt that met the hole tells that
    it stopped there, and counts nothing."""
    events = [e for e in failures if e["name"] == "OFFSET_OUT_OF_RANGE"]
    stops = [e for e in events if e["disposition"] == "hold"]
    assert [e["row_count"] for e in events if e not in stops] == [records], events
    assert all(e["row_count"] == 0 for e in stops), stops
    attempts = [e["attempt"] for e in stops]
    assert len(set(attempts)) == len(attempts), f"an attempt told twice that it stopped: {stops}"


def lost(console) -> int:
    return sum(r["lost"] for r in console.stream("customers")["retention"])


def delete_below(node: Nodes, topic: str, partition: int, offset: int) -> None:
    """As retention would."""
    order = node.folder / "delete.json"
    order.write_text(json.dumps({"version": 1, "partitions": [
        {"topic": topic, "partition": partition, "offset": offset}]}))
    node.tool("kafka-delete-records", "--offset-json-file", str(order))
