"""A source topic that gets more partitions: what comes there is named, and waits until its counterpart is there."""

import time

import control
import telemetry
from cluster import wait_until
from confluent_kafka.admin import AdminClient, NewPartitions
from running import Setup
from streams import customers, dead_letters, published, raw


def grow(setup: Setup, topic: str, count: int) -> None:
    admin = AdminClient({"bootstrap.servers": setup.cluster.brokers})
    admin.create_partitions([NewPartitions(topic, count)])[topic].result()
    wait_until(lambda: setup.cluster.has_leaders(topic, count), 30, f"{topic} has no leaders")


def test_added_partitions_are_named_and_flow_when_their_outputs_are_there(cluster, unique, tmp_path, free_port):
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": customers(unique)}, 1, roles=control.roles(),
                  kafka={"bootstrap.servers": cluster.brokers,
                         "consumer": {"topic.metadata.refresh.interval.ms": 1000}})
    topic, console = raw(unique, "customers"), control.Console(setup)

    def send(partition: int, count: int) -> None:
        writer, now = cluster.writer(), int(time.time() * 1000)
        for n in range(count):
            writer.send(topic, telemetry.record(n, now), telemetry.key(n), partition, now)
        writer.flush()

    send(0, 10)
    with setup.start() as daemon:
        setup.wait_until_all_is_committed(topic, daemon)
        grow(setup, topic, 2)
        send(1, 20)
        send(0, 5)
        wait_until(lambda: (console.stream("customers")["local"] or {}).get("held"), 60, daemon.tail)
        held, = console.stream("customers")["local"]["held"]
        assert (held["topic"], held["partition"], held["code"]) == (topic, 1, "OBJECT_NOT_FOUND"), held
        assert "1 partitions and none for this one" in held["reason"], held
        wait_until(lambda: setup.cluster.committed(setup.prefix, topic)[1] == 0, 30, "it has begun all the same")
        wait_until(lambda: len(setup.published("customers")) == 15, 30, daemon.tail)
        grow(setup, published(unique, "customers"), 2)
        grow(setup, dead_letters(unique, "customers"), 2)
        setup.wait_until_all_is_committed(topic, daemon)
        wait_until(lambda: console.stream("customers")["local"]["held"] == [], 30, daemon.tail)
        assert daemon.stop() == 0
    by_partition = [r.partition for r in setup.published("customers")]
    assert (by_partition.count(0), by_partition.count(1)) == (15, 20)


def test_what_comes_to_an_idle_or_a_new_partition_while_nobody_runs_is_read_in_spite_of_latest(
        cluster, unique, tmp_path, free_port):
    """`start: latest` is about what was there before the group came, and about nothing else."""
    stream = customers(unique) | {"start": "latest"}
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": stream}, 2, roles=control.roles(),
                  kafka={"bootstrap.servers": cluster.brokers,
                         "consumer": {"topic.metadata.refresh.interval.ms": 1000}})
    topic = raw(unique, "customers")

    def send(partition: int, *numbers: int) -> None:
        writer, now = cluster.writer(), int(time.time() * 1000)
        for n in numbers:
            writer.send(topic, telemetry.record(n, now), telemetry.key(n), partition, now)
        writer.flush()

    send(0, *range(5))
    send(1, *range(5, 10))
    with setup.start() as daemon:
        wait_until(lambda: -1 not in setup.cluster.committed(setup.prefix, topic), 60, daemon.tail)
        send(0, 20, 21)
        wait_until(lambda: len(setup.published("customers")) == 2, 60, daemon.tail)
        assert daemon.stop() == 0
    send(1, 22, 23, 24)  # the group has never read anything of it
    for name in (topic, published(unique, "customers"), dead_letters(unique, "customers")):
        grow(setup, name, 3)
    send(2, 25, 26, 27, 28)
    with setup.start() as daemon:
        wait_until(lambda: len(setup.published("customers")) >= 9, 60, daemon.tail)
        setup.wait_until_all_is_committed(topic, daemon)
        assert "it begins at 0" in daemon.text(), "it was named"
        assert daemon.stop() == 0
    assert sorted(r.key for r in setup.published("customers")) == sorted(telemetry.key(n) for n in range(20, 29))
