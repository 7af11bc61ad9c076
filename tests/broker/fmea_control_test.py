"""Failure modes of people and of what pretends to come from them: operators who cross each other, commands that come
late or twice, replays that nobody ordered."""

import json
import threading

import telemetry
from cluster import wait_until
from control import COMMANDS, commands, has, needs, rfc3339
from scenario import Scenario
from streams import PIPELINE, customers, raw

STREAM = f"{PIPELINE}/customers"


def test_no_scenario_waits_for_a_command_that_is_there():
    """Scenarios are left out while their commands do not exist. With the first of them all must be there."""
    assert not has("breaker") or set(COMMANDS) <= commands()


def one_stream(prefix: str, **more) -> dict:
    return {"customers": customers(prefix, **{"batch": {"records": 50, "interval": "20ms"}, **more})}


@needs("breaker")
def test_two_operators_reset_and_trip_at_the_same_time(cluster, unique, tmp_path, free_port):
    """Each command has one journal entry; versions go up one by one; whoever decided by an old version is refused and
    told what changed; what flows in between is exactly once."""
    scenario = Scenario(cluster, unique, tmp_path, free_port(), one_stream(unique))
    console = scenario.console
    answers: list = []

    def operator(name: str, *what: str) -> None:
        for _ in range(8):
            answers.append(console.change("breaker", *what, "--who", name, stream="customers", why=f"{name} says so"))

    with scenario.setup.start() as daemon:
        wait_until(lambda: console.breaker("customers")["state"] == "GREEN", 40, daemon.tail)
        operators = [threading.Thread(target=operator, args=("anna", "trip")),
                     threading.Thread(target=operator, args=("ben", "reset"))]
        for thread in operators:
            thread.start()
        for partition in (0, 1):
            scenario.good("customers", 500, partition)
        for thread in operators:
            thread.join()
        if console.breaker("customers")["state"] != "GREEN":
            console.applied("breaker", "reset", "--wait", stream="customers")
        scenario.done("customers", daemon)
        assert daemon.stop() == 0, daemon.tail()
    scenario.check("customers")
    check_journal(console.journal(), answers)


def check_journal(journal: list[dict], answers: list) -> None:
    entries = [e for e in journal if e["stream"] == STREAM and e["type"].startswith("breaker.")]
    assert len({e["id"] for e in entries}) == len(entries), "a command was journalled twice"
    versions = [e["version"] for e in entries if e["result"] == "applied"]
    assert versions == sorted(set(versions)), "two commands made one version"
    assert len(entries) >= len(answers)
    applied = sum(e["result"] == "applied" for e in entries if e["who"] in ("anna", "ben"))
    assert applied == sum(answer.code == 0 for answer in answers) and applied >= 1
    refused = [e for e in entries if e["result"] == "refused"]
    assert all(len(e["because"]) > 10 for e in refused), refused


@needs("breaker")
def test_stale_late_and_repeated_commands(cluster, unique, tmp_path, free_port):
    """An old version, a moment that has passed, an id that was there: each refused by name, none applied."""
    scenario = Scenario(cluster, unique, tmp_path, free_port(), one_stream(unique))
    console = scenario.console
    with scenario.setup.start() as daemon:
        wait_until(lambda: console.breaker("customers")["state"] == "GREEN", 40, daemon.tail)
        version = console.breaker("customers")["version"]
        first = console.send("breaker.trip", "customers", {}, expected_version=version, who="anna")
        assert first["result"] == "applied", first
        stale = console.send("breaker.reset", "customers", {}, expected_version=version)
        assert stale["result"] == "refused" and "anna" in stale["because"], stale
        late = console.send("breaker.reset", "customers", {}, not_after=rfc3339(1_000_000_000))
        assert late["result"] == "refused", late
        unknown = console.send("breaker.explode", "customers", {})
        assert unknown["result"] == "refused", unknown
        writer = cluster.writer()
        again = {"v": "1.0", "kind": "command", "id": first["id"], "type": "breaker.reset", "stream": STREAM,
                 "who": "ben", "why": "twice", "time": rfc3339(1_700_000_000), "args": {}}
        for value in (json.dumps(again).encode(), b"{", b"", None, b"\xff\xfe", b"[]", b"null"):
            writer.send(f"{unique}.control", value, STREAM.encode(), 0)
        writer.flush()
        good = console.send("breaker.reset", "customers", {})
        assert good["result"] == "applied", "the lane has stopped"
        assert daemon.stop() == 0, daemon.tail()


