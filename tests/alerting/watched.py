"""A running system under watch: streams with short limits, each for one kind of trouble, and who is told."""

import json
import pathlib
import socket
import subprocess
import threading
import time
import uuid

import control
import streams
import telemetry
from cluster import Cluster, wait_until
from monitoring import Monitoring, Told
from program import binary
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


class Watched:
    """Six streams in one group: broken, unattended, quiet, letters, few, drifts; all of them also get good records."""

    def __init__(self, cluster: Cluster, folder: pathlib.Path):
        self.cluster, self.prefix, self.folder = cluster, f"a{uuid.uuid4().hex[:8]}", folder
        port, prometheus, alertmanager = free_ports(3)
        self.contract = streams.schema_file(folder, (streams.CONTRACTS / "customer_telemetry.schema.json").read_text())
        made = {name: self.stream(name, alerts) for name, alerts in {
            "broken": {"red_unattended": "10m"},
            "unattended": {"red_unattended": f"{UNATTENDED_S}s"},
            "quiet": {},
            "letters": {"dead_letters_warning": 5, "dead_letters_critical": 60},
            "few": {"dead_letters_warning": 5, "dead_letters_critical": 60, "pass_ratio": "off"},
            "drifts": {}}.items()}
        self.setup = Setup(cluster, self.prefix, folder, port, made, 1, roles=[*control.roles(), "ledger"])
        self.console = control.Console(self.setup)
        self.begin = time.time()
        self.daemon = self.setup.start("first")
        self.monitoring = Monitoring(folder / "monitoring", {JOB: [port]}, (prometheus, alertmanager))
        self.receiver = self.monitoring.receiver
        self.to_be_resolved: list[tuple[str, str]] = []
        self.sent = 0
        self.trickling = {name for name in made if name != "quiet"}
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
        """Good records, so that nothing falls silent that is not meant to."""
        while not self.over.wait(1):
            for name in sorted(self.trickling):
                try:
                    self.send(name, telemetry.record, 2)
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

    def discard_letters(self, name: str) -> None:
        letters = [{"topic": letter.header("__connect.errors.topic"),
                    "partition": int(letter.header("__connect.errors.partition")),
                    "offset": int(letter.header("__connect.errors.offset"))}
                   for letter in self.setup.dead_letters(name)]
        entry = self.console.send("letter.discard", name, {"letters": letters})
        assert entry["result"] == "applied", entry

    def restart(self, name: str) -> None:
        """The program ends and comes back."""
        self.daemon.stop()
        self.daemon = self.setup.start(name)

    def type(self, command: str) -> tuple[int, str]:
        """What a runbook says, typed here: its names are those of the broken stream. Exit code and what it said."""
        for shown, here in (("fracas.yaml", str(self.setup.path)), ("shop.orders", f"{streams.PIPELINE}/broken"),
                            ("127.0.0.1:9464", f"127.0.0.1:{self.setup.port}")):
            command = command.replace(shown, here)
        done = subprocess.run(["bash", "-c", f"fracas() {{ {binary()} \"$@\"; }}; {command}"], text=True, check=False,
                              timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def stop(self) -> None:
        self.over.set()
        self.trickler.join(20)
        self.daemon.stop(30)
        self.monitoring.stop()
