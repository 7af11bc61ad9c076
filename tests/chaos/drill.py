"""One run: brokers, instances, records that come in all the while, faults of a seed, and at the end the checker."""

import pathlib
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field

import control
import streams
import telemetry
from checker import Violation, check, number_of, told
from cluster import PATIENCE, Cluster, wait_until
from confluent_kafka import KafkaException
from evidence import gather, written
from fleet import Fleet, Instance
from nodes import Nodes
from operating import Operator
from reader import Reader
from schedule import SESSION_SECONDS, Fault, Lane
from state_log import red_windows

# The test's own producer gives up for good (rewound sequence number) when a leader dies under several requests.
ONE_AT_A_TIME = {"max.in.flight.requests.per.connection": 1}
ONE_IN = 40           # records with a planted fault
UPFRONT = 0.5         # of the records are there before the first instance starts
FINISH_SECONDS_MAX = 120
STILL_SECONDS_MAX = 40 * PATIENCE  # without an offset that moves, though there is something left to do
SETTLE_SECONDS_MAX = 45  # transaction.timeout.ms, and the coordinator's looks for what is overdue
HEAL_SECONDS = 15        # until brokers are in sync after a fault, on a busy machine
SEND_SECONDS_MAX = 60 * PATIENCE
IMPORTED = 3000          # ids on their way while the authority is killed
ASK_SECONDS_MAX = 15     # how long a drill that is stuck is asked where it stands
TAIL_LINES = 12          # of each instance's log, told of a drill that is stuck


