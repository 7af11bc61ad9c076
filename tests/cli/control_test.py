"""Commands to a running group, where no broker is needed: what is refused, what --help shows, what is asked of
an instance that answers."""

import http.server
import json
import threading
import urllib.parse

import published
import pytest
from program import DONE, FAILED, FINDINGS, USAGE, fracas, write_config

CHANGES = [
    ["breaker", "trip"], ["breaker", "reset"], ["breaker", "divert-end"],
    ["quarantine", "add", "--id", "C-1"], ["quarantine", "release", "--id", "C-1"],
    ["quarantine", "import", "ids.txt"],
    ["offsets", "accept-loss", "--partition", "orders.raw/0", "--to", "earliest"],
]
NOW = "2026-01-31T12:00:00.000Z"


def breaker(**changed) -> dict:
    return {"version": 0, "state": "GREEN", "since": None, "code": None, "reason": "", "who": None, "command": None,
            "control_offset": -1, "changed": None, "planned": False, "planned_until": None, "contract": None,
            "reload": False, "pending": [], "diversion": None, "retry": {"done": 0, "next": None, "exhausted": False},
            "losses": [], **changed}


def stream(name: str, **changed) -> dict:
    return {"stream": name, "breaker": breaker(), "quarantine": {"entries": 0, "expired": 0, "oldest": None},
            "local": None, "lag": None, "stalled_since": None, "dead_letters": None, "retention": [], **changed}


RED = stream(
    "ingest/orders",
    breaker=breaker(version=3, state="RED", since="2026-01-31T11:00:00.000Z", code="TYPE_MISMATCH",
                    reason="TYPE_MISMATCH at orders.raw/0/41: expected integer at /orderId",
                    pending=[{"topic": "orders.raw", "partition": 0, "from": 40, "to": 60, "attempt": 1,
                              "code": "TYPE_MISMATCH", "reason": "expected integer at /orderId", "record": 41,
                              "record_failures": 1, "oldest": NOW, "since": NOW, "passed": False}]),
    local={"lag": 1204, "consumed": 1000, "published": 990, "dead_lettered": 10, "masked": 0, "observed": 0,
           "last_record": NOW, "contract": "b" * 64, "held": []},
    dead_letters={"open": 12, "open_masked": 3, "resolved": 1, "discarded": 0, "expired": 0,
                  "oldest": "2026-01-31T09:00:00.000Z", "retention_ends": None},
    retention=[{"topic": "orders.raw", "partition": 0, "from": 40, "low": 0, "lost": 0, "kept_ms": 0,
                "ends": "2026-02-02T12:00:00.000Z"}])


