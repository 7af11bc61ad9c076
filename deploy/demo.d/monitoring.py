"""A Prometheus and an Alertmanager of one's own, with the shipped rules, routes and inhibitions, and a receiver that
keeps what it was told. Time runs faster in them: a rule's minute is a second, so that an alert can be waited for."""

import copy
import json
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parents[1]
RULES = DEPLOY / "prometheus" / "rules"
ALERTMANAGER = DEPLOY / "alertmanager" / "alertmanager.yaml"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
FASTER = 60
# What does not become so much faster:
TWO_SAMPLES_MS = 4000  # a window needs them, also when a scrape comes late
ROUNDS_MS = 90_000  # in which a round can be tried again as often as a rule wants
LIVES_MS = 120_000  # in which a program can start, be seen and end several times
HEARD_S = 15  # a client tells of its brokers every 10 s, and of none before
AGE_S = 30  # nobody waits for what takes days, and what is looked at now and then may seem to be as old as a look
RESTART_S = 15  # what bridges a restart must be as long


def is_installed() -> bool:
    return all(shutil.which(name) for name in ("prometheus", "prometheus-alertmanager"))


def shorter(duration: str, least_ms: int = 1000) -> str:
    seconds = int(duration[:-1]) * SECONDS[duration[-1]]
    return f"{max(least_ms, seconds * 1000 // FASTER)}ms"


def faster_windows(expr: str, least_ms: int = TWO_SAMPLES_MS) -> str:
    """The same question over a sixtieth of the time."""
    return re.sub(r"\[(\d+[smhd])\]", lambda m: f"[{shorter(m[1], least_ms)}]", expr)


def window_ms(expr: str) -> int:
    """The shortest window in which a rule can see what it looks for."""
    if "process_start_time_seconds" in expr:
        return LIVES_MS
    return ROUNDS_MS if "fracas_transactions_total" in expr else TWO_SAMPLES_MS


def faster(rules: dict) -> dict:
    """The same rules with every duration a sixtieth, down to one scrape."""
    made = copy.deepcopy(rules)
    for group in made["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            for key, least_s in (("for", HEARD_S if "fracas_brokers_up" in rule["expr"] else 1),
                                 ("keep_firing_for", RESTART_S)):
                if key in rule:
                    rule[key] = shorter(rule[key], least_s * 1000)
            expr = faster_windows(rule["expr"], window_ms(rule["expr"]))
            if "time() - " in expr:
                expr = re.sub(r"> [1-9]\d*( \* \d+)*$", f"> {AGE_S}", expr)
                expr = re.sub(r"(?<=time\(\) - )\d+", lambda m: str(max(RESTART_S, int(m[0]) // FASTER)), expr)
            expr = re.sub(r"(predict_linear\(.*, )(\d+)\)", lambda m: f"{m[1]}{int(m[2]) // FASTER})", expr)
            rule["expr"] = re.sub(r"offset (\d+[smhd])", lambda m: f"offset {shorter(m[1], TWO_SAMPLES_MS)}", expr)
    return made


def ours(config: dict, port: int) -> dict:
    """The shipped configuration of Alertmanager with our receiver behind each of its names, and without its waits."""
    made = copy.deepcopy(config)

    def hurry(route: dict) -> None:
        route.update(group_wait="1s", group_interval="1s")
        for child in route.get("routes", []):
            hurry(child)
    hurry(made["route"])
    made["receivers"] = [{"name": each["name"], "webhook_configs": [
        {"url": f"http://127.0.0.1:{port}/{each['name']}", "send_resolved": True}]} for each in config["receivers"]]
    made.pop("templates", None)
    made["global"] = {"resolve_timeout": "1m"}
    return made


@dataclass(frozen=True)
class Told:
    """One alert in one message."""
    receiver: str
    status: str  # firing, resolved
    labels: tuple[tuple[str, str], ...]
    starts: str
    summary: str
    runbook: str

    def label(self, name: str) -> str:
        return dict(self.labels).get(name, "")


class Receiver:
    """A webhook that keeps what it is told."""

    def __init__(self):
        self.told: list[Told] = []
        kept = self.told

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in body["alerts"]:
                    notes = alert["annotations"]
                    kept.append(Told(self.path[1:], alert["status"], tuple(sorted(alert["labels"].items())),
                                     alert["startsAt"], notes.get("summary", ""), notes.get("runbook_url", "")))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, alert: str, stream: str = "", receiver: str = "", status: str = "") -> list[Told]:
        return [t for t in list(self.told) if t.label("alertname") == alert
                and stream in ("", t.label("stream")) and receiver in ("", t.receiver) and status in ("", t.status)]

    def episodes(self, alert: str, stream: str = "") -> set[tuple]:
        """How often it began; 1 when it was told once, however many messages repeated it."""
        return {(t.labels, t.starts) for t in self.of(alert, stream)}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Monitoring:
    def __init__(self, folder: pathlib.Path, targets: dict[str, list[int]], ports: tuple[int, int]):
        """`targets`: scrape job → ports on this machine. `ports`: Prometheus, Alertmanager."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.ports, self.receiver = folder, ports, Receiver()
        for path in RULES.glob("*.yaml"):
            (folder / path.name).write_text(yaml.safe_dump(faster(yaml.safe_load(path.read_text())), sort_keys=False))
        config = ours(yaml.safe_load(ALERTMANAGER.read_text()), self.receiver.port)
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(config, sort_keys=False))
        (folder / "prometheus.yml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": sorted(path.name for path in RULES.glob("*.yaml")),
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{ports[1]}"]}]}]},
            "scrape_configs": [{"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{p}" for p in at]}]}
                               for job, at in targets.items()]}, sort_keys=False))
        self.processes = [
            self.start("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                       f"--web.listen-address=127.0.0.1:{ports[0]}", "--rules.alert.resend-delay=1s"),
            self.start("prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=am",
                       f"--web.listen-address=127.0.0.1:{ports[1]}", "--cluster.listen-address=")]

    def start(self, *command: str) -> subprocess.Popen:
        with open(self.folder / f"{command[0]}.log", "ab") as log:
            return subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)

    def is_ready(self) -> bool:
        for process in self.processes:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args[0]} ended: {self.log_tail()}")
        return all(self.get(port, "/-/ready") is not None for port in self.ports)

    def log_tail(self) -> str:
        return "\n".join(path.read_text()[-1500:] for path in sorted(self.folder.glob("*.log")))

    @staticmethod
    def get(port: int, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def query(self, expr: str) -> list[dict]:
        """What an instant query answers. Raises when Prometheus refuses it."""
        text = self.get(self.ports[0], "/api/v1/query?" + urllib.parse.urlencode({"query": expr}))
        if text is None:
            raise RuntimeError(f"Prometheus refuses: {expr}")
        return json.loads(text)["data"]["result"]

    def query_range(self, expr: str, begin: float, end: float) -> list[dict]:
        asked = urllib.parse.urlencode({"query": expr, "start": begin, "end": end, "step": 1})
        text = self.get(self.ports[0], f"/api/v1/query_range?{asked}")
        if text is None:
            raise RuntimeError(f"Prometheus refuses: {expr}")
        return json.loads(text)["data"]["result"]

    def firing(self) -> dict[str, list[dict]]:
        """Alert → label sets that fire now, inhibited ones included."""
        found: dict[str, list[dict]] = {}
        for alert in self.query("ALERTS{alertstate=\"firing\"}"):
            found.setdefault(alert["metric"]["alertname"], []).append(alert["metric"])
        return found

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self.receiver.close()
