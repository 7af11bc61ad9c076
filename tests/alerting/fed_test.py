"""What a correct program never shows, and what comes with job tracking: a fed exporter says it, with the metrics that
the program (the job tracking) has; the rest, from the scrape to the webhook, is real. Records without an outcome cannot
be produced: the program would have to count wrongly. A worker that makes no turn, likewise: it would have to hang.

Each alert arrives once and is resolved when what was said is over. A rule's minute is a second here."""

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cluster import wait_until
from monitoring import Monitoring
from watched import JOB, OWNERS, free_ports

STREAM = "tests/fed"
JOBS = "upstream"


class Exporter:
    """Says what it was given."""

    def __init__(self):
        self.series: dict[str, float] = {}
        said = self.series

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                body = "".join(f"{name} {value}\n" for name, value in list(said.items())).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def say(self, name: str, value: float, **labels) -> None:
        self.series[name + "{%s}" % ",".join(f'{key}="{label}"' for key, label in labels.items())] = value

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Fed:
    """An exporter as of a running instance, another as of job tracking, both well."""

    def __init__(self, folder):
        self.instance, self.jobs = Exporter(), Exporter()
        self.monitoring = Monitoring(folder, {JOB: [self.instance.port], JOBS: [self.jobs.port]}, tuple(free_ports(2)))
        self.receiver = self.monitoring.receiver
        for exporter in (self.instance, self.jobs):
            exporter.say("fracas_stream_info", 1, stream=STREAM, source_owner=OWNERS["source"],
                         platform_owner=OWNERS["platform"], destination_owner="")
        self.instance.say("fracas_build_info", 1, version="0")
        self.instance.say("fracas_conservation_error_records", 0, stream=STREAM)
        for outcome in ("succeeded", "failed"):
            self.jobs.say("fracas_job_attempts_total", 0, stream=STREAM, outcome=outcome)
        self.ran(0, 0)
        self.turning = threading.Event()
        self.over = threading.Event()
        self.turning.set()
        self.worker = threading.Thread(target=self.turn, daemon=True)
        self.worker.start()
        wait_until(self.monitoring.is_ready, 30, self.monitoring.log_tail)
        wait_until(lambda: len(self.monitoring.query("fracas_stream_info")) == 2, 30, self.monitoring.log_tail)

    def turn(self) -> None:
        while not self.over.wait(0.2):
            if self.turning.is_set():
                self.instance.say("fracas_worker_progress_timestamp_seconds", time.time(), worker="0")

    def ran(self, times: int, seconds: float) -> None:
        self.jobs.say("fracas_job_duration_seconds_count", times, stream=STREAM)
        self.jobs.say("fracas_job_duration_seconds_sum", seconds, stream=STREAM)

    def told(self, alert: str, receiver: str, **labels) -> None:
        wait_until(lambda: self.receiver.of(alert, receiver=receiver, status="firing"), 60,
                   lambda: f"{alert} did not arrive; firing: {self.monitoring.firing()}")
        told = self.receiver.of(alert, receiver=receiver, status="firing")[0]
        assert {name: told.label(name) for name in labels} == labels, told
        assert told.runbook.endswith(f"/{alert}.md")

    def resolved(self, alert: str) -> None:
        wait_until(lambda: self.receiver.of(alert, status="resolved"), 60,
                   lambda: f"{alert} was not resolved; firing: {self.monitoring.firing()}")
        assert len(self.receiver.episodes(alert)) == 1, self.receiver.of(alert)

    def stop(self) -> None:
        self.over.set()
        self.worker.join(10)
        self.monitoring.stop()
        self.instance.close()
        self.jobs.close()


@pytest.fixture(scope="module")
def fed(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        made = Fed(tmp_path_factory.mktemp("fed"))
        stack.callback(made.stop)
        yield made


def test_records_without_an_outcome(fed):
    fed.instance.say("fracas_conservation_error_records", -3, stream=STREAM)
    fed.told("FracasConservationViolated", "on-call", severity="critical", origin="platform", stream=STREAM, job=JOB,
             owner=OWNERS["platform"], instance=f"127.0.0.1:{fed.instance.port}")
    # The runbook: after the restart it is 0.
    fed.instance.say("fracas_conservation_error_records", 0, stream=STREAM)
    fed.resolved("FracasConservationViolated")


def test_a_worker_that_makes_no_turn(fed):
    fed.turning.clear()
    fed.told("FracasWorkerStuck", "platform-channel", severity="warning", origin="platform", job=JOB)
    fed.turning.set()
    fed.resolved("FracasWorkerStuck")


def test_a_job_that_fails_more_often_than_not(fed):
    fed.jobs.say("fracas_job_attempts_total", 3, stream=STREAM, outcome="failed")
    fed.told("FracasJobFailureRateHigh", "on-call", severity="critical", origin="source", owner=OWNERS["source"],
             stream=STREAM, job=JOBS)
    # The runbook: attempts that succeed.
    fed.jobs.say("fracas_job_attempts_total", 6, stream=STREAM, outcome="succeeded")
    fed.resolved("FracasJobFailureRateHigh")


def test_a_job_that_takes_longer_than_all_the_week(fed):
    short, long_ = 12, 4
    fed.ran(short, short * 1.0)
    average = "job_stream:fracas_job_duration_seconds:avg1h"
    wait_until(lambda: fed.monitoring.query(average), 30, "no average")
    wait_until(lambda: not fed.monitoring.query(average), 120, "an hour, which is a minute here")
    fed.ran(short + long_, short * 1.0 + long_ * 30.0)
    fed.told("FracasJobDurationHigh", "platform-channel", severity="warning", origin="source", stream=STREAM, job=JOBS)
    # The runbook: the next runs are back to normal.
    fed.ran(short + long_ + 60, short * 1.0 + long_ * 30.0 + 60 * 1.0)
    fed.resolved("FracasJobDurationHigh")


def test_each_alert_was_told_once_and_nothing_else_was(fed):
    told = {t.label("alertname") for t in fed.receiver.told if t.label("severity") != "info"}
    assert told == {"FracasConservationViolated", "FracasWorkerStuck", "FracasJobFailureRateHigh",
                    "FracasJobDurationHigh"}
    for name in told:
        assert len(fed.receiver.episodes(name)) == 1, fed.receiver.of(name)
