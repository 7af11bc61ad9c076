"""`fracas doctor` on a real broker: a healthy group is fine; whatever is broken on purpose is named, with the command
that mends it; and a user who may only read gets as far as he may."""

import json
import re
import shutil
import threading
import time

import control
import jsonschema
import pytest
import streams
import telemetry
import yaml
from cluster import Cluster, wait_until
from confluent_kafka import Producer
from nodes import Nodes
from program import DONE, FAILED, FINDINGS, ROOT, USAGE, fracas, write_config
from running import Setup
from scenario import Scenario

STREAM = f"{streams.PIPELINE}/customers"
ROLES = ["pipeline", "control", "ledger", "api"]
# A transaction of ours may be open for 10 s; older ones are named (core/limits_tools.h).
TRANSACTION_SECONDS_MAX = 10
PASSWORD = "not-much"


def doctor(path, *more) -> tuple:
    done = fracas("doctor", "-c", path, "--output", "json", *more, seconds=120)
    assert done.code != USAGE, done
    answer = done.json()
    schema = json.loads((ROOT / "schemas" / "outputs" / "diagnosis.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(answer)
    return done, answer


def area(answer: dict, name: str) -> dict:
    found, = [each for each in answer["areas"] if each["area"] == name]
    return found


def findings(answer: dict, name: str, grades=("warning", "error")) -> list[dict]:
    return [finding for finding in area(answer, name)["findings"] if finding["grade"] in grades]


def scenario(cluster, unique, tmp_path, free_port, **stream) -> Scenario:
    made = Scenario(cluster, unique, tmp_path, free_port(), {"customers": streams.customers(unique, **stream)})
    made.setup.path = write_config(tmp_path, {**yaml.safe_load(made.setup.path.read_text()), "roles": ROLES})
    return made


def test_a_healthy_group_is_fine_running_and_stopped(cluster, unique, tmp_path, free_port):
    made = scenario(cluster, unique, tmp_path, free_port)
    made.good("customers", 100)
    with made.setup.start() as daemon:
        made.done("customers", daemon)
        made.console.wait_for("customers", "GREEN")
        done, answer = doctor(made.setup.path)
        assert done.code == DONE and answer["fine"] and answer["looked"], done
        assert "equal to its topic" in area(answer, "state")["about"], answer
        assert "1 of 1 answer" in area(answer, "brokers")["about"] and "3.9" in area(answer, "brokers")["about"]
        assert "the instance's clock" in area(answer, "clock")["about"]
        told = fracas("doctor", "-c", made.setup.path)
        assert told.code == DONE and "fine: nothing is wrong" in told.out, told
        assert daemon.stop() == 0, daemon.tail()
    done, answer = doctor(made.setup.path)
    assert done.code == DONE and "equal to its topic" in area(answer, "state")["about"], done


def test_a_brokers_clock_is_compared_while_records_flow(cluster, unique, tmp_path, free_port):
    made = scenario(cluster, unique, tmp_path, free_port, batch={"records": 20, "interval": "20ms"})
    looked = threading.Event()

    def flow() -> None:
        while not looked.wait(0.1):
            made.good("customers", 20)
    writing = threading.Thread(target=flow)
    with made.setup.start() as daemon:
        made.console.wait_for("customers", "GREEN")
        writing.start()
        try:
            answers: list = []

            def compared() -> bool:
                answers[:] = doctor(made.setup.path)
                return "a broker's clock" in area(answers[1], "clock")["about"]
            wait_until(compared, 60, lambda: str(answers))
        finally:
            looked.set()
            writing.join()
        assert findings(answers[1], "clock") == [], "one machine has one clock"
        made.done("customers", daemon)
        assert daemon.stop() == 0, daemon.tail()


def test_a_topic_with_wrong_settings_brings_the_command(cluster, unique, tmp_path, free_port):
    made = scenario(cluster, unique, tmp_path, free_port)
    cluster.delete(f"{unique}.ledger")
    wait_until(lambda: f"{unique}.ledger" not in cluster.admin.list_topics(timeout=10).topics, 20, "still there")
    cluster.create(f"{unique}.ledger", 1, cleanup_policy="delete")
    done, answer = doctor(made.setup.path)
    found, = [f for f in findings(answer, "topics") if "cleanup.policy" in f["what"]]
    assert done.code == FINDINGS and f"{unique}.ledger" in found["what"], done
    assert "--add-config cleanup.policy=compact" in found["next"]


def lingering(cluster: Cluster, transactional_id: str, topic: str) -> Producer:
    """A transaction that is begun, written to, and left."""
    producer = Producer({"bootstrap.servers": cluster.brokers, "transactional.id": transactional_id,
                         "transaction.timeout.ms": 120_000, "log_level": 2})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, b"never committed")
    producer.flush(30)
    return producer


@pytest.mark.parametrize("ours", [False, True])
def test_a_lingering_transaction_is_named(ours, cluster, unique, tmp_path, free_port):
    made = scenario(cluster, unique, tmp_path, free_port)
    topic = streams.published(unique, "customers")
    name = f"{unique}-node-7-0" if ours else f"importer-{unique}"
    begun = time.monotonic()
    producer = lingering(cluster, name, topic)
    _, young = doctor(made.setup.path)
    if time.monotonic() - begun < TRANSACTION_SECONDS_MAX:
        assert findings(young, "transactions") == [] and len(young["transactions"]) == 1, young
    answers: list = []

    def named() -> bool:
        answers[:] = doctor(made.setup.path)
        return bool(findings(answers[1], "transactions"))
    wait_until(named, 60, lambda: str(answers))
    done, answer = answers
    found, = findings(answer, "transactions")
    assert done.code == FINDINGS and name in found["what"] and topic in found["what"], done
    assert f"abort --topic {topic} --partition" in found["next"] and "--start-offset 0" in found["next"], found
    assert ("restart instance node-7" in found["next"]) == ours, found
    transaction, = answer["transactions"]
    assert transaction["transactional_id"] == name and transaction["instance"] == ("node-7" if ours else None)
    assert transaction["state"] == "Ongoing" and transaction["timeout_ms"] == 120_000
    assert "stand still" in fracas("doctor", "-c", made.setup.path, seconds=60).out
    producer.abort_transaction(30)
    wait_until(lambda: not doctor(made.setup.path)[1]["transactions"], 30, "still held")


def test_a_red_stream_and_nobody_at_work(cluster, unique, tmp_path, free_port):
    made = scenario(cluster, unique, tmp_path, free_port, dispositions={"UNPRINTABLE_CHARS": "hold"})
    by_name = {fault.name: fault for fault in telemetry.FAULTS}
    with made.setup.start() as daemon:
        made.console.wait_for("customers", "GREEN")
        made.send("customers", [by_name["control"].make] * 2)
        made.console.wait_for("customers", "RED")
        made.good("customers", 30)
        done, answer = doctor(made.setup.path)
        red, = findings(answer, "lag")
        assert done.code == FINDINGS and f"stream {STREAM} is RED since" in red["what"], done
        assert "UNPRINTABLE_CHARS" in red["what"] and red["next"].startswith("fracas breaker reset"), red
        assert daemon.stop() == 0, daemon.tail()
    made.good("customers", 30, partition=1)
    # Stopped, it is still RED; the other partition is not the breaker's: it says so through the stream.
    assert findings(doctor(made.setup.path)[1], "lag"), "the state is read from its topic"


def test_a_group_that_nobody_runs(cluster, unique, tmp_path, free_port):
    made = scenario(cluster, unique, tmp_path, free_port)
    made.good("customers", 30)
    done, answer = doctor(made.setup.path)
    found, = findings(answer, "lag")
    assert done.code == FINDINGS and f"group {unique} has no members, and 30 records wait" in found["what"], done
    assert found["next"].startswith("fracas run -c")


def test_a_damaged_folder_and_one_put_aside(cluster, unique, tmp_path, free_port):
    made = scenario(cluster, unique, tmp_path, free_port)
    with made.setup.start() as daemon:
        made.console.wait_for("customers", "GREEN")
        assert daemon.stop() == 0, daemon.tail()
    store = tmp_path / "state" / f"{unique}.state"
    shutil.copytree(store, tmp_path / "state" / f"{unique}.state.damaged-20260131T120000Z")
    manifest, = [f for f in store.iterdir() if re.fullmatch(r"MANIFEST-\d+", f.name)]
    manifest.write_bytes(b"\xff" * 100)
    done, answer = doctor(made.setup.path)
    assert done.code == FINDINGS, done
    assert "is damaged" in findings(answer, "state")[0]["what"]
    assert "damaged-20260131T120000Z was put aside" in findings(answer, "disk")[0]["what"]
    assert manifest.exists(), "doctor changes nothing"


# ---- A user who may only read ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with Nodes(tmp_path_factory.mktemp("guarded") / "kafka", 1, ("message.max.bytes=70000000",),
               (f"support:{PASSWORD}",)) as running:
        yield running


