"""One run: brokers, instances, records that come in all the while, faults of a seed, and at the end the checker."""

import json
import pathlib
import threading
import time
from dataclasses import dataclass, field

import streams
import telemetry
from checker import Evidence, Input, Violation, check, number_of, told
from cluster import Cluster, Record, wait_until
from confluent_kafka import KafkaException
from fleet import Fleet
from group_log import read_group
from nodes import Nodes
from reader import Reader
from schedule import SESSION_SECONDS, Fault, Lane

ONE_IN = 40           # records with a planted fault
UPFRONT = 0.5         # of the records are there before the first instance starts
FINISH_SECONDS_MAX = 150
SETTLE_SECONDS_MAX = 45  # transaction.timeout.ms, and the coordinator's looks for what is overdue


@dataclass(frozen=True)
class Plan:
    name: str
    seed: int
    records: int                # of all streams
    partitions: tuple[int, ...]  # of each stream's topic
    instances: int
    lanes: tuple[Lane, ...]
    seconds: float              # over which the records come in
    batch: int = 50             # records: small ones make many transactions
    workers: int = 1

    def __str__(self) -> str:
        lanes = "\n".join("  " + ", ".join(map(str, lane)) for lane in self.lanes)
        return (f"{self.name}, seed {self.seed}: {self.records} records, partitions {self.partitions}, "
                f"{self.instances} instances\n{lanes}")


@dataclass
class Result:
    plan: Plan
    seconds: float = 0
    inputs: int = 0
    published: int = 0
    letters: int = 0
    rounds: int = 0        # summaries: a stream's part of a committed transaction
    generations: int = 0   # of the group
    starts: int = 0        # of instances
    inflicted: list[str] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def __str__(self) -> str:
        return (f"{self.plan.name}, seed {self.plan.seed}: {self.inputs} records, {self.published} published, "
                f"{self.letters} dead letters, {self.rounds} rounds, {self.generations} generations, "
                f"{self.starts} starts, {len(self.inflicted)} faults, {self.seconds:.0f} s, "
                f"{len(self.violations)} violations")


