"""A running system under watch: streams with short limits, each for one kind of trouble, and who is told."""

import json
import pathlib
import socket
import threading
import time
import uuid

import control
import streams
import telemetry
from cluster import Cluster, wait_until
from confluent_kafka.admin import ConfigResource
from monitoring import Monitoring, Told
from running import Setup

JOB = "fracas"
OWNERS = {"source": "crm-team", "platform": "data-platform"}
QUIET_S = 10     # freshness.max_silence of the stream that falls silent
UNATTENDED_S = 8


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def unexpected_field(n: int, now: int) -> bytes:
    return telemetry.record(n, now)[:-1] + b',"newsletterVersion":2}'


def negative_points(n: int, now: int) -> bytes:
    return telemetry.record(n, now, loyaltyPoints="-5")


# Stream → its `alerts`. All of them also get good records, but quiet when it falls silent.
STREAMS = {"broken": {"red_unattended": "10m"},
           "unattended": {"red_unattended": f"{UNATTENDED_S}s"},
           "quiet": {},
           "letters": {"dead_letters_warning": 5, "dead_letters_critical": 60},
           "few": {"dead_letters_warning": 5, "dead_letters_critical": 60, "pass_ratio": "off"},
           "drifts": {}}


class Watched:
    """Streams of one partition in one group with one instance."""

    def __init__(self, cluster: Cluster, folder: pathlib.Path, alerts: dict[str, dict] | None = None,
                 letters_kept_ms: dict[str, int] | None = None):
        """`alerts`: else those above. `letters_kept_ms`: stream → retention of its dead letters."""
        self.cluster, self.prefix, self.folder = cluster, f"a{uuid.uuid4().hex[:8]}", folder
        port, prometheus, alertmanager = free_ports(3)
        self.contract = streams.schema_file(folder, (streams.CONTRACTS / "customer_telemetry.schema.json").read_text())
        made = {name: self.stream(name, limits) for name, limits in (alerts or STREAMS).items()}
        self.setup = Setup(cluster, self.prefix, folder, port, made, 1, roles=[*control.roles(), "ledger"])
        for name, kept_ms in (letters_kept_ms or {}).items():
            self.keep_for(streams.dead_letters(self.prefix, name), kept_ms)
        self.console = control.Console(self.setup)
        self.begin = time.time()
        self.daemon = self.setup.start("first")
        self.monitoring = Monitoring(folder / "monitoring", {JOB: [port]}, (prometheus, alertmanager))
        self.receiver = self.monitoring.receiver
        self.to_be_resolved: list[tuple[str, str]] = []
        self.sent = 0
        # What each stream gets every second.
        self.trickling = {name: (telemetry.record, 2) for name in made if name != "quiet"}
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.trickler = threading.Thread(target=self.trickle, daemon=True)
        self.trickler.start()
        wait_until(self.monitoring.is_ready, 30, self.monitoring.log_tail)
        wait_until(lambda: self.monitoring.query("sum by (job) (fracas_authority_active) == 1"), 40,
                   lambda: self.daemon.tail())

    def stream(self, name: str, alerts: dict) -> dict:
        made = streams.customers(self.prefix, name, owners=OWNERS, alerts=alerts,
                                 freshness={"max_silence": f"{QUIET_S}s" if name == "quiet" else "1h"},
                                 audit={"min_records": 1_000_000, "max_failed_records": 1_000_000},
                                 batch={"records": 1000, "interval": "50ms"})
        made["contract"] = str(self.contract)
        return made

    def keep_for(self, topic: str, kept_ms: int) -> None:
        """What else the topic was given stays: this sets all or nothing."""
        given = {name: self.cluster.topic_settings(topic)[name] for name in ("cleanup.policy", "max.message.bytes")}
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, {**given, "retention.ms": str(kept_ms)})
        self.cluster.admin.alter_configs([resource])[resource].result(30)

    # ---- Records ----------------------------------------------------------------------------------------------

    def send(self, name: str, make, count: int) -> None:
        with self.lock:
            writer = self.cluster.writer()
            now = int(time.time() * 1000)
            for _ in range(count):
                self.sent += 1
                writer.send(streams.raw(self.prefix, name), make(self.sent, now), telemetry.key(self.sent), 0, now)
            writer.flush()

    def trickle(self) -> None:
        """Good records, for the most part: so that nothing falls silent that is not meant to."""
        while not self.over.wait(1):
            for name, (make, count) in sorted(self.trickling.items()):
                try:
                    self.send(name, make, count)
                except Exception:  # pylint: disable=broad-except
                    break  # no brokers just now

    # ---- What is told -----------------------------------------------------------------------------------------

    def told(self, alert: str, stream: str = "", seconds: float = 60, receiver: str = "") -> Told:
        """Waits until the alert has arrived; the first message of it."""
        name = f"{streams.PIPELINE}/{stream}" if stream else ""
        wait_until(lambda: self.receiver.of(alert, name, receiver, "firing"), seconds,
                   lambda: f"{alert} {name} did not arrive; firing: {self.monitoring.firing()}\n{self.daemon.tail()}")
        return self.receiver.of(alert, name, receiver, "firing")[0]

    def resolved(self, alert: str, stream: str = "", seconds: float = 60) -> None:
        """Waits until it is resolved, and holds that it was one alert from the beginning to the end."""
        name = f"{streams.PIPELINE}/{stream}" if stream else ""
        wait_until(lambda: self.receiver.of(alert, name, status="resolved"), seconds,
                   lambda: f"{alert} {name} was not resolved; firing: {self.monitoring.firing().get(alert)}")
        self.once(alert, stream)

    def recovered(self, alert: str, stream: str = "") -> None:
        """What was documented is done: it must be resolved in the end. Not waited for here: the next trouble comes."""
        self.to_be_resolved.append((alert, stream))

    def once(self, alert: str, stream: str = "") -> None:
        name = f"{streams.PIPELINE}/{stream}" if stream else ""
        episodes = self.receiver.episodes(alert, name)
        assert len(episodes) == 1, f"{alert} {name} began {len(episodes)} times: {sorted(episodes)}"

    # ---- The operator -----------------------------------------------------------------------------------------

    def apply(self, *command: str, stream: str) -> None:
        self.console.applied(*command, stream=stream)

    def mend_the_contract(self) -> None:
        """loyaltyPoints may be a text."""
        schema = json.loads(self.contract.read_text())
        schema["properties"]["loyaltyPoints"]["type"] = ["integer", "string"]
        self.contract.write_text(json.dumps(schema))

    def discard_letters(self, name: str, count: int) -> None:
        """All of a stream, once it is known that there are so many."""
        open_ones = f'max(fracas_dead_letters{{state="open", stream="{streams.PIPELINE}/{name}"}})'
        wait_until(lambda: self.monitoring.query(f"{open_ones} == {count}"), 40,
                   lambda: f"not {count}: {self.monitoring.query(open_ones)}")
        self.apply("dlq", "discard", "--limit", "1000", "--yes", stream=name)

    def restart(self, name: str) -> None:
        """The program ends and comes back."""
        self.daemon.stop()
        self.daemon = self.setup.start(name)

    def stop(self) -> None:
        self.over.set()
        self.trickler.join(20)
        self.daemon.stop(30)
        self.monitoring.stop()