class Instance(http.server.BaseHTTPRequestHandler):
    """Answers as an instance would; `answers` by path."""

    answers: dict = {}
    asked: list = []

    def do_GET(self):  # noqa: N802
        url = urllib.parse.urlsplit(self.path)
        Instance.asked.append((url.path, dict(urllib.parse.parse_qsl(url.query))))
        status, body = Instance.answers.get(url.path, (404, {"error": "no such resource"}))
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture
def instance(tmp_path):
    """A configuration whose instance answers, and what it answers."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Instance)
    Instance.answers, Instance.asked = {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield config_at(tmp_path, server.server_address[1])
    server.shutdown()
    server.server_close()


def config_at(folder, port: int):
    return write_config(folder, {
        "group": "shop", "kafka": {"bootstrap.servers": "127.0.0.1:1"}, "http": {"listen": f"127.0.0.1:{port}"},
        "pipelines": {"ingest": {"streams": {
            "orders": {"topics": ["orders.raw"], "publish": {"mode": "copy", "topic": "orders"}},
            "other": {"topics": ["other.raw"], "publish": {"mode": "copy", "topic": "other"}}}}}})


def show(*streams, **changed) -> None:
    Instance.answers["/state/streams"] = (200, {
        "v": "1.0", "group": "shop", "instance": "node-1", "state_offset": 7, "time": NOW, "control": None,
        "streams": list(streams), **changed})


@pytest.mark.parametrize("command", [["status"], ["breaker"], ["breaker", "ls"], ["quarantine"], ["quarantine", "ls"],
                                     ["quarantine", "archive"], ["journal"], ["offsets"],
                                     *(change[:2] for change in CHANGES)])
def test_help_has_examples(command):
    done = fracas(*command, "--help")
    assert done.code == DONE, done
    if len(command) > 1 or command[0] in ("status", "journal"):
        assert f"  fracas {' '.join(command)} " in done.out, done


@pytest.mark.parametrize("change", CHANGES, ids=" ".join)
def test_a_change_wants_a_reason(change, instance):
    done = fracas(*change, "-c", instance, "--stream", "orders")
    assert done.code == USAGE and "--why" in done.err, done


@pytest.mark.parametrize("change", CHANGES, ids=" ".join)
def test_a_change_wants_its_stream(change, instance):
    done = fracas(*change, "-c", instance, "--why", "x")
    assert done.code == USAGE and "--stream" in done.err, done
    done = fracas(*change, "-c", instance, "--why", "x", "--stream", "nothing")
    assert done.code == USAGE and "nothing" in done.err, done


def test_status_names_what_stands_still(instance):
    """A stream that does not move, a cluster that does not answer, a state that is not followed: none is "nothing to
    do"."""
    stalled = stream("ingest/other", lag=1_204, stalled_since="2026-01-31T11:50:00.000Z")
    lane = {"active": False, "restored": True, "restore_position": 7, "restore_target": 7, "lag_ms": 0}
    for streams, more, said in (
            ([stalled], {}, ["1204 records wait", "2026-01-31T11:50:00"]),
            ([stream("ingest/other")], {"cluster_unanswered_since": "2026-01-31T11:55:00.000Z",
                                        "cluster_trouble": "no broker answers at 127.0.0.1:1"},
             ["the cluster does not answer instance node-1 since 2026-01-31 11:55:00", "no broker answers"]),
            ([stream("ingest/other")], {"control": {**lane, "lag_ms": 21_000}}, ["last heard of the state", "21"])):
        show(*streams, **more)
        done = fracas("status", "-c", instance)
        assert done.code == DONE and "nothing to do" not in done.out, done
        for word in [*said, f"fracas doctor -c {instance}"]:
            assert word in done.out, (word, done)
    show(stream("ingest/other", lag=3), control={**lane, "lag_ms": 4_000})
    assert "nothing to do" in fracas("status", "-c", instance).out, "it moves, and the state is followed"


def test_status_shows_every_stream_and_the_next_command(instance):
    show(RED, stream("ingest/other"))
    done = fracas("status", "-c", instance)
    assert done.code == DONE, done
    row = next(line for line in done.out.splitlines() if line.startswith("ingest/orders"))
    for cell in ("RED", "1 h 00 m", "99.00 %", "1,204", "12 open", "3 h 00 m", "2 d 00 h"):
        assert cell in row, (cell, row)
    assert "waits: orders.raw/0/40-60#1  TYPE_MISMATCH expected integer at /orderId\n" in done.out
    assert f"fracas breaker reset -c {instance} --stream ingest/orders --why" in done.out
    assert any(line.startswith("ingest/other") and "GREEN" in line for line in done.out.splitlines())
    assert Instance.asked == [("/state/streams", {"group": "shop"})]


def test_status_of_one_stream_as_json(instance):
    show(RED, stream("ingest/other"))
    shown = fracas("status", "-c", instance, "--stream", "orders", "--output", "json").json()
    assert [each["stream"] for each in shown["streams"]] == ["ingest/orders"]
    assert shown["streams"][0] == RED, "what the instance says is shown as it is"


def test_status_with_nothing_to_do(instance):
    show(stream("ingest/orders"), stream("ingest/other"))
    done = fracas("status", "-c", instance)
    assert done.code == DONE and "nothing to do" in done.out, done


def test_breaker_ls(instance):
    show(RED, stream("ingest/other"))
    done = fracas("breaker", "ls", "-c", instance)
    assert done.code == DONE and "TYPE_MISMATCH" in done.out, done
    listed = fracas("breaker", "ls", "-c", instance, "--output", "json").json()
    assert [(each["stream"], each["state"], each["version"]) for each in listed] == [
        ("ingest/orders", "RED", 3), ("ingest/other", "GREEN", 0)]


def test_another_groups_instance_is_not_believed(instance):
    Instance.answers["/state/streams"] = (409, {"error": "this instance is of group x, not of shop"})
    done = fracas("status", "-c", instance, seconds=60)
    assert done.code == FAILED and "127.0.0.1:1" in done.err, done  # it goes on to ask the cluster


def test_an_answer_that_is_none(instance):
    Instance.answers["/state/streams"] = (200, {"something": "else"})
    done = fracas("status", "-c", instance)
    assert done.code in (FAILED, USAGE) and "state of a group" in done.err, done


