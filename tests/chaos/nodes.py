"""The brokers of a run: nodes of one cluster (deploy/kafka) that are killed, stopped, paused and bounced one by one."""

import os
import pathlib
import socket
import subprocess

from cluster import PATIENCE, Cluster, wait_until
from program import ROOT

KAFKA = ROOT / "deploy" / "kafka"
SYNC_SECONDS_MAX = 90
ORDER_SECONDS_MAX = 150 * PATIENCE  # one start or stop of a node; killed then
HEARD_SECONDS_MAX = 30
PORTS_PER_NODE = 10


class Nodes:
    def __init__(self, folder: pathlib.Path, count: int = 3, properties: tuple[str, ...] = (),
                 users: tuple[str, ...] = ()):
        """`users`: NAME:PASSWORD of a SASL listener, who may do nothing until kafka-acls allows it."""
        self.folder, self.count, self.properties, self.users = folder, count, properties, users
        self.brokers = ""

    def start(self) -> "Nodes":
        settings = [word for p in self.properties for word in ("--property", p)]
        settings += [word for user in self.users for word in ("--user", user)]
        self.brokers = self.kafka("start", "--nodes", str(self.count), "--port", str(free_ports(self.count)),
                                  *settings).strip()
        return self

    def cluster(self) -> Cluster:
        return Cluster(self.brokers)

    def create(self, topic: str, partitions: int) -> None:
        """Makes the topic, and waits until every node has heard of it: whoever asks next may ask any of them."""
        self.cluster().create(topic, partitions)
        views = [Cluster(broker) for broker in self.brokers.split(",")]
        wait_until(lambda: all(view.has_leaders(topic, partitions) for view in views), HEARD_SECONDS_MAX,
                   f"not every node has heard of {topic}")

    def kafka(self, command: str, *arguments: str) -> str:
        done = subprocess.run([str(KAFKA), command, "--dir", str(self.folder), *arguments], capture_output=True,
                              text=True, check=False, timeout=ORDER_SECONDS_MAX)
        assert done.returncode == 0, f"deploy/kafka {command} {arguments}: {done.stderr}"
        return done.stdout

    def tool(self, *arguments: str) -> str:
        """One of Kafka's own tools: tool("kafka-configs", …)."""
        done = subprocess.run([str(KAFKA), "cli", "--dir", str(self.folder), *arguments], capture_output=True,
                              text=True, check=False, timeout=ORDER_SECONDS_MAX)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def kill(self, node: int) -> None:
        self.kafka("stop", "--node", str(node), "--kill")

    def stop(self, node: int) -> None:
        self.kafka("stop", "--node", str(node))

    def wake(self, node: int) -> None:
        """Starts it again; returns when it runs, not when it is ready (wait_until_in_sync)."""
        self.kafka("start", "--node", str(node), "--no-wait")

    def pause(self, node: int) -> None:
        self.kafka("pause", "--node", str(node))

    def resume(self, node: int) -> None:
        self.kafka("resume", "--node", str(node))

    def leader_of(self, topic: str, partition: int = 0) -> int:
        return self.cluster().admin.list_topics(topic, timeout=10).topics[topic].partitions[partition].leader

    def coordinator_of(self, group: str) -> int:
        """The leader of the partition that has the group's offsets."""
        offsets = "__consumer_offsets"
        return self.leader_of(offsets, partition_of_group(group, len(self.cluster().partitions(offsets))))

    def wait_until_in_sync(self) -> None:
        """Every node answers, and all of them say that every partition has its leader and all its replicas. One that
        was killed is a member for the others until its session ends, so that its own word counts, too."""
        views = [Cluster(broker) for broker in self.brokers.split(",")]
        wait_until(lambda: not any(self.missing(view) for view in views), SYNC_SECONDS_MAX,
                   lambda: f"no sync: {[self.missing(view) for view in views]}")

    def missing(self, view: Cluster) -> list[str]:
        if not is_open(int(view.brokers.rsplit(":", 1)[1])):
            return [f"{view.brokers} does not listen"]
        try:
            found = view.admin.list_topics(timeout=5)
        except Exception as error:  # pylint: disable=broad-except; whatever it is, ask again
            return [str(error)]
        wrong = [f"{name}/{p.id}: leader {p.leader}, {p.isrs} of {p.replicas}" for name, topic in found.topics.items()
                 for p in topic.partitions.values() if p.leader < 0 or len(p.isrs) < len(p.replicas)]
        return wrong if len(found.brokers) == self.count else [f"{len(found.brokers)} nodes", *wrong]

    def heal(self) -> None:
        """Whatever was done to them is over."""
        for node in range(1, self.count + 1):
            subprocess.run([str(KAFKA), "resume", "--dir", str(self.folder), "--node", str(node)],
                           capture_output=True, check=False, timeout=ORDER_SECONDS_MAX)
            self.wake(node)
        self.wait_until_in_sync()

    def end(self) -> None:
        subprocess.run([str(KAFKA), "stop", "--dir", str(self.folder), "--kill"], capture_output=True, check=False,
                       timeout=ORDER_SECONDS_MAX)

    def __enter__(self) -> "Nodes":
        try:
            return self.start()
        except BaseException:
            self.end()
            raise

    def __exit__(self, *_) -> None:
        self.end()


def partition_of_group(group: str, partitions: int) -> int:
    """Where Kafka (GroupMetadataManager.partitionFor) keeps a group's offsets: the absolute value of Java's hash of the
    name, which is not the hash without its sign bit that places records. `group`: no character beyond U+FFFF."""
    code = 0
    for character in group:
        code = (31 * code + ord(character)) & 0xFFFFFFFF
    return abs(code - (code >> 31 << 32)) % partitions


def free_ports(nodes: int) -> int:
    """The first of a block of ports that nobody listens on, below those that the system gives to clients. Runs that
    begin at the same time look in different places first."""
    blocks = range(29300, 32700, nodes * PORTS_PER_NODE)
    for n in range(len(blocks)):
        first = blocks[(os.getpid() + n) % len(blocks)]
        if not any(is_open(first + PORTS_PER_NODE * n + place) for n in range(nodes) for place in range(3)):
            return first
    raise RuntimeError("no free ports for a cluster")


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