def documented(section: str, group: str) -> list[list[str]]:
    """The kafka-acls commands of a section of deploy/acls.md, for this group; everything of a test begins with it."""
    text = (ROOT / "deploy" / "acls.md").read_text()
    block = re.search(rf"^## {section}\n.*?^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL).group(1)
    lines = [line.removeprefix("acl ") for line in block.splitlines() if line.startswith("acl ")]
    return [line.replace('"', "").replace("$G", group).replace("orders", f"{group}.").split() for line in lines]


def allow(guarded: Nodes, *words: str) -> None:
    guarded.tool("kafka-acls", "--add", "--allow-principal", "User:support", *words)


def as_support(made: Scenario, guarded: Nodes, folder, port: int):
    """The same configuration with the support team's own user, on a machine without an instance."""
    content = yaml.safe_load(made.setup.path.read_text())
    content["kafka"] = {"bootstrap.servers": guarded.kafka("brokers", "--sasl").strip(),
                        "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN",
                        "sasl.username": "support", "sasl.password": PASSWORD}
    content["http"] = streams.http(port)
    content["state"] = {"dir": str(folder / "nothing")}
    return write_config(folder, content, "support.yaml")


def test_a_read_only_user(guarded, unique, tmp_path, free_port):
    lenient = {"audit": {"max_failed_ratio": 1.0, "max_failed_records": 1_000_000}}
    made = scenario(guarded.cluster(), unique, tmp_path, free_port, **lenient)
    support = as_support(made, guarded, tmp_path, free_port())
    by_name = {fault.name: fault for fault in telemetry.FAULTS}
    made.good("customers", 20)
    made.send("customers", [by_name["malformed"].make] * 3, code=by_name["malformed"].code_name)
    with made.setup.start() as daemon:
        made.done("customers", daemon)

        _, nothing = doctor(support, "--work", "look")
        lacks = [finding["what"] for finding in findings(nothing, "access")]
        assert f"User:support lacks Read, DescribeConfigs on topic {unique}.control" in lacks, nothing
        assert f"User:support lacks Describe on group {unique}" in lacks
        assert all("kafka-acls.sh" in finding["next"] for finding in findings(nothing, "access"))

        for words in documented("The tools, looking", unique):
            allow(guarded, *words)
        wait_until(lambda: not findings(doctor(support, "--work", "look")[1], "access"), 20, "still refused")
        done, answer = doctor(support, "--work", "look")
        assert done.code == DONE and answer["fine"], done
        assert "no ACL was listed" in area(answer, "access")["findings"][0]["what"]

        status = fracas("status", "-c", support, "--output", "json")
        assert status.code == DONE and status.json()["streams"][0]["breaker"]["state"] == "GREEN", status
        listed = fracas("dlq", "ls", "--from-topic", "-c", support, "--output", "json")
        assert listed.code == DONE and len(listed.json()["letters"]) == 3, listed
        seen = fracas("inspect", listed.json()["letters"][0]["origin"]["source"], "-c", support)
        assert seen.code == FINDINGS and "JSON_MALFORMED" in seen.out, seen
        verified = fracas("verify", "-c", support)
        assert verified.code in (DONE, FINDINGS), verified

        refused = fracas("breaker", "trip", "-c", support, "--stream", "customers", "--why", "a test")
        assert refused.code == FAILED, refused
        line, = [each for each in refused.err.splitlines() if each.startswith("error:")]
        assert f"{unique}.control" in line and "Write" in line, refused
        # Who may list ACLs is told what the daemon's user lacks, writing included.
        allow(guarded, "--cluster", "--operation", "Describe")
        # … and what his own lacks for more than looking.
        wait_until(lambda: findings(doctor(support, "--work", "tools")[1], "access"), 20, "the ACLs are not listed")
        assert findings(doctor(support, "--work", "look")[1], "access") == []
        lacks = {work: [finding["what"] for finding in findings(doctor(support, "--work", work)[1], "access")]
                 for work in ("tools", "replay")}
        assert lacks["tools"] == [f"User:support lacks Write on topic {unique}.control"], lacks
        assert set(lacks["replay"]) == {f"User:support lacks Write on topic {streams.raw(unique, 'customers')}",
                                        f"User:support lacks Write on topic {unique}.control",
                                        f"User:support lacks Write on topic {unique}.replays",
                                        f"User:support lacks Write on transactional-id {unique}.replay.*"}, lacks
        lists = ("--work", "daemon", "--principal", "User:fracas")
        wait_until(lambda: findings(doctor(support, *lists)[1], "access"), 20, "the ACLs are not listed")
        _, daemons = doctor(support, *lists)
        lacks = [finding["what"] for finding in findings(daemons, "access")]
        assert f"User:fracas lacks Write on transactional-id {unique}-node-1-0" in lacks, lacks
        for words in documented("An instance.*?", unique):
            guarded.tool("kafka-acls", "--add", "--allow-principal", "User:fracas", *words)
        wait_until(lambda: not findings(doctor(support, *lists)[1], "access"), 20,
                   lambda: str(findings(doctor(support, *lists)[1], "access")))
        assert control.verify(made.setup.path).code == DONE
        assert daemon.stop() == 0, daemon.tail()


def test_a_broker_that_stops_answering_is_left_in_time(guarded, unique, tmp_path, free_port):
    made = Setup(guarded.cluster(), unique, tmp_path, free_port(), {"customers": streams.customers(unique)})
    guarded.pause(1)
    try:
        done, answer = doctor(made.path)
    finally:
        guarded.resume(1)
    assert done.code == FAILED and not answer["looked"] and done.seconds < 15, done