def test_a_dry_run_shows_the_command(instance):
    show(RED)
    done = fracas("breaker", "trip", "-c", instance, "--stream", "orders", "--why", "test", "--who", "anna",
                  "--planned", "--until", "2999-01-31T12:00:00Z", "--dry-run")
    assert done.code == DONE, done
    sent = done.json()
    assert sent["type"] == "breaker.trip" and sent["stream"] == "ingest/orders" and sent["expected_version"] == 3
    assert sent["who"] == "anna" and sent["why"] == "test"
    assert sent["not_after"] > sent["time"] > "2026"
    assert len(sent["id"]) == 32 and sent["args"]["planned"] is True


def test_reset_names_the_contract_and_what_is_tried(instance):
    show(RED)
    done = fracas("breaker", "reset", "-c", instance, "--stream", "orders", "--why", "x", "--dry-run")
    assert done.code == USAGE and "--reload" in done.err, done  # the instance has another contract loaded
    done = fracas("breaker", "reset", "-c", instance, "--stream", "orders", "--why", "x", "--dry-run", "--reload",
                  "--divert", "TYPE_MISMATCH", "CDE_MISSING", "--for", "2h")
    assert done.code == DONE, done
    sent = done.json()
    assert len(sent["args"]["contract"]) == 64 and sent["args"]["reload"] is True
    assert "orders.raw/0/40-60#1 is tried as attempt 2" in done.err
    assert "CDE_MISSING, TYPE_MISMATCH become dead letters" in done.err
    done = fracas("breaker", "reset", "-c", instance, "--stream", "orders", "--why", "x", "--dry-run",
                  "--contract", "b" * 64)
    assert done.json()["args"]["contract"] == "b" * 64


@pytest.mark.parametrize("arguments, words", [
    (["breaker", "reset", "--contract", "abc"], ["64 hex digits"]),
    (["breaker", "reset", "--reload", "--divert", "NO_SUCH_CODE"], ["NO_SUCH_CODE", "fracas codes"]),
    (["breaker", "reset", "--for", "2h"], ["--divert"]),
    (["breaker", "reset", "--reload", "--divert", "TYPE_MISMATCH", "--for", "soon"], ["soon", "2h"]),
    (["breaker", "trip", "--until", "2999-01-31T12:00:00Z"], ["--planned"]),
    (["breaker", "trip", "--planned", "--until", "tomorrow"], ["tomorrow", "2026-01-31T12:00:00Z"]),
    (["breaker", "trip", "--planned", "--until", "2020-01-31T12:00:00Z"], ["has passed"]),
    (["quarantine", "add"], ["--id", "--record"]),
    (["quarantine", "add", "--record", "orders.raw/0"], ["TOPIC/PARTITION/OFFSET"]),
    (["quarantine", "add", "--record", "customers.raw/0/1"],
     ["does not read topic customers.raw", "it reads orders.raw"]),
    (["quarantine", "add", "--from-attempt", "orders.raw/0/1-2"], ["#ATTEMPT"]),
    (["quarantine", "add", "--id-base64", "!"], ["base64"]),
    (["quarantine", "add", "--id", "x" * 2000], ["1024"]),
    (["quarantine", "add", "--id", "C-1", "--expires", "7"], ["--expires", "7d"]),
    (["quarantine", "import", "/nowhere/ids.txt"], ["/nowhere/ids.txt"]),
    (["offsets", "accept-loss", "--partition", "orders.raw", "--to", "earliest"], ["TOPIC/PARTITION"]),
])
def test_wrong_usage_says_how_it_is_written(instance, arguments, words):
    show(RED)
    done = fracas(*arguments, "-c", instance, "--stream", "orders", "--why", "x")
    assert done.code == USAGE, done
    for word in words:
        assert word in done.err, (word, done)


def test_quarantine_add_and_its_targets(instance):
    done = fracas("quarantine", "add", "-c", instance, "--stream", "orders", "--id", "C-1", "C-2",
                  "--id-base64", "/w==",
                  "--record", "orders.raw/0/41", "--why", "x", "--owner", "crm", "--expires", "7d", "--dry-run")
    assert done.code == DONE, done
    sent = done.json()
    assert sent["type"] == "quarantine.add" and sent["args"]["owner"] == "crm"
    assert len(sent["args"]["targets"]) == 4
    assert "/w==" in json.dumps(sent["args"]["targets"])
    assert Instance.asked == [], "nothing needs to be known for it"


