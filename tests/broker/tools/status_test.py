"""`fracas status` and `fracas doctor` on a real broker, of what waits: markers of transactions are no lag, and what
stands still is not "nothing to do"."""

import time

import streams
import telemetry
from cluster import PATIENCE, wait_until
from confluent_kafka import Producer
from doctor_test import area, doctor, scenario
from program import DONE, fracas
from streams import raw

STREAM = f"{streams.PIPELINE}/customers"


def in_transactions(cluster, topic: str, count: int) -> None:
    """One record a transaction: each leaves a marker behind it."""
    producer = Producer({"bootstrap.servers": cluster.brokers, "transactional.id": f"{topic}.upstream"})
    producer.init_transactions(30 * PATIENCE)
    for n in range(count):
        producer.begin_transaction()
        producer.produce(topic, telemetry.record(n, int(time.time() * 1000)), telemetry.key(n), 0)
        producer.commit_transaction(30 * PATIENCE)


def status(setup, running: bool = False) -> dict:
    """Of the stream; `running`: as an instance tells it, empty where none does."""
    done = fracas("status", "-c", setup.path, "--output", "json")
    assert done.code == DONE, done
    if running and done.json()["instance"] is None:
        return {"lag": None}
    found, = [each for each in done.json()["streams"] if each["stream"] == STREAM]
    return found


def test_markers_are_no_lag(cluster, unique, tmp_path, free_port):
    made = scenario(cluster, unique, tmp_path, free_port)
    with made.setup.start() as daemon:
        made.console.wait_for("customers", "GREEN")
        in_transactions(cluster, raw(unique, "customers"), 5)
        wait_until(lambda: len(made.setup.published("customers")) == 5, 60, daemon.tail)
        assert " 0 records behind" in area(doctor(made.setup.path)[1], "lag")["about"]
        assert daemon.stop() == 0, daemon.tail()
    with made.setup.start("second") as daemon:
        # It asks the cluster from time to time, and looks for records where nothing moves from one time to the next.
        wait_until(lambda: status(made.setup, running=True)["lag"] == 0, 90, daemon.tail)
        assert daemon.stop() == 0, daemon.tail()
    assert status(made.setup)["lag"] == 0, "read from the topic"
    shown = fracas("status", "-c", made.setup.path)
    assert "nothing to do" in shown.out, shown
    answer = doctor(made.setup.path)[1]
    assert " 0 records behind" in area(answer, "lag")["about"], answer
    made.good("customers", 3)
    assert status(made.setup)["lag"] >= 3
    told = fracas("status", "-c", made.setup.path)
    assert "nothing to do" not in told.out and "fracas doctor" in told.out and "no instance answers" in told.out, told
