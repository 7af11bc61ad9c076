"""Trouble of Fracas itself and of its brokers, for real: two instances on a broker of their own, which is throttled,
killed and brought back. A rule's minute is a second here."""

import os
import threading
import time
import uuid

import control
import monitoring
import pytest
import streams
import telemetry
from cluster import wait_until
from nodes import Nodes, is_open
from program import write_config
from running import Setup
from watched import JOB, free_ports

LIMIT_S = 90
PARTITIONS = 6  # one for each worker of two instances
PLATFORM = {"severity": "critical", "origin": "platform", "job": JOB}


class Fleet:
    """Two instances of one group under watch, the first alone has the authority: records flow into `flows`, `waits` is
    a stream that is held."""

    def __init__(self, node: Nodes, folder):
        self.node, self.cluster, self.prefix = node, node.cluster(), f"p{uuid.uuid4().hex[:8]}"
        *ports, prometheus, alertmanager = free_ports(4)
        made = {name: streams.customers(self.prefix, name, batch={"records": 500, "interval": "50ms"},
                                        freshness={"max_silence": "1h"}) for name in ("flows", "waits")}
        made["shadow"] = {**streams.customers(self.prefix, "shadow"), "publish": {"mode": "none"}}
        top = {"kafka": {"bootstrap.servers": node.brokers, "consumer": {"session.timeout.ms": 6000}},
               "workers": PARTITIONS // 2, "roles": [*control.roles(), "ledger"]}
        for name in made:
            node.create(streams.raw(self.prefix, name), PARTITIONS)
        self.setup = Setup(self.cluster, self.prefix, folder, ports[0], made, PARTITIONS, **top)
        self.console = control.Console(self.setup)
        self.other = write_config(folder, {
            **streams.config(self.prefix, made, node.brokers, **top), "instance": "node-2",
            "roles": ["pipeline", "api"],
            "http": streams.http(ports[1]), "state": {"dir": str(folder / "state2")}}, "second.yaml")
        self.first = self.setup.start("first")
        self.second = self.setup.start("second", self.other)
        self.monitoring = monitoring.Monitoring(folder / "monitoring", {JOB: ports}, (prometheus, alertmanager))
        self.receiver = self.monitoring.receiver
        self.over = threading.Event()
        self.flow = threading.Thread(target=self.send_all_the_while, daemon=True)
        self.flow.start()
        wait_until(self.monitoring.is_ready, 30, self.monitoring.log_tail)
        wait_until(lambda: self.monitoring.query("sum by (job) (fracas_authority_active) == 1"), 60, self.first.tail)
        wait_until(lambda: self.monitoring.query("max by (job) (fracas_brokers_up) >= 1"), 60, self.first.tail)

    def send_all_the_while(self) -> None:
        writer = self.cluster.writer(**{"message.timeout.ms": 300_000})
        n = 0
        while not self.over.wait(0.1):
            for _ in range(20):
                now = int(time.time() * 1000)
                writer.send(streams.raw(self.prefix, "flows"), telemetry.record(n, now), telemetry.key(n),
                            n % PARTITIONS, now)
                n += 1
            writer.producer.poll(0)

    def send(self, name: str, make, count: int) -> None:
        writer, now = self.cluster.writer(), int(time.time() * 1000)
        for n in range(count):
            writer.send(streams.raw(self.prefix, name), make(n, now), telemetry.key(n), 0, now)
        writer.flush()

    def committed(self) -> int:
        return sum(self.cluster.committed(self.prefix, streams.raw(self.prefix, "flows")))

    def told(self, alert: str, **labels):
        """Waits until it has arrived; its first message."""
        wait_until(lambda: self.receiver.of(alert, status="firing"), LIMIT_S,
                   lambda: f"{alert} did not arrive; firing: {self.monitoring.firing()}\n{self.first.tail()}")
        told = self.receiver.of(alert, status="firing")[0]
        assert {name: told.label(name) for name in labels} == labels, told
        return told

    def resolved(self, alert: str) -> None:
        """Waits for that, on every instance and stream, and holds that each was one alert from beginning to end."""
        def labels(status: str = "") -> set:
            return {told.labels for told in self.receiver.of(alert, status=status)}
        wait_until(lambda: labels("firing") <= labels("resolved"), LIMIT_S,
                   lambda: f"{alert} was not resolved; firing: {self.monitoring.firing()}\n{self.first.tail()}")
        assert len(self.receiver.episodes(alert)) == len(labels()), self.receiver.of(alert)

    def settle(self) -> None:
        """Waits until nothing fires; then only what comes is of interest. A rule's minutes are seconds here: while
        the fleet starts, it may seem to be long in coming."""
        wait_until(lambda: not self.monitoring.firing(), LIMIT_S, lambda: f"firing: {self.monitoring.firing()}")
        self.receiver.told.clear()

    def stop(self) -> None:
        self.over.set()
        self.flow.join(20)
        for daemon in (self.first, self.second):
            if daemon.running():
                daemon.kill()
        self.monitoring.stop()


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    os.environ.setdefault("FRACAS_KAFKA_HEAP", "384m")
    folder = tmp_path_factory.mktemp("platform")
    with Nodes(folder / "kafka", 1) as node:
        made = Fleet(node, folder)
        yield made
        made.stop()


@pytest.fixture
def fleet(started):
    started.settle()
    return started


def test_two_configurations(fleet):
    """A rollout that stopped half-way."""
    fleet.second.stop()
    text = fleet.other.read_text()
    fleet.other.write_text(text.replace("max_silence: 1h", "max_silence: 2h"))
    fleet.second = fleet.setup.start("half-way", fleet.other)
    fleet.told("FracasConfigDiffers", severity="warning", origin="platform", job=JOB)
    fleet.second.stop()
    fleet.other.write_text(text)
    fleet.second = fleet.setup.start("again", fleet.other)
    fleet.resolved("FracasConfigDiffers")


def test_a_stream_in_mode_none_would_hold(fleet):
    fleet.send("shadow", telemetry.points_as_text, 20)
    fleet.told("FracasShadowWouldHold", severity="info", stream="tests/shadow")


def test_retention_runs_out_while_red(fleet):
    """Half of it gone, then records gone: both told; the loss is accepted."""
    topic = streams.raw(fleet.prefix, "waits")
    fleet.node.tool("kafka-configs", "--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config",
                    "retention.ms=60000")
    fleet.send("waits", telemetry.points_as_text, 20)
    fleet.console.wait_for("waits", "RED")
    told = fleet.told("FracasSourceRetentionHalfGone", severity="critical", stream="tests/waits")
    assert "waits" in told.summary
    delete_all(fleet, topic)
    fleet.told("FracasSourceLost", severity="critical", stream="tests/waits")
    fleet.console.applied("offsets", "accept-loss", "--partition", f"{topic}/0", "--to", "earliest", "--yes",
                          stream="waits")
    fleet.console.wait_for("waits", "GREEN")
    fleet.resolved("FracasSourceLost")
    fleet.resolved("FracasSourceRetentionHalfGone")


def delete_all(fleet, topic: str) -> None:
    file = fleet.setup.folder / "delete.json"
    file.write_text('{"version": 1, "partitions": [{"topic": "%s", "partition": 0, "offset": -1}]}' % topic)
    fleet.node.tool("kafka-delete-records", "--offset-json-file", str(file))


def test_a_transaction_that_nobody_ends(fleet):
    """Somebody's producer stops in the middle: records come in behind it and no reader gets them."""
    from confluent_kafka import Producer
    producer = Producer({"bootstrap.servers": fleet.node.brokers, "transactional.id": fleet.prefix,
                         "transaction.timeout.ms": 600_000})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(streams.raw(fleet.prefix, "shadow"), telemetry.record(0, int(time.time() * 1000)), partition=1)
    producer.flush(30)
    told = fleet.told("FracasTransactionLingering", severity="warning", origin="platform", stream="tests/shadow",
                      topics="source")
    assert "source topics" in told.summary
    producer.abort_transaction(30)
    fleet.resolved("FracasTransactionLingering")


def test_a_quota_holds_us_back(fleet):
    quota = ("kafka-configs", "--alter", "--entity-type", "clients", "--entity-default")
    fleet.node.tool(*quota, "--add-config", "producer_byte_rate=20000")
    try:
        fleet.told("FracasBrokerThrottles", severity="warning", origin="platform", job=JOB)
    finally:
        fleet.node.tool(*quota, "--delete-config", "producer_byte_rate")
    fleet.resolved("FracasBrokerThrottles")


def test_brokers_away_are_one_page(fleet):
    """What follows from it is silenced; it goes on by itself when they are back."""
    fleet.node.kill(1)
    try:
        fleet.told("FracasBrokersUnreachable", **PLATFORM)
        # Clients tell of their brokers every 10 s, which is not faster here: what came before is not looked at.
        fleet.receiver.told.clear()
        begin = time.monotonic()
        wait_until(lambda: time.monotonic() - begin > 15, 20, "")
        pages = {t.label("alertname") for t in fleet.receiver.told
                 if t.status == "firing" and t.label("severity") == "critical"}
        assert not pages - {"FracasBrokersUnreachable"}, pages
    finally:
        fleet.node.wake(1)
        fleet.node.wait_until_in_sync()
    fleet.resolved("FracasBrokersUnreachable")
    assert fleet.first.running() and fleet.second.running()


def test_an_instance_that_does_not_stay(fleet):
    def newest() -> float:
        return float(fleet.monitoring.query("max(process_start_time_seconds)")[0]["value"][1])
    for n in range(3):
        before = newest()
        fleet.second.kill()
        fleet.second = fleet.setup.start(f"crash-{n}", fleet.other)
        # Each life must be seen by a scrape.
        wait_until(lambda: newest() > before, 30, fleet.second.tail)  # pylint: disable=cell-var-from-loop
    fleet.told("FracasInstanceRestarting", severity="warning", origin="platform", job=JOB)
    fleet.resolved("FracasInstanceRestarting")


def test_the_only_authority_is_away(fleet):
    """Records flow, and nobody applies commands."""
    before = fleet.committed()
    fleet.first.stop()
    fleet.told("FracasNoAuthority", **PLATFORM)
    fleet.told("FracasInstanceMissing", severity="warning", origin="platform", job=JOB)
    wait_until(lambda: fleet.committed() > before, 30, fleet.second.tail)
    fleet.first = fleet.setup.start("back")
    fleet.resolved("FracasNoAuthority")
    fleet.resolved("FracasInstanceMissing")


def test_reports_are_refused(fleet):
    """The topic takes none of those that each round writes: no breaker holds a stream, every round is tried again."""
    alter = ("kafka-configs", "--alter", "--entity-type", "topics", "--entity-name", streams.batches(fleet.prefix))
    # A marker, which ends a transaction, still fits.
    fleet.node.tool(*alter, "--add-config", "max.message.bytes=200")
    try:
        fleet.told("FracasTransactionsFailing", severity="warning", origin="platform", job=JOB)
        told = fleet.told("FracasStreamStalled", **PLATFORM, stream="tests/flows")
        assert "stands still" in told.summary, told.summary
    finally:
        fleet.node.tool(*alter, "--delete-config", "max.message.bytes")
    fleet.resolved("FracasStreamStalled")
    fleet.resolved("FracasTransactionsFailing")


def test_commits_in_doubt(fleet):
    """A topic in which not even the marker fits that ends a transaction: its coordinator tries that once, and never
    again before it is restarted."""
    alter = ("kafka-configs", "--alter", "--entity-type", "topics", "--entity-name", streams.batches(fleet.prefix))
    fleet.node.tool(*alter, "--add-config", "max.message.bytes=10")
    try:
        fleet.told("FracasCommitsInDoubt", severity="warning", origin="platform", job=JOB)
    finally:
        fleet.node.tool(*alter, "--delete-config", "max.message.bytes")
        fleet.node.kill(1)
        wait_until(lambda: not is_open(int(fleet.node.brokers.rsplit(":", 1)[1])), 30, "its port is in use still")
        fleet.node.wake(1)
        fleet.node.wait_until_in_sync()
    fleet.resolved("FracasCommitsInDoubt")
    before = fleet.committed()
    wait_until(lambda: fleet.committed() > before, LIMIT_S, fleet.first.tail)