def test_quarantine_ls_pages_through(instance):
    items = [{"stream": "ingest/orders", "id": f"C-{n}", "version": 1, "code": "QUARANTINED", "reason": "r",
              "owner": "",
              "who": "anna", "since": NOW, "expires": None, "expired": False} for n in range(3)]
    Instance.answers["/state/quarantine"] = (200, {"items": items, "next": None})
    done = fracas("quarantine", "ls", "-c", instance, "--stream", "orders", "--limit", "2")
    assert done.code == DONE and "C-0" in done.out and "C-1" in done.out and "C-2" not in done.out, done
    assert "there are more" in done.err
    listed = fracas("quarantine", "ls", "-c", instance, "--stream", "orders", "--output", "json").json()
    assert listed["items"] == items
    fracas("quarantine", "ls", "-c", instance, "--stream", "orders", "--id", "C 1/ü")
    assert Instance.asked[-1] == ("/state/quarantine", {"stream": "ingest/orders", "id_base64": "QyAxL8O8",
                                                        "group": "shop"})


def test_archive_writes_folders_with_success_last(instance, tmp_path):
    Instance.answers["/state/quarantine"] = (200, {"items": [
        {"stream": "ingest/orders", "id": "C-1", "version": 1, "code": "QUARANTINED", "reason": "r", "owner": "",
         "who": "anna", "since": NOW, "expires": None, "expired": False}], "next": None})
    Instance.answers["/state/dead_letters"] = (200, {"letters": [], "next": None, "open": 0})
    done = fracas("quarantine", "archive", "-c", instance, "--to", tmp_path / "archive", "--output", "json")
    assert done.code == DONE and done.json() == {"entries": 1, "rows": 0, "folders": 1}, done
    published.printed("bulk", done.json(), "quarantine_archive")
    folder = tmp_path / "archive" / "_quarantine" / "orders" / "dt=2026-01-31" / "QUARANTINED"
    assert sorted(each.name for each in folder.iterdir()) == ["_SUCCESS", "entries.ndjson"]
    assert json.loads((folder / "entries.ndjson").read_text())["id"] == "C-1"


def test_release_is_refused_while_letters_are_open(instance):
    Instance.answers["/state/dead_letters"] = (200, {"letters": [], "next": None, "open": 2})
    done = fracas("quarantine", "release", "-c", instance, "--stream", "orders", "--id", "C-1", "--why", "x",
                  "--dry-run")
    assert done.code == FAILED and "2 dead letters" in done.err and "--force" in done.err, done
    done = fracas("quarantine", "release", "-c", instance, "--stream", "orders", "--id", "C-1", "--why", "x",
                  "--dry-run",
                  "--force")
    assert done.code == DONE and done.json()["type"] == "quarantine.release", done
    assert "version" not in done.json()["args"]["targets"][0] and "is not known" in done.err, done
    Instance.answers["/state/quarantine"] = (200, {"items": [
        {"stream": "ingest/orders", "id": "C-1", "version": 7, "code": "QUARANTINED", "reason": "r", "owner": "",
         "who": "anna", "since": NOW, "expires": None, "expired": False}], "next": None})
    Instance.answers["/state/dead_letters"] = (503, {"error": "no ledger"})
    done = fracas("quarantine", "release", "-c", instance, "--stream", "orders", "--id", "C-1", "--why", "x",
                  "--dry-run")
    assert done.code == FAILED and "not known" in done.err and "no ledger" in done.err, done
    Instance.answers["/state/dead_letters"] = (200, {"letters": [], "next": None, "open": 0})
    done = fracas("quarantine", "release", "-c", instance, "--stream", "orders", "--id", "C-1", "--why", "x",
                  "--dry-run")
    assert done.code == DONE and done.json()["args"]["targets"] == [{"id": "C-1", "version": 7}], done


def test_import_checks_a_list_without_sending(instance, tmp_path):
    ids = tmp_path / "ids.txt"
    ids.write_text("C-1\n\n{\"id\": \"C-2\"}\n{\"record\": \"orders.raw/0/7\"}\n")
    done = fracas("quarantine", "import", ids, "-c", instance, "--stream", "orders", "--why", "x", "--dry-run")
    assert done.code == DONE and "3 ids and records in 4 lines" in done.out, done
    ids.write_text("C-1\n{\"id\": }\n")
    done = fracas("quarantine", "import", ids, "-c", instance, "--stream", "orders", "--why", "x", "--dry-run")
    assert done.code == USAGE and f"{ids}:2: " in done.err, done


def test_no_instance_and_no_broker_says_both(tmp_path, free_port):
    done = fracas("status", "-c", config_at(tmp_path, free_port()), seconds=60)
    assert done.code == FAILED and "127.0.0.1:1" in done.err, done
    assert done.code != FINDINGS
