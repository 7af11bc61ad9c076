"""From a stopped stream to a verified recovery on a real broker: `fracas verify`, `data-patcher resume-pipeline`."""

import json

import gate
import jsonschema
import telemetry
from cluster import wait_until
from control import Console
from control_test import ROLES, as_json, green, one_stream, send
from program import DONE, FAILED, FINDINGS, ROOT, USAGE, fracas
from published import printed
from running import Setup
from scenario import now_ms
from streams import CONTRACTS, PIPELINE, customers, published, raw, schema_file

CHECKS = ["quality", "conservation", "freshness", "failure_mode", "reader"]


def answers(report: dict) -> dict[str, str]:
    return {check["check"]: check["answer"] for check in report["checks"]}


def valid(answer: dict) -> dict:
    schema = json.loads((ROOT / "schemas" / "outputs" / "verification.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(answer)
    return answer


def with_own_contract(setup: Setup, folder):
    """A copy of the contract that the test may change."""
    shipped = CONTRACTS / "customer_telemetry.schema.json"
    contract = schema_file(folder, shipped.read_text())
    setup.path.write_text(setup.path.read_text().replace(str(shipped), str(contract)))
    return contract


def allow_text_points(contract) -> None:
    schema = json.loads(contract.read_text())
    schema["properties"]["loyaltyPoints"]["type"] = ["integer", "string"]
    contract.write_text(json.dumps(schema))


def test_a_stream_that_never_stopped_is_verified(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port(), freshness={"max_silence": "1h"})
    console = Console(setup)
    send(setup, *[telemetry.record] * 300)
    with setup.start() as daemon:
        green(console, daemon)
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        done = as_json(setup, "verify", "--wait", "20s")
        assert done.code == DONE, done
        report, = valid(done.json())["streams"]
        assert done.json()["verified"] and answers(report) == dict.fromkeys(CHECKS, "yes"), report
        assert report["incident"] is None and report["counts"]["published"] == 300
        table = fracas("verify", "-c", setup.path, "--stream", "customers")
        assert table.code == DONE and table.out.count("✓") == 5 and "verified" in table.out, table
        assert daemon.stop() == DONE, daemon.tail()
    # Without an instance the topics say the same, to whoever asks.
    assert as_json(setup, "verify").code == DONE
    gate.opens(gate.load(str(setup.path), PIPELINE))


def test_markers_behind_the_last_record_are_nothing_unread(cluster, unique, tmp_path, free_port):
    """A source of transactions ends with one; the published topic ends elsewhere."""
    from confluent_kafka import Producer
    setup = one_stream(cluster, unique, tmp_path, free_port())
    producer = Producer({"bootstrap.servers": cluster.brokers, "transactional.id": unique})
    producer.init_transactions(30)
    for n in range(6):
        producer.begin_transaction()
        producer.produce(raw(unique, "customers"), telemetry.record(n, now_ms()), telemetry.key(n), 0)
        producer.commit_transaction(30)
    with setup.start() as daemon:
        wait_until(lambda: len(setup.published("customers")) == 6, 60, daemon.tail)
        assert daemon.stop() == DONE, daemon.tail()
    source, published_topic = cluster.high(raw(unique, "customers")), cluster.high(published(unique, "customers"))
    assert cluster.committed(unique, raw(unique, "customers"))[0] < source[0] != published_topic[0]
    done = as_json(setup, "verify")
    freshness, = [c for c in valid(done.json())["streams"][0]["checks"] if c["check"] == "freshness"]
    assert done.code == DONE and freshness["found"].startswith("everything is read"), done


def test_what_a_foreign_transaction_holds_is_not_fresh(cluster, unique, tmp_path, free_port):
    from confluent_kafka import Producer
    setup = one_stream(cluster, unique, tmp_path, free_port())
    console = Console(setup)
    send(setup, *[telemetry.record] * 20)
    with setup.start() as daemon:
        green(console, daemon)
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        producer = Producer({"bootstrap.servers": cluster.brokers, "transactional.id": unique, "log_level": 2})
        producer.init_transactions(30)
        producer.begin_transaction()
        for n in range(4):
            producer.produce(raw(unique, "customers"), telemetry.record(n, now_ms()), telemetry.key(n), 0)
        producer.flush(30)
        done = as_json(setup, "verify")
        freshness, = [c for c in valid(done.json())["streams"][0]["checks"] if c["check"] == "freshness"]
        assert done.code == FINDINGS and freshness["answer"] == "not_yet", done
        held = "an open transaction holds the last stable offset of " + raw(unique, "customers")
        assert freshness["found"].startswith(held) and "4 offsets" in freshness["found"], freshness
        assert "fracas doctor" in freshness["next"], freshness
        producer.commit_transaction(30)
        wait_until(lambda: len(setup.published("customers")) == 24, 60, daemon.tail)
        assert as_json(setup, "verify", "--wait", "20s").code == DONE
        assert daemon.stop() == DONE, daemon.tail()


def test_an_incident_is_resumed_and_verified(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    contract = with_own_contract(setup, tmp_path)
    console = Console(setup)
    send(setup, *[telemetry.record] * 100, telemetry.points_as_text, *[telemetry.record] * 49)
    with setup.start() as daemon:
        held, = console.wait_for("customers", "RED", 90)["pending"]
        # What is RED is not well, whatever else is.
        stopped = as_json(setup, "verify", "--stream", "customers")
        assert stopped.code == FINDINGS, stopped
        report, = valid(stopped.json())["streams"]
        assert report["state"] == "RED" and not report["verified"]
        assert report["incident"]["cause"] == "TYPE_MISMATCH"
        assert [(r["from"], r["to"]) for r in report["incident"]["ranges"]] == [(held["from"], held["to"])]
        assert answers(report)["conservation"] == "not_yet", report
        gate.stays_shut(gate.load(str(setup.path), PIPELINE), f"{PIPELINE}/customers is RED")
        # A look changes nothing; nor does a reset that nobody has confirmed.
        resume = ("resume-pipeline", "--pipeline", PIPELINE, "--stream", "customers")
        shown = fracas(*resume, "-c", setup.path, "--dry-run")
        assert shown.code == DONE and "the contract is the same" in shown.out and "TYPE_MISMATCH" in shown.out, shown
        asked = fracas(*resume, "-c", setup.path)
        assert asked.code == USAGE and "--yes" in asked.err, asked
        dry = printed("resume", as_json(setup, *resume, "--dry-run").json())
        assert [each["stream"] for each in dry["stopped"]] == [f"{PIPELINE}/customers"] and dry["trials"] == [], dry
        # Nothing was mended: the trial fails, and says so.
        failed = fracas(*resume, "-c", setup.path, "--yes", "--why", "hope", seconds=120)
        assert failed.code == FINDINGS and "RED again" in failed.out, failed
        assert console.breaker("customers")["state"] == "RED"
        allow_text_points(contract)
        done = as_json(setup, *resume, "--yes", "--why", "INC-42", seconds=180)
        assert done.code == DONE, (done, daemon.tail())
        story = printed("resume", done.json())
        assert story["verified"] and story["trials"][0]["breaker"]["state"] == "GREEN"
        assert story["stopped"][0]["contract_then"] != story["stopped"][0]["contract_now"]
        verified, = story["verification"]
        assert answers(verified) == dict.fromkeys(CHECKS, "yes"), verified
        assert verified["incident"]["reset"] and verified["incident"]["end"]
        mode, = [m for m in verified["modes"] if m["of_incident"]]
        assert (mode["code"], mode["since"]) == ("TYPE_MISMATCH", 0) and mode["before"] >= 1
        note = console.entry(story["notes"][0]["id"])
        assert note["type"] == "note" and note["result"] == "applied" and "verified (five ticks): INC-42" in note["why"]
        assert len(setup.published("customers")) == 150
        # Once more: nothing is stopped, it is verified again.
        again = fracas(*resume, "-c", setup.path, seconds=120)
        assert again.code == DONE and "nothing of" in again.out and again.out.count("✓") == 5, again
        assert daemon.stop() == DONE, daemon.tail()


def test_a_published_topic_on_which_brokers_put_their_own_time(cluster, unique, tmp_path, free_port):
    """Nothing of a record's time is left there: its bytes and where they lie prove what a reader gets past."""
    cluster.create(published(unique, "customers"), 1, message_timestamp_type="LogAppendTime")
    setup = one_stream(cluster, unique, tmp_path, free_port())
    contract = with_own_contract(setup, tmp_path)
    console = Console(setup)
    send(setup, *[telemetry.record] * 100, telemetry.points_as_text, *[telemetry.record] * 49)
    with setup.start() as daemon:
        console.wait_for("customers", "RED", 90)
        allow_text_points(contract)
        done = as_json(setup, "resume-pipeline", "--pipeline", PIPELINE, "--yes", "--why", "INC-42", seconds=180)
        assert done.code == DONE, (done, daemon.tail())
        reader, = [c for c in done.json()["verification"][0]["checks"] if c["check"] == "reader"]
        assert reader["answer"] == "yes" and "is read at" in reader["found"], reader
        assert daemon.stop() == DONE, daemon.tail()


def test_a_mode_that_comes_back_is_no_recovery(cluster, unique, tmp_path, free_port):
    """Diverted: it flows, but what it was stopped for is still there, and too much of it."""
    setup = one_stream(cluster, unique, tmp_path, free_port(), audit={"max_failed_ratio": 0.5, "min_records": 1000})
    console = Console(setup)
    send(setup, *[telemetry.record] * 20, *[telemetry.points_as_text] * 30)
    with setup.start() as daemon:
        console.wait_for("customers", "RED", 90)
        done = as_json(setup, "breaker", "reset", "--stream", "customers", "--why", "divert", "--divert",
                       "TYPE_MISMATCH", "--wait", seconds=120)
        assert done.code == DONE, done
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        looked = as_json(setup, "verify", "--wait", "20s")
        assert looked.code == FINDINGS, looked
        report, = valid(looked.json())["streams"]
        assert answers(report) == {"quality": "no", "conservation": "yes", "freshness": "yes", "failure_mode": "no",
                                   "reader": "yes"}, report
        assert report["counts"] == {"published": 20, "dead_lettered": 30, "masked": 0, "observed": 0}
        table = fracas("verify", "-c", setup.path)
        assert table.code == FINDINGS and table.out.count("✗") == 2 and "fracas codes TYPE_MISMATCH" in table.out
        # Asked about another mode, that one is not the trouble.
        other = as_json(setup, "verify", "--code", "ENUM_UNKNOWN", "--max-failed-ratio", "0.9")
        assert other.code == DONE, other
        assert daemon.stop() == DONE, daemon.tail()


def test_what_cannot_be_asked_is_one_line(unique, tmp_path):
    from program import write_config
    from streams import config
    path = write_config(tmp_path, config(unique, {"customers": customers(unique)}, roles=ROLES))
    for command in (("verify",), ("resume-pipeline", "--pipeline", PIPELINE, "--yes")):
        done = fracas(*command, "-c", path, seconds=20)
        assert done.code == FAILED and done.err.count("\n") == 1 and "127.0.0.1:1" in done.err, done
    wrong = fracas("resume-pipeline", "-c", path, "--pipeline", "nothing")
    assert wrong.code == USAGE and PIPELINE in wrong.err, wrong
    assert fracas("verify", "-c", path, "--since", "tomorrow").code == USAGE
    assert fracas("verify", "-c", path, "--code", "NO_SUCH").code == USAGE