class Drill:
    def __init__(self, plan: Plan, nodes: Nodes, folder: pathlib.Path, prefix: str):
        self.plan, self.nodes, self.folder, self.prefix = plan, nodes, folder, prefix
        self.cluster: Cluster = nodes.cluster()
        self.result = Result(plan)
        self.names = [f"s{n}" for n in range(len(plan.partitions))]
        made = {name: streams.customers(prefix, name, batch={"records": plan.batch, "interval": "20ms"},
                                        audit={"max_failed_ratio": 1.0, "max_failed_records": 1_000_000})
                for name in self.names}
        kafka = {"bootstrap.servers": nodes.brokers,
                 "consumer": {"session.timeout.ms": SESSION_SECONDS * 1000, "heartbeat.interval.ms": 1500}}
        for name, partitions in zip(self.names, plan.partitions):
            self.cluster.create(streams.raw(prefix, name), partitions)
        self.fleet = Fleet(folder, prefix, nodes.brokers, made, plan.instances, kafka=kafka, workers=plan.workers)
        self.fleet.create_topics()
        self.sent = 0
        self.now_ms = int(time.time() * 1000) - 3_600_000
        self.lane_troubles: list[str] = []

    def trouble(self, kind: str, text: str) -> None:
        self.result.violations.append(Violation(kind, text))

    # ---- Records ----------------------------------------------------------------------------------------------

    def send(self, writer, count: int) -> None:
        """The next `count` records; record n goes to stream n % streams."""
        for n in range(self.sent, self.sent + count):
            stream = n % len(self.names)
            time_ms = self.now_ms + n
            fault = telemetry.fault_of(n // len(self.names), ONE_IN)
            value = fault.make(n, time_ms) if fault else telemetry.record(n, time_ms)
            writer.send(streams.raw(self.prefix, self.names[stream]), value, telemetry.key(n) if n % 50 else None,
                        n // len(self.names) % self.plan.partitions[stream], time_ms,
                        [("n", b"%d" % n), ("trace", b"1"), ("trace", None)])
        self.sent += count

    def code_of(self, number: int) -> str | None:
        fault = telemetry.fault_of(number // len(self.names), ONE_IN)
        return fault.code_name if fault else None

    def feed(self, writer) -> None:
        """The rest, evenly over the plan's seconds; what a dying broker makes wait is sent all the same."""
        begin, first, rest = time.monotonic(), self.sent, self.plan.records - self.sent
        while self.sent < self.plan.records:
            share = min(1.0, (time.monotonic() - begin) / self.plan.seconds)
            self.send(writer, first + int(share * rest) - self.sent)
            writer.producer.poll(0.1)

    # ---- Faults -----------------------------------------------------------------------------------------------

    def run_lane(self, lane: Lane) -> None:
        try:
            for fault in lane:
                time.sleep(fault.gap)
                self.result.inflicted.append(str(fault))
                self.inflict(fault)
        except Exception as error:  # pylint: disable=broad-except
            self.lane_troubles.append(f"{lane}: {error!r}")

    def inflict(self, fault: Fault) -> None:
        what, how = fault.kind.split("_")
        if what == "client":
            self.inflict_client(fault, how)
        elif how == "quorum":
            pair = [n for n in range(1, self.nodes.count + 1) if n != fault.target]
            self.around(fault, lambda: [self.nodes.kill(n) for n in pair], lambda: [self.nodes.wake(n) for n in pair])
            self.nodes.wait_until_in_sync()
        else:
            node, nodes = fault.target, self.nodes
            begin = {"kill": nodes.kill, "stop": nodes.stop, "pause": nodes.pause, "hang": nodes.pause}[how]
            end = nodes.resume if how in ("pause", "hang") else nodes.wake
            self.around(fault, lambda: begin(node), lambda: end(node))
            nodes.wait_until_in_sync()

    def inflict_client(self, fault: Fault, how: str) -> None:
        instance = self.fleet.instances[fault.target - 1]
        begin = {"kill": instance.kill, "leave": instance.kill, "stop": instance.stop, "pause": instance.pause,
                 "hang": instance.pause}[how]
        end = instance.resume if how in ("pause", "hang") else instance.start
        self.around(fault, begin, end)

    @staticmethod
    def around(fault: Fault, begin, end) -> None:
        begin()
        try:
            time.sleep(fault.seconds)
        finally:
            end()

    # ---- The run ----------------------------------------------------------------------------------------------

    def run(self) -> Result:
        begin = time.monotonic()
        writer = self.cluster.writer(**{"message.timeout.ms": 300_000, "acks": "all"})
        self.send(writer, int(self.plan.records * UPFRONT))
        writer.flush()
        published = {streams.published(self.prefix, n): p for n, p in zip(self.names, self.plan.partitions)}
        with Reader(self.nodes.brokers, published) as reader, self.fleet:
            self.fleet.start()
            threads = [threading.Thread(target=self.run_lane, args=(lane,)) for lane in self.plan.lanes]
            for thread in threads:
                thread.start()
            self.feed(writer)
            for thread in threads:
                thread.join()
            writer.producer.flush(120)
            self.nodes.wait_until_in_sync()
            self.finish()
        self.judge(reader)
        self.result.seconds = time.monotonic() - begin
        return self.result

    def finish(self) -> None:
        """Liveness: when the faults are over, everything is done in time, by instances that never gave up."""
        try:
            wait_until(self.all_done, FINISH_SECONDS_MAX, self.standing)
        except TimeoutError as error:
            self.trouble("NOT_DONE", str(error))
        self.fleet.stop()
        for text in self.fleet.troubles() + self.lane_troubles:
            self.trouble("ENDED", text)

    def all_done(self) -> bool:
        self.fleet.supervise()
        try:
            return bool(self.fleet.troubles()) or all(
                self.cluster.committed(self.prefix, streams.raw(self.prefix, name))
                == self.cluster.high(streams.raw(self.prefix, name)) for name in self.names)
        except KafkaException:
            return False  # a coordinator on its way to another broker

    def standing(self) -> str:
        return "; ".join(f"{name}: committed {self.cluster.committed(self.prefix, streams.raw(self.prefix, name))} of "
                         f"{self.cluster.high(streams.raw(self.prefix, name))}" for name in self.names)

    # ---- Judgement --------------------------------------------------------------------------------------------

    def judge(self, reader: Reader) -> None:
        self.settle()
        history, generations = read_group(self.cluster, self.prefix)
        logs = self.cluster.read_all(self.topics() + [streams.raw(self.prefix, name) for name in self.names])
        summaries = [json.loads(r.value) for r in logs[streams.batches(self.prefix)]]
        failures = [json.loads(r.value) for r in logs[streams.failures(self.prefix)]]
        for name in self.names:
            evidence = self.evidence_of(name, logs, reader)
            evidence.history, evidence.summaries, evidence.failures = history, summaries, failures
            self.result.violations += check(evidence)
            self.result.inputs += sum(map(len, evidence.inputs.values()))
            self.result.published += len(evidence.published)
            self.result.letters += len(evidence.letters)
        self.result.rounds, self.result.generations = len(summaries), len(generations)
        self.result.starts = sum(i.starts for i in self.fleet.instances)
        if self.result.inputs < self.plan.records:
            self.trouble("HARNESS", f"only {self.result.inputs} of {self.plan.records} records reached the source")

    def topics(self) -> list[str]:
        """All that the program writes."""
        named = [made(self.prefix, name) for name in self.names for made in (streams.published, streams.dead_letters)]
        return [streams.batches(self.prefix), streams.failures(self.prefix), *named]

    def open_transactions(self) -> list[str]:
        """Topics in which readers cannot see everything yet."""
        return [t for t in self.topics() if self.cluster.high(t) != self.cluster.high(t, "read_uncommitted")]

    def settle(self) -> None:
        """No transaction is left open: what read_committed readers see is all that there is."""
        try:
            wait_until(lambda: not self.open_transactions(), SETTLE_SECONDS_MAX,
                       lambda: f"open transactions in {self.open_transactions()}")
        except TimeoutError as error:
            self.trouble("HANGING_TRANSACTION", str(error))

    def evidence_of(self, name: str, logs: dict[str, list[Record]], reader: Reader) -> Evidence:
        topic, published = streams.raw(self.prefix, name), streams.published(self.prefix, name)
        inputs: dict[int, list[Input]] = {p: [] for p in self.cluster.partitions(topic)}
        for record in logs[topic]:
            inputs[record.partition].append(Input(record, self.code_of(int(number_of(record)))))
        return Evidence(stream=f"{streams.PIPELINE}/{name}", topic=topic, inputs=inputs,
                        committed=dict(enumerate(self.cluster.committed(self.prefix, topic))),
                        history=[], summaries=[], failures=[], published=logs[published],
                        letters=logs[streams.dead_letters(self.prefix, name)], seen=reader.of(published))

    def report(self) -> str:
        return f"{self.plan}\n{self.result}\n{told(self.result.violations)}\nlogs: {self.folder}"
