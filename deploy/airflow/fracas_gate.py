"""An Airflow DAG that builds a table only from data that Fracas has verified.

Two tasks in front of the build: `verified` asks `fracas verify` (exit code 0: five ticks; 3: one is missing) and
`recovered` lets a run that waits for a repair go on as soon as somebody on call has resumed the pipeline. Copy the
file into the DAG folder and set the three variables; the machine needs the `fracas` program, the configuration and
the read-only Kafka user of deploy/airflow/README.md.
"""

from __future__ import annotations

import datetime
import json
import subprocess

from airflow.decorators import dag, task
from airflow.exceptions import AirflowFailException
from airflow.models import Variable
from airflow.sensors.base import PokeReturnValue

DONE, FINDINGS = 0, 3  # exit codes of every fracas command; 1 and 2 are trouble and wrong usage


def verify(config: str, pipeline: str, wait: str = "0s") -> tuple[bool, dict]:
    """Whether every stream of the pipeline has its five ticks, and the report."""
    command = ["fracas", "verify", "-c", config, "--pipeline", pipeline, "--wait", wait, "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
    if done.returncode not in (DONE, FINDINGS):
        raise AirflowFailException(f"fracas verify: {done.stderr.strip()}")
    return done.returncode == DONE, json.loads(done.stdout)


def missing(report: dict) -> str:
    """What a person reads in the task's log: stream, check, what was found, what to do."""
    lines = []
    for stream in report["streams"]:
        if stream["state"] != "GREEN":
            lines.append(f"{stream['stream']} is {stream['state']}")
        lines += [f"{stream['stream']} {check['check']}: {check['found']} -> {check['next']}"
                  for check in stream["checks"] if check["answer"] != "yes"]
    return "\n".join(lines)


@dag(schedule="@hourly", start_date=datetime.datetime(2026, 1, 1), catchup=False, max_active_runs=1,
     tags=["fracas"])
def audited_build():
    config = Variable.get("fracas_config", "/etc/fracas/fracas.yaml")
    pipeline = Variable.get("fracas_pipeline", "standard_ingest")

    @task.sensor(poke_interval=60, timeout=4 * 3600, mode="reschedule")
    def recovered() -> PokeReturnValue:
        """Waits while a stream is stopped: resume-pipeline on the support team's side ends it."""
        _, report = verify(config, pipeline)
        stopped = [stream["stream"] for stream in report["streams"] if stream["state"] != "GREEN"]
        print("stopped:", ", ".join(stopped) or "none")
        return PokeReturnValue(is_done=not stopped)

    @task(retries=3, retry_delay=datetime.timedelta(minutes=5))
    def verified() -> None:
        """The gate: nothing behind it runs on data that is not verified."""
        good, report = verify(config, pipeline, wait="5m")
        if not good:
            raise RuntimeError(f"not verified\n{missing(report)}")

    @task
    def build() -> None:
        print("read the published topics here, read_committed")

    recovered() >> verified() >> build()


audited_build()
