"""The brokers' harness does what it says: a killed node is gone, a paused one is silent, and both come back whole."""

import pytest
from cluster import PATIENCE, wait_until
from confluent_kafka import Consumer, TopicPartition
from nodes import Nodes
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
    """Without asking the brokers: what the drills kill must be found while they are in trouble."""
    nodes.cluster().create(unique)
    consumer = Consumer({"bootstrap.servers": nodes.brokers, "group.id": f"{unique}.g\u00fc", "log_level": 2})
    consumer.commit(offsets=[TopicPartition(unique, 0, 1)], asynchronous=False)
    consumer.close()

    def told() -> int:
        found = nodes.cluster().admin.list_groups(f"{unique}.g\u00fc", timeout=10 * PATIENCE)
        return found[0].broker.id if found else -1
    # Not at once: the partitions of a topic that has just come into being may still get other leaders.
    wait_until(lambda: told() == nodes.coordinator_of(f"{unique}.g\u00fc"), 30, "another coordinator")


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