@dataclass(frozen=True)
class Plan:
    name: str
    seed: int
    records: int                # of all streams
    partitions: tuple[int, ...]  # of each stream's topic
    instances: int
    lanes: tuple[Lane, ...]
    seconds: float              # over which the records come in
    batch: int = 100            # records: small ones make many transactions
    workers: int = 1

    @property
    def seconds_max(self) -> float:
        """By the clock on the wall: whatever is stuck then is told and left."""
        faults = max((sum(f.gap + f.seconds + HEAL_SECONDS for f in lane) for lane in self.lanes), default=0)
        return (max(self.seconds, faults) + FINISH_SECONDS_MAX + self.records / 1000) * PATIENCE

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
            nodes.create(streams.raw(prefix, name), partitions)
        self.fleet = Fleet(folder, prefix, nodes.brokers, made, plan.instances, kafka=kafka, workers=plan.workers)
        self.fleet.create_topics()
        self.operator = Operator(self.fleet.config, self.names[0])
        self.sent = 0
        self.now_ms = int(time.time() * 1000) - 3_600_000
        self.lane_troubles: list[str] = []
        self.lanes: list[threading.Thread] = []
        self.over = threading.Event()  # nothing is inflicted any more

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
                if self.over.wait(fault.gap):
                    return
                self.result.inflicted.append(str(fault))
                self.inflict(fault)
        except Exception as error:  # pylint: disable=broad-except
            self.lane_troubles.append(f"{lane}: {error!r}")

    def inflict(self, fault: Fault) -> None:
        what, how = fault.kind.split("_")
        if what == "client":
            self.inflict_client(self.fleet.instances[fault.target - 1], fault, how)
        elif what == "authority":
            if how == "kill":
                self.operator.begin_import(IMPORTED)
            self.inflict_client(self.fleet.authority(), fault, how)
        elif what == "operator":
            self.around(fault, self.operator.trip, self.operator.reset)
        elif what == "state":
            self.swap_states(fault)
        else:
            self.inflict_broker(fault, what, how)

    def inflict_broker(self, fault: Fault, what: str, how: str) -> None:
        nodes = self.nodes
        if how == "quorum":
            pair = [n for n in range(1, nodes.count + 1) if n != fault.target]
            self.around(fault, lambda: [nodes.kill(n) for n in pair], lambda: [nodes.wake(n) for n in pair])
        else:
            node = {"broker": lambda: fault.target,
                    "coordinator": lambda: nodes.coordinator_of(f"{self.prefix}.authority"),
                    "leader": lambda: nodes.leader_of(f"{self.prefix}.control")}[what]()
            begin = {"kill": nodes.kill, "stop": nodes.stop, "pause": nodes.pause, "hang": nodes.pause}[how]
            end = nodes.resume if how in ("pause", "hang") else nodes.wake
            self.around(fault, lambda: begin(node), lambda: end(node))
        nodes.wait_until_in_sync()

    def swap_states(self, fault: Fault) -> None:
        fleet = self.fleet
        pair = [fleet.instances[(fault.target - 1 + n) % len(fleet.instances)] for n in (0, 1)]

        def begin() -> None:
            for instance in pair:
                instance.stop()
            fleet.swap_states(fault.target - 1)
        self.around(fault, begin, lambda: [instance.start() for instance in pair])

    def inflict_client(self, instance: Instance, fault: Fault, how: str) -> None:
        begin = {"kill": instance.kill, "leave": instance.kill, "stop": instance.stop, "pause": instance.pause,
                 "hang": instance.pause}[how]
        end = instance.resume if how in ("pause", "hang") else instance.start
        self.around(fault, begin, end)

    def around(self, fault: Fault, begin, end) -> None:
        begin()
        try:
            self.over.wait(fault.seconds)
        finally:
            end()

    # ---- The run ----------------------------------------------------------------------------------------------

    def run(self, seconds_max: float = float("inf")) -> Result:
        """Ends by the plan's limit, or in `seconds_max`: what hangs (a client library, too) is left behind."""
        begin, limit = time.monotonic(), min(self.plan.seconds_max, seconds_max)
        thread = threading.Thread(target=self.run_guarded, daemon=True, name="drill")
        thread.start()
        try:
            thread.join(limit)
        except BaseException:  # told to end
            self.over.set()
            self.fleet.kill()
            raise
        if thread.is_alive():
            self.trouble("STUCK", f"not done in {limit:.0f} s; {self.where(thread)}")
            self.abandon()
        self.result.seconds = time.monotonic() - begin
        return self.result

    def run_guarded(self) -> None:
        try:
            self.run_through()
        except Exception:  # pylint: disable=broad-except
            if not self.over.is_set():
                self.trouble("HARNESS", traceback.format_exc())

    def run_through(self) -> None:
        writer = self.cluster.writer(**{"message.timeout.ms": 300_000, "acks": "all", **ONE_AT_A_TIME})
        self.send(writer, int(self.plan.records * UPFRONT))
        writer.flush()
        published = {streams.published(self.prefix, n): p for n, p in zip(self.names, self.plan.partitions)}
        with Reader(self.nodes.brokers, published) as reader, self.fleet:
            self.fleet.start()
            self.lanes = [threading.Thread(target=self.run_lane, args=(lane,), daemon=True, name=lane[0].kind)
                          for lane in self.plan.lanes]
            for thread in self.lanes:
                thread.start()
            self.feed(writer)
            for thread in self.lanes:
                thread.join()
            self.operator.finish()
            writer.producer.flush(SEND_SECONDS_MAX)
            self.nodes.wait_until_in_sync()
            self.finish()
        self.judge(reader)

    # ---- A drill that hangs -------------------------------------------------------------------------------------

    def where(self, *threads: threading.Thread) -> str:
        """For whoever must find out: where its threads are, where its offsets stand, what its instances said last."""
        frames = sys._current_frames()
        stacks = "".join(f"{thread.name}:\n{''.join(traceback.format_stack(frames[thread.ident])[-4:])}"
                         for thread in (*threads, *self.lanes) if thread.is_alive() and thread.ident in frames)
        tails = "\n".join(f"{i.name}, {'running' if i.daemon else 'not running'}:\n{i.tail(TAIL_LINES)}"
                          for i in self.fleet.instances)
        return f"{within(ASK_SECONDS_MAX, self.standing)}\n{stacks}\n{tails}"

    def abandon(self) -> None:
        """Ends what the drill has started, and heals the brokers for the next."""
        self.over.set()
        self.fleet.kill()
        for thread in self.lanes:
            thread.join(ASK_SECONDS_MAX)
        self.nodes.heal()

    def finish(self) -> None:
        """Liveness: when the faults are over, everything is done in time, by instances that never gave up."""
        if not self.wait_while_it_goes_on():
            self.trouble("NOT_DONE", within(ASK_SECONDS_MAX, self.standing))
        self.fleet.stop()
        for text in self.fleet.troubles() + self.lane_troubles:
            self.trouble("ENDED", text)
        for instance in self.fleet.instances if control.has("state") else ():
            verified = control.verify(instance.config, instance.state)
            if verified.code != 0:
                self.trouble("STATE_NOT_FOLD", f"{instance.name}: {verified}")

    def wait_while_it_goes_on(self) -> bool:
        """False: it stands still, and is not done. A busy machine may take its time."""
        at, since = -1, time.monotonic()
        while (left := self.left()) != 0 and not self.fleet.troubles():
            if left is not None and left != at:
                at, since = left, time.monotonic()
            if time.monotonic() - since > STILL_SECONDS_MAX:
                return False
            time.sleep(0.2)
        return True

    def left(self) -> int | None:
        """How many offsets are not committed yet; None: it cannot be asked just now."""
        self.fleet.supervise()
        try:
            return sum(high - max(committed, 0) for name in self.names for high, committed in
                       zip(self.cluster.high(streams.raw(self.prefix, name)),
                           self.cluster.committed(self.prefix, streams.raw(self.prefix, name))))
        except KafkaException:
            return None  # a coordinator on its way to another broker

    def standing(self) -> str:
        """Where the group stands, and where the logs that readers wait for."""
        return "; ".join(f"{name}: committed {self.cluster.committed(self.prefix, streams.raw(self.prefix, name))} of "
                         f"{self.cluster.high(streams.raw(self.prefix, name))}" for name in self.names)

    # ---- Judgement --------------------------------------------------------------------------------------------

    def judge(self, reader: Reader) -> None:
        self.settle()
        found, generations = gather(self.cluster, self.prefix, self.names,
                                    lambda record: self.code_of(int(number_of(record))))
        for name, evidence in found.items():
            evidence.seen = reader.of(streams.published(self.prefix, name))
            if control.has("breaker"):
                evidence.windows = red_windows(self.cluster, self.prefix, evidence.stream)
            self.result.violations += check(evidence)
            self.result.inputs += sum(map(len, evidence.inputs.values()))
            self.result.published += len(evidence.published)
            self.result.letters += len(evidence.letters)
            self.result.rounds = len(evidence.summaries)
        if control.has("breaker"):
            self.result.violations += self.operator.check(self.cluster, self.prefix)
        self.result.generations = len(generations)
        self.result.starts = sum(i.starts for i in self.fleet.instances)
        if self.result.inputs < self.plan.records:
            self.trouble("HARNESS", f"only {self.result.inputs} of {self.plan.records} records reached the source")

    def open_transactions(self) -> list[str]:
        """Topics in which readers cannot see everything yet."""
        return [t for t in written(self.prefix, self.names)
                if self.cluster.high(t) != self.cluster.high(t, "read_uncommitted")]

    def settle(self) -> None:
        """No transaction is left open: what read_committed readers see is all that there is."""
        try:
            wait_until(lambda: not self.open_transactions(), SETTLE_SECONDS_MAX,
                       lambda: f"open transactions in {self.open_transactions()}")
        except TimeoutError as error:
            self.trouble("HANGING_TRANSACTION", str(error))

    def report(self) -> str:
        return f"{self.plan}\n{self.result}\n{told(self.result.violations)}\nlogs: {self.folder}"


def within(seconds: float, ask) -> str:
    """Its answer, or that there is none."""
    answers: list[str] = []

    def run() -> None:
        try:
            answers.append(str(ask()))
        except Exception as error:  # pylint: disable=broad-except
            answers.append(repr(error))
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return answers[0] if answers else f"no answer within {seconds} s"
