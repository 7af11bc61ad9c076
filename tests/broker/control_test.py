"""The commands to a running group on a real broker: what they print, wait for, and leave behind."""

import json
import time

import telemetry
from cluster import wait_until
from control import Console
from program import DONE, FAILED, FINDINGS, USAGE, fracas
from published import answers_as_published
from running import Setup
from streams import CONTRACTS, customers, raw, schema_file

ROLES = ["pipeline", "control", "ledger", "api"]


def one_stream(cluster, prefix, folder, port, **more) -> Setup:
    made = {"customers": customers(prefix, batch={"records": 100}, **more)}
    return Setup(cluster, prefix, folder, port, made, 1, roles=ROLES)


def green(console: Console, daemon) -> None:
    wait_until(lambda: console.breaker("customers")["state"] == "GREEN", 60, daemon.tail)


def send(setup: Setup, *makers) -> None:
    writer = setup.cluster.writer()
    now = int(time.time() * 1000)
    for n, make in enumerate(makers):
        writer.send(raw(setup.prefix, "customers"), make(n, now), telemetry.key(n), 0, now)
    writer.flush()


def as_json(setup: Setup, *arguments, **more):
    return fracas(*arguments, "-c", setup.path, "--output", "json", **more)


def test_an_idle_stream_is_stopped_and_flows_again(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    console = Console(setup)
    with setup.start() as daemon:
        green(console, daemon)
        done = fracas("breaker", "trip", "-c", setup.path, "--stream", "customers", "--who", "anna", "--planned",
                      "--why", "maintenance")
        assert done.code == DONE and "applied:" in done.out, done
        shown = console.wait_for("customers", "RED")
        assert shown["planned"] and shown["who"] == "anna" and shown["version"] >= 1
        table = fracas("status", "-c", setup.path)
        answers_as_published(setup.port, "customers")
        assert table.code == DONE and "RED (planned)" in table.out, table
        assert "when the maintenance is over" in table.out, table
        send(setup, *[telemetry.record] * 50)
        done = as_json(setup, "breaker", "reset", "--stream", "customers", "--why", "over", "--wait")
        assert done.code == DONE, done
        answer = done.json()
        assert answer["journal"]["result"] == "applied" and answer["breaker"]["state"] == "GREEN"
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        again = console.change("breaker", "reset", stream="customers")
        assert again.code == FAILED and "GREEN" in again.err, again
        wait_until(lambda: setup.metrics().get("fracas_authority_active") == 1, 10, daemon.tail)
        series = setup.metrics()
        assert series["fracas_breaker_state{stream=\"tests/customers\"}"] == 0
        assert series["fracas_commands_total{outcome=\"applied\"}"] >= 2
        journal = as_json(setup, "journal", "--stream", "customers").json()
        assert [(e["type"], e["result"]) for e in journal if e["who"]] == [
            ("breaker.trip", "applied"), ("breaker.reset", "applied"), ("breaker.reset", "refused")]
        found = as_json(setup, "journal", "--id", journal[0]["id"]).json()
        assert found == journal[:1]
        found = as_json(setup, "journal", "--stream", "customers", "--type", "breaker,note", "--last", "3").json()
        assert found == [e for e in journal if e["type"].startswith(("breaker.", "note"))][-3:]
        assert daemon.stop() == DONE, daemon.tail()
    # Without an instance the topic tells the same.
    told = as_json(setup, "status").json()
    assert told["instance"] is None
    assert told["streams"][0]["breaker"]["version"] == journal[1]["version"]
    assert told["streams"][0]["lag"] == 0


def test_a_held_batch_is_tried_until_its_contract_fits(cluster, unique, tmp_path, free_port):
    contract = schema_file(tmp_path, (CONTRACTS / "customer_telemetry.schema.json").read_text())
    setup = one_stream(cluster, unique, tmp_path, free_port())
    content = setup.path.read_text().replace(str(CONTRACTS / "customer_telemetry.schema.json"), str(contract))
    setup.path.write_text(content)
    console = Console(setup)
    send(setup, *[telemetry.record] * 100, telemetry.points_as_text, *[telemetry.record] * 49)
    with setup.start() as daemon:
        red = console.wait_for("customers", "RED", 90)
        assert len(red["pending"]) == 1 and red["code"] == "TYPE_MISMATCH"
        committed = cluster.committed(unique, raw(unique, "customers"))[0]
        done = as_json(setup, "breaker", "reset", "--stream", "customers", "--why", "hope", "--wait", seconds=120)
        assert done.code == FINDINGS, done
        assert done.json()["breaker"]["state"] == "RED"
        assert cluster.committed(unique, raw(unique, "customers"))[0] == committed
        schema = json.loads(contract.read_text())
        schema["properties"]["loyaltyPoints"]["type"] = ["integer", "string"]
        contract.write_text(json.dumps(schema))
        done = fracas("breaker", "reset", "-c", setup.path, "--stream", "customers", "--why", "mended", "--wait")
        assert done.code == USAGE and "--reload" in done.err, done
        done = as_json(setup, "breaker", "reset", "--stream", "customers", "--why", "mended", "--wait", "--reload",
                       seconds=120)
        assert done.code == DONE, (done, daemon.tail())
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        assert len(setup.published("customers")) == 150
        assert daemon.stop() == DONE, daemon.tail()


def test_the_records_of_an_attempt_are_quarantined_and_the_rest_passes(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    console = Console(setup)
    send(setup, *[telemetry.record] * 50, telemetry.points_as_text, *[telemetry.record] * 49)
    with setup.start() as daemon:
        waiting = console.wait_for("customers", "RED", 90)["pending"][0]
        attempt = f"{waiting['topic']}/{waiting['partition']}/{waiting['from']}-{waiting['to']}#{waiting['attempt']}"
        wait_until(lambda: setup.failures(), 30, daemon.tail)
        done = console.applied("quarantine", "add", "--from-attempt", attempt, "--owner", "crm", "--expires", "7d",
                               stream="customers")
        assert done.json()["journal"]["result"] == "applied"
        # Applied is what the journal says; the instance follows a moment later.
        wait_until(lambda: console.stream("customers")["quarantine"]["entries"] == 1, 30, daemon.tail)
        listed = as_json(setup, "quarantine", "ls", "--stream", "customers").json()["items"]
        assert [(item["record"], item["owner"]) for item in listed] == [(f"{raw(unique, 'customers')}/0/50", "crm")]
        assert listed == as_json(setup, "quarantine", "ls", "--stream", "customers", "--from-topic").json()["items"]
        done = as_json(setup, "breaker", "reset", "--stream", "customers", "--why", "without it", "--wait", seconds=120)
        assert done.code == DONE, (done, daemon.tail())
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        assert len(setup.published("customers")) == 99
        assert [letter.header("fracas.code.name") for letter in setup.dead_letters("customers")] == ["QUARANTINED"]
        wait_until(lambda: (console.stream("customers").get("dead_letters") or {}).get("open") == 1, 60, daemon.tail)
        answers_as_published(setup.port, "customers")
        refused = console.change("quarantine", "release", "--record", listed[0]["record"], stream="customers")
        assert refused.code == FAILED and "1 dead letter" in refused.err, refused
        console.applied("quarantine", "release", "--record", listed[0]["record"], "--force", stream="customers")
        wait_until(lambda: console.stream("customers")["quarantine"]["entries"] == 0, 30, daemon.tail)
        assert as_json(setup, "quarantine", "ls", "--stream", "customers").json()["items"] == []
        assert daemon.stop() == DONE, daemon.tail()


def test_a_list_is_imported_and_paged_through(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    console = Console(setup)
    ids = tmp_path / "ids.txt"
    ids.write_text("".join(f"C-{n:06}\n" for n in range(25_000)))
    with setup.start() as daemon:
        green(console, daemon)
        done = as_json(setup, "quarantine", "import", ids, "--stream", "customers", "--why", "INC-1", seconds=120)
        assert done.code == DONE, (done, daemon.tail())
        assert done.json() == {"complete": True, "targets": 25_000, "through_line": 25_000, "commands": 25}
        wait_until(lambda: console.stream("customers")["quarantine"]["entries"] == 25_000, 30, daemon.tail)
        listed = as_json(setup, "quarantine", "ls", "--stream", "customers", "--limit", "0").json()["items"]
        assert [item["id"] for item in listed] == [f"C-{n:06}" for n in range(25_000)]
        archive = as_json(setup, "quarantine", "archive", "--to", tmp_path / "archive").json()
        assert archive["entries"] == 25_000
        again = as_json(setup, "quarantine", "import", ids, "--stream", "customers", "--why", "INC-1", "--from-line",
                        "24001", seconds=120)
        assert again.code == DONE and again.json()["targets"] == 1_000, again
        assert console.stream("customers")["quarantine"]["entries"] == 25_000
        assert daemon.stop() == DONE, daemon.tail()


def test_nobody_answers_and_the_command_says_so(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    console = Console(setup)
    with setup.start() as daemon:
        green(console, daemon)
        assert daemon.stop() == DONE
    source = raw(setup.prefix, "customers")
    early = fracas("quarantine", "add", "-c", setup.path, "--stream", "customers", "--record", f"{source}/0/900",
                   "--why", "x")
    assert early.code == USAGE and f"{source}/0/0 comes next" in early.err and "--force" in early.err, early
    done = fracas("quarantine", "add", "-c", setup.path, "--stream", "customers", "--id", "C-1", "--why", "x",
                  seconds=150)
    assert done.code == FAILED and "not known" in done.err and "expires at" in done.err, done
    command = done.err[done.err.index("--id ") + 5:][:32]
    with setup.start("second") as daemon:
        wait_until(lambda: [e for e in console.journal() if e["id"] == command], 60, daemon.tail)
        entry = console.entry(command)
        assert entry["result"] == "refused", "it came too late"
        assert console.stream("customers")["quarantine"]["entries"] == 0
        assert daemon.stop() == DONE, daemon.tail()
