"""A source topic that is deleted and made again under its name: found, named, nothing of the new one passed over."""

import time

import control
import telemetry
from cluster import wait_until
from confluent_kafka.admin import AdminClient
from running import Setup
from streams import customers, raw


def send(setup: Setup, count: int, first: int = 0) -> None:
    writer = setup.cluster.writer()
    now = int(time.time() * 1000)
    for n in range(first, first + count):
        writer.send(raw(setup.prefix, "customers"), telemetry.record(n, now), telemetry.key(n), 0, now)
    writer.flush()


def make_anew(setup: Setup) -> None:
    topic = raw(setup.prefix, "customers")
    admin = AdminClient({"bootstrap.servers": setup.cluster.brokers})
    for future in admin.delete_topics([topic], operation_timeout=30).values():
        future.result()
    wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, 30, "still there")
    setup.cluster.create(topic, 1)


def numbers(setup: Setup) -> list[bytes]:
    return [record.key for record in setup.published("customers")]


def test_while_nobody_runs(cluster, unique, tmp_path, free_port):
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": customers(unique)}, 1, roles=control.roles())
    topic = raw(unique, "customers")
    send(setup, 50)
    with setup.start("first") as daemon:
        setup.wait_until_all_is_committed(topic, daemon)
        assert daemon.stop() == 0
    make_anew(setup)
    send(setup, 100, 1000)
    with setup.start("second") as daemon:
        setup.wait_until_all_is_committed(topic, daemon)
        assert daemon.stop() == 0
    assert numbers(setup) == [telemetry.key(n) for n in (*range(50), *range(1000, 1100))]


def test_while_running(cluster, unique, tmp_path, free_port):
    """The new topic is longer than the old one was when it is seen first: nothing says so by itself."""
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": customers(unique)}, 1, roles=control.roles())
    topic = raw(unique, "customers")
    console = control.Console(setup)
    send(setup, 50)
    with setup.start("first") as daemon:
        setup.wait_until_all_is_committed(topic, daemon)
        make_anew(setup)
        send(setup, 100, 1000)
        red = console.wait_for("customers", "RED")
        assert red["code"] == "OFFSET_OUT_OF_RANGE" and "recreated" in red["reason"], red
        assert len(setup.published("customers")) == 50
        console.applied("offsets", "accept-loss", "--partition", f"{topic}/0", "--to", "earliest", "--yes",
                        stream="customers")
        wait_until(lambda: not console.breaker("customers")["losses"], 30, daemon.tail)
        if console.breaker("customers")["state"] != "GREEN":
            console.applied("breaker", "reset", "--wait", stream="customers")
        setup.wait_until_all_is_committed(topic, daemon)
        assert daemon.stop() == 0
    assert numbers(setup) == [telemetry.key(n) for n in (*range(50), *range(1000, 1100))]
