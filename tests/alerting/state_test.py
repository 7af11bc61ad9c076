"""The group's state cannot be read: its only replica is on a broker that is down, while the others answer. An instance
cannot know what the group has decided since, so it holds everything; one that starts anew cannot know anything. A
rule's minute is a second here."""

import json
import os
import shutil

import pytest
from cluster import wait_until
from nodes import Nodes
from platform_test import PLATFORM, Fleet
from watched import JOB

ALONE = 3  # the node


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    os.environ.setdefault("FRACAS_KAFKA_HEAP", "384m")
    folder = tmp_path_factory.mktemp("state")
    with Nodes(folder / "kafka", 3) as nodes:
        made = Fleet(nodes, folder)
        yield made
        made.stop()


def keep_alone(fleet, topic: str) -> None:
    order = fleet.setup.folder / "alone.json"
    order.write_text(json.dumps({"version": 1, "partitions": [{"topic": topic, "partition": 0, "replicas": [ALONE]}]}))
    fleet.node.tool("kafka-reassign-partitions", "--reassignment-json-file", str(order), "--execute")
    wait_until(lambda: fleet.cluster.admin.list_topics(topic, timeout=10).topics[topic].partitions[0].replicas
               == [ALONE], 60, "it is not alone there")


def test_a_state_without_a_leader(fleet):
    keep_alone(fleet, f"{fleet.prefix}.state")
    fleet.settle()
    fleet.second.stop()
    shutil.rmtree(fleet.setup.folder / "state2")
    fleet.node.kill(ALONE)
    try:
        fleet.second = fleet.setup.start("anew", fleet.other)
        fleet.told("FracasRestoreStuck", severity="warning", origin="platform", job=JOB)
        fleet.told("FracasStateLag", severity="warning", origin="platform", job=JOB)
        fleet.told("FracasStreamStalled", **PLATFORM, stream="tests/flows")
        assert not fleet.receiver.of("FracasBrokersUnreachable"), "the others answer"
    finally:
        # The runbook: the leader of the state's topic.
        fleet.node.wake(ALONE)
        fleet.node.wait_until_in_sync()
    fleet.resolved("FracasStateLag")
    fleet.resolved("FracasRestoreStuck")
    fleet.resolved("FracasStreamStalled")
