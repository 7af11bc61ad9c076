"""A source topic that is deleted and made again under its name: found, named, nothing of the new one passed over."""

import json
import subprocess
import time

import control
import telemetry
from cluster import wait_until
from confluent_kafka.admin import AdminClient
from nodes import KAFKA
from program import write_config
from running import Setup
from streams import CONTRACTS, config, customers, http, raw, schema_file


def send(setup: Setup, count: int, first: int = 0, make=telemetry.record) -> None:
    writer = setup.cluster.writer()
    now = int(time.time() * 1000)
    for n in range(first, first + count):
        writer.send(raw(setup.prefix, "customers"), make(n, now), telemetry.key(n), 0, now)
    writer.flush()


def make_anew(setup: Setup) -> None:
    topic = raw(setup.prefix, "customers")
    admin = AdminClient({"bootstrap.servers": setup.cluster.brokers})
    for future in admin.delete_topics([topic], operation_timeout=30).values():
        future.result()
    wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, 30, "still there")
    setup.cluster.create(topic, 1)


def numbers(setup: Setup) -> list[bytes]:
    return [record.key for record in setup.published("customers")]


def test_while_nobody_runs(cluster, unique, tmp_path, free_port):
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": customers(unique)}, 1, roles=control.roles())
    topic = raw(unique, "customers")
    send(setup, 50)
    with setup.start("first") as daemon:
        setup.wait_until_all_is_committed(topic, daemon)
        assert daemon.stop() == 0
    make_anew(setup)
    send(setup, 100, 1000)
    with setup.start("second") as daemon:
        setup.wait_until_all_is_committed(topic, daemon)
        assert daemon.stop() == 0
    assert numbers(setup) == [telemetry.key(n) for n in (*range(50), *range(1000, 1100))]


def test_while_running(cluster, unique, tmp_path, free_port):
    """The new topic is longer than the old one was when it is seen first: nothing says so by itself."""
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": customers(unique)}, 1, roles=control.roles())
    topic = raw(unique, "customers")
    console = control.Console(setup)
    send(setup, 50)
    with setup.start("first") as daemon:
        setup.wait_until_all_is_committed(topic, daemon)
        make_anew(setup)
        send(setup, 100, 1000)
        red = console.wait_for("customers", "RED")
        assert red["code"] == "OFFSET_OUT_OF_RANGE" and "recreated" in red["reason"], red
        assert len(setup.published("customers")) == 50
        console.applied("offsets", "accept-loss", "--partition", f"{topic}/0", "--to", "earliest", "--yes",
                        stream="customers")
        wait_until(lambda: not console.breaker("customers")["losses"], 30, daemon.tail)
        if console.breaker("customers")["state"] != "GREEN":
            console.applied("breaker", "reset", "--wait", stream="customers")
        setup.wait_until_all_is_committed(topic, daemon)
        assert daemon.stop() == 0
    assert numbers(setup) == [telemetry.key(n) for n in (*range(50), *range(1000, 1100))]


def forget_offsets(setup: Setup) -> None:
    """As Kafka does when nobody was in the group for offsets.retention.minutes."""
    order = (str(KAFKA), "cli", "kafka-consumer-groups", "--bootstrap-server", setup.cluster.brokers,
             "--delete", "--group", setup.prefix)

    def gone() -> bool:  # not while its member is still known
        done = subprocess.run(order, capture_output=True, text=True, check=False, timeout=60)
        said = done.stdout + done.stderr  # its exit code is 0 whatever came of it
        return "success" in said or "does not exist" in said
    wait_until(gone, 60, "the group is still there")


def test_the_groups_offsets_have_expired_while_red(cluster, unique, tmp_path, free_port):
    """By `start: latest` what waits would be passed over and called passed; the state knows where the group stood."""
    contract = schema_file(tmp_path, (CONTRACTS / "customer_telemetry.schema.json").read_text())
    made = {"customers": {**customers(unique), "contract": str(contract)}}
    setup = Setup(cluster, unique, tmp_path, free_port(), made, 1, roles=control.roles())
    topic, console = raw(unique, "customers"), control.Console(setup)
    send(setup, 50)
    with setup.start("first") as daemon:
        setup.wait_until_all_is_committed(topic, daemon)
        send(setup, 20, 50, telemetry.points_as_text)
        console.wait_for("customers", "RED")
        send(setup, 30, 70)
        assert daemon.stop() == 0
    forget_offsets(setup)
    write_config(tmp_path, config(unique, {"customers": {**made["customers"], "start": "latest"}}, cluster.brokers,
                                  http=http(setup.port), state={"dir": str(tmp_path / "state")},
                                  roles=control.roles()))
    schema = json.loads(contract.read_text())
    schema["properties"]["loyaltyPoints"]["type"] = ["integer", "string"]
    contract.write_text(json.dumps(schema))
    with setup.start("second") as daemon:
        console.wait_for("customers", "RED")
        assert console.change("breaker", "reset", "--wait", stream="customers").code == 3
        red = console.wait_for("customers", "RED")
        assert red["code"] == "OFFSET_OUT_OF_RANGE" and "has no offset" in red["reason"], red
        console.applied("breaker", "reset", "--wait", stream="customers")
        setup.wait_until_all_is_committed(topic, daemon)
        assert daemon.stop() == 0
    assert numbers(setup) == [telemetry.key(n) for n in range(100)]


def test_what_a_stream_stopped_by_hand_still_has_to_read_is_on_the_clock(cluster, unique, tmp_path, free_port):
    """Nothing is pending of it, and retention takes it all the same."""
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": customers(unique)}, 1, create=False,
                  roles=control.roles())
    topic, console = raw(unique, "customers"), control.Console(setup)
    cluster.create(topic, 1, **{"retention.ms": "3600000"})
    setup.create_topics()
    with setup.start() as daemon:
        send(setup, 10)
        setup.wait_until_all_is_committed(topic, daemon)
        console.applied("breaker", "trip", stream="customers")
        console.wait_for("customers", "RED")
        send(setup, 10, 10)
        of = 'stream="tests/customers",of="source"'

        def left() -> dict[str, float]:
            return {name: value for name, value in setup.metrics().items()
                    if name.startswith("fracas_retention") and of in name}
        wait_until(lambda: len(left()) == 2, 60, daemon.tail)
        assert left()[f"fracas_retention_seconds{{{of}}}"] == 3600
        assert 3000 < left()[f"fracas_retention_left_seconds{{{of}}}"] <= 3600
        waits, = console.stream("customers")["retention"]
        assert (waits["topic"], waits["partition"], waits["from"], waits["lost"]) == (topic, 0, 10, 0)
        console.applied("breaker", "reset", stream="customers")
        setup.wait_until_all_is_committed(topic, daemon)
        wait_until(lambda: not left(), 60, daemon.tail)
        assert daemon.stop() == 0
