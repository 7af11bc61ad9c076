"""The brokers' harness does what it says: a killed node is gone, a paused one is silent, and both come back whole."""

import pytest
from cluster import PATIENCE, wait_until
from confluent_kafka import Consumer, TopicPartition
from nodes import Nodes, partition_of_group
from scenario import LONG

SLOW = pytest.mark.skipif(not LONG, reason="the drills do the same all the while: with FRACAS_FMEA=long only")


def brokers_of(nodes: Nodes) -> int:
    return len(nodes.cluster().admin.list_topics(timeout=10 * PATIENCE).brokers)


def status(nodes: Nodes) -> list[str]:
    return nodes.kafka("status").splitlines()


def test_three_nodes_hold_three_copies(nodes, unique):
    nodes.cluster().create(unique, 3)
    topic = nodes.cluster().admin.list_topics(unique, timeout=10 * PATIENCE).topics[unique]
    assert all(sorted(p.replicas) == [1, 2, 3] for p in topic.partitions.values())
    nodes.wait_until_in_sync()


@SLOW
def test_a_paused_node_is_silent_until_it_goes_on(nodes, unique):
    cluster = nodes.cluster()
    cluster.create(unique, 3)
    nodes.pause(3)
    try:
        assert "paused" in status(nodes)[2]
        wait_until(lambda: brokers_of(nodes) == 2, 30, "the others do not miss the paused node")
    finally:
        nodes.resume(3)
    nodes.wait_until_in_sync()
    assert all("running" in line for line in status(nodes))


def test_the_coordinator_of_a_group_is_known(nodes, unique):
    """Without asking the brokers: what the drills kill must be found while they are in trouble. Java's hash is negative
    for half of all names."""
    assert [partition_of_group(name, 4) for name in ("a", "t626014ef.g\u00fc")] == [1, 3]
    nodes.create(unique, 1)
    groups = [f"{unique}.{n}" for n in range(8)] + [f"{unique}.g\u00fc"]
    for group in groups:
        consumer = Consumer({"bootstrap.servers": nodes.brokers, "group.id": group, "log_level": 2})
        consumer.commit(offsets=[TopicPartition(unique, 0, 1)], asynchronous=False)
        consumer.close()
    admin = nodes.cluster().admin

    def wrong() -> dict[str, tuple[int, int]]:
        told = {found.id: found.broker.id for found in admin.list_groups(timeout=10 * PATIENCE)}
        computed = {group: nodes.coordinator_of(group) for group in groups}
        return {group: (told.get(group, -1), computed[group]) for group in groups
                if told.get(group, -1) != computed[group]}
    # Not at once: the partitions of a topic that has just come into being may still get other leaders.
    wait_until(lambda: not wrong(), 30, lambda: f"told, computed: {wrong()}")


@SLOW
def test_what_was_acknowledged_survives_a_killed_node(nodes, unique):
    cluster = nodes.cluster()
    cluster.create(unique, 3)
    writer = cluster.writer(acks="all")
    for n in range(300):
        writer.send(unique, b"%d" % n, partition=n % 3)
    writer.flush()
    nodes.kill(2)
    with pytest.raises(AssertionError, match="does not run"):
        nodes.pause(2)
    assert len(nodes.cluster().read(unique)) == 300
    nodes.wake(2)
    nodes.wait_until_in_sync()
    assert sorted(int(r.value) for r in nodes.cluster().read(unique)) == list(range(300))