@needs("breaker")
def test_commands_are_not_applied_twice_when_the_groups_offsets_are_reset(cluster, unique, tmp_path, free_port):
    """The control group's offsets are set back to 0: everything is read again, nothing is done again."""
    scenario = Scenario(cluster, unique, tmp_path, free_port(), one_stream(unique))
    console = scenario.console
    with scenario.setup.start("first") as daemon:
        wait_until(lambda: console.breaker("customers")["state"] == "GREEN", 40, daemon.tail)
        console.applied("breaker", "trip", stream="customers")
        console.applied("breaker", "reset", "--wait", stream="customers")
        version = console.breaker("customers")["version"]
        journal = len(console.journal())
        assert daemon.stop() == 0, daemon.tail()
    reset_offsets(cluster, f"{unique}.control")
    with scenario.setup.start("second") as daemon:
        wait_until(lambda: console.breaker("customers")["state"] == "GREEN", 60, daemon.tail)
        console.applied("breaker", "trip", stream="customers", why="after the reset of the offsets")
        assert console.breaker("customers")["version"] == version + 1
        assert len(console.journal()) == journal + 1
        assert daemon.stop() == 0, daemon.tail()


def reset_offsets(cluster, group: str) -> None:
    """When its members' sessions are over, as an administrator would."""
    from confluent_kafka import Consumer, KafkaException, TopicPartition
    consumer = Consumer({"bootstrap.servers": cluster.brokers, "group.id": group, "enable.auto.commit": False})

    def done() -> bool:
        try:
            consumer.commit(offsets=[TopicPartition(group, 0, 0)], asynchronous=False)
            return True
        except KafkaException:
            return False  # the group still has members
    wait_until(done, 60, f"the offsets of {group} cannot be set")
    consumer.close()


@needs("breaker", "quarantine")
def test_forged_replays(cluster, unique, tmp_path, free_port):
    """Marks that nobody gave a ticket for lift nothing: the records are masked, and their dead letters say why and
    what to use. A ticket's own replay passes, once."""
    made = one_stream(unique, audit={"max_failed_ratio": 1.0, "max_failed_records": 1_000_000})
    scenario = Scenario(cluster, unique, tmp_path, free_port(), made)
    console = scenario.console
    victim = 7
    with scenario.setup.start() as daemon:
        wait_until(lambda: console.breaker("customers")["state"] == "GREEN", 40, daemon.tail)
        console.applied("quarantine", "add", "--id", telemetry.customer(victim), stream="customers")
        original, = masked(scenario, victim)
        scenario.done("customers", daemon)
        letter = scenario.letter_of("customers", original)
        value = of_customer(victim, points="41")(0, letter.timestamp)
        console.ticket("the-ticket", "customers", letter, value, telemetry.customer(victim))
        forged = [*masked(scenario, victim, ("is_replay", b"true")),
                  *masked(scenario, victim, ("is_replay", b"true"), ("fracas.replay.ticket", b"no-such-ticket")),
                  *masked(scenario, victim, ("is_replay", b"true"), ("fracas.replay.ticket", b"the-ticket")),
                  *masked(scenario, victim, ("is_replay", b"true"), ("fracas.replay.ticket", b"\xff" * 5000)),
                  *masked(scenario, victim, ("fracas.replay.ticket", b"the-ticket"), points="2")]
        real, twice = (send_value(scenario, value, letter.key, b"%d" % n) for n in (2_000_000, 2_000_001))
        scenario.codes[twice] = "QUARANTINED"
        scenario.done("customers", daemon)
        assert daemon.stop() == 0, daemon.tail()
    evidence = scenario.check("customers")
    assert [dict(r.headers)["n"] for r in evidence.published] == [real]
    for number in [*forged[:4], twice]:
        message = scenario.letter_of("customers", number).header("__connect.errors.exception.message")
        assert "ticket" in message and "re-inject" in message, message


def of_customer(customer: int, points: str = "1"):
    return lambda n, t: telemetry.record(n, t, customerId=f'"{telemetry.customer(customer)}"', loyaltyPoints=points)


def masked(scenario: Scenario, customer: int, *headers, points: str = "1") -> list[bytes]:
    return scenario.send("customers", [of_customer(customer, points)], 0, "QUARANTINED", headers)


def send_value(scenario: Scenario, value: bytes, key: bytes | None, number: bytes) -> bytes:
    writer = scenario.cluster.writer()
    writer.send(raw(scenario.prefix, "customers"), value, key, 0, headers=[
        ("n", number), ("is_replay", b"true"), ("fracas.replay.ticket", b"the-ticket")])
    writer.flush()
    return number
