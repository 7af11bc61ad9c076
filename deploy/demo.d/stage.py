"""The stage of the demo: the program with its configuration, and the topics around it."""

import json
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import telemetry
from cluster import Cluster
from monitoring import Monitoring
from telling import Failed, Telling

CONFIG = """\
group: {group}
instance: demo
workers: 2
kafka:
  bootstrap.servers: {brokers}
http: {{ listen: 127.0.0.1:{port}, metrics_listen: 127.0.0.1:0 }}
state: {{ dir: {folder}/state }}
defaults:
  batch: {{ records: 2000, interval: 50ms }}
pipelines:
  demo:
    streams:
      customers:
        dataset: crm.customer_telemetry
        topics: [{group}.customers.raw]
        publish: {{ mode: copy, topic: {group}.customers }}
        contract: {folder}/customers.schema.json
        identity: {{ business_id: /customerId, message_id: /messageId }}
        event_time: {{ pointer: /eventTime, format: rfc3339, max_age: 7d, max_future: 5m }}
        critical: [/customerId, /eventTime]
        sensitive: [/email]
        limits: {{ record: 16KiB }}
      orders:
        dataset: shop.orders
        topics: [{group}.orders.raw]
        publish: {{ mode: copy, topic: {group}.orders }}
        contract: {contracts}/order.schema.json
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def preferred_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            return free_port()


class Demo:
    def __init__(self, options, tell: Telling):
        self.tell, self.program, self.brokers = tell, options.program, options.brokers
        self.folder = pathlib.Path(options.folder)
        self.cluster = Cluster(options.brokers)
        self.group = f"fracas-demo-{int(time.time()) % 1_000_000}"
        self.port = preferred_port(9464)
        self.config = self.folder / "fracas.yaml"
        self.contract = self.folder / "customers.schema.json"
        self.log = self.folder / "fracas.log"
        self.running: subprocess.Popen | None = None
        self.monitoring: Monitoring | None = None
        self.sent = {"customers": 0, "orders": 0}
        self.faults: dict[tuple[int, int], telemetry.Fault] = {}
        self.writer = self.cluster.writer()

    # ---- the program ----------------------------------------------------------------------------------

    def command(self, *arguments: str) -> str:
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, check=False, timeout=60)
        self.tell.check(f"fracas {' '.join(arguments).replace(str(self.folder), '...')}", done.returncode == 0,
                        f"exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def quiet(self, *arguments: str) -> str:
        """A command that is asked over and over; what it says, or an empty object while it cannot."""
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, check=False, timeout=60)
        return done.stdout if done.returncode == 0 else '{"streams": [{"breaker": {"state": "", "version": 0}}]}'

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self.running = subprocess.Popen([self.program, "run", "-c", str(self.config)], stdout=log, stderr=log)
        self.tell.wait(f"fracas run answers http://127.0.0.1:{self.port}/livez", self.is_live, 30, self.log_tail)

    def is_live(self) -> bool:
        if self.running.poll() is not None:
            raise Failed(f"fracas run ended with {self.running.returncode}\n{self.log_tail()}")
        return self.get("livez")[0] == 200

    def stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            begin = time.monotonic()
            self.running.send_signal(signal.SIGTERM)
            code = self.running.wait(20)
            seconds = time.monotonic() - begin
            self.tell.check(f"SIGTERM: it ended with exit code 0 after {seconds:.1f} s", code == 0, str(code))

    def log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    def get(self, page: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{page}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str, stream: str) -> float:
        """The sum of a metric's series of one stream."""
        lines = [line.rsplit(" ", 1) for line in self.get("metrics")[1].splitlines()]
        return sum(float(line[1]) for line in lines
                   if line[0].startswith(name) and f'stream="demo/{stream}"' in line[0])

    # ---- the topics -----------------------------------------------------------------------------------

    def raw(self, name: str) -> str:
        return f"{self.group}.{name}.raw"

    def out(self, name: str) -> str:
        return f"{self.group}.{name}"

    def letters(self, name: str) -> str:
        return f"{self.group}.{name}.raw.dlq"

    def send(self, name: str, count: int, make) -> None:
        """`make(number, time)` gives value and fault; records take turns over the two partitions."""
        now = int(time.time() * 1000)
        for _ in range(count):
            n = self.sent[name]
            value, fault = make(n, now)
            if fault is not None:
                self.faults[n % 2, n // 2] = fault
            self.writer.send(self.raw(name), value, telemetry.key(n), n % 2, now, [("source", b"demo")])
            self.sent[name] = n + 1
        self.writer.flush()

    def all_committed(self, name: str) -> bool:
        return self.cluster.committed(self.group, self.raw(name)) == self.cluster.high(self.raw(name))

    def failures(self) -> list[dict]:
        return [json.loads(record.value)["data"] for record in self.cluster.read(f"{self.group}.failures")]
