"""`fracas dlq` on a real broker: counts that agree with the metrics, archives that hold the original bytes, and other
systems' dead letters as they are."""

import base64
import json
import subprocess
import time

import control
import jsonschema
import streams
import telemetry
from cluster import PATIENCE, wait_until
from program import DONE, FAILED, ROOT, USAGE, fracas, write_config
from published import printed
from scenario import Scenario

ROLES = ["pipeline", "control", "ledger", "api"]
STREAM = f"{streams.PIPELINE}/customers"


def schema(name: str) -> dict:
    return json.loads((ROOT / "schemas" / "outputs" / f"{name}.schema.json").read_text())


def scenario_with_letters(cluster, unique, tmp_path, free_port) -> Scenario:
    """200 good records, and 12 dead letters of three codes."""
    lenient = streams.customers(unique, audit={"max_failed_ratio": 1.0, "max_failed_records": 1_000_000})
    made = Scenario(cluster, unique, tmp_path, free_port(), {"customers": lenient})
    made.setup.path = write_config(tmp_path, {**streams.config(
        unique, made.setup.streams, cluster.brokers, http=streams.http(made.setup.port),
        state={"dir": str(tmp_path / "state")}), "roles": ROLES})
    made.good("customers", 100)
    by_name = {fault.name: fault for fault in telemetry.FAULTS}
    for name, count in (("encoding", 5), ("control", 4), ("malformed", 3)):
        made.send("customers", [by_name[name].make] * count, partition=int(name == "control"),
                  code=by_name[name].code_name)
    made.good("customers", 100, partition=1)
    return made


def dlq(made: Scenario, *arguments, seconds: float = 90):
    return fracas("dlq", *arguments, "-c", made.setup.path, "--output", "json", seconds=seconds)


def stats(made: Scenario, *more) -> dict:
    done = dlq(made, "stats", *more)
    assert done.code == DONE, done
    jsonschema.validate(done.json(), schema("dead_letter_counts"))
    return done.json()


def of_metrics(made: Scenario) -> dict[str, int]:
    series = {name: value for name, value in made.setup.metrics().items() if name.startswith("fracas_dead_letters{")}
    return {state: int(sum(value for name, value in series.items() if f'state="{state}"' in name))
            for state in ("open", "resolved", "discarded", "expired")}


def rows(folder) -> list[dict]:
    done = subprocess.run(["zstd", "-dcq", folder / "rejected_rows.ndjson.zst"], capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def value_of(row: dict) -> bytes:
    return row["value"].encode() if "value" in row else base64.b64decode(row["value_base64"])


def check_listed(made: Scenario) -> None:
    listed = dlq(made, "ls", "--limit", "5").json()
    assert len(listed["letters"]) == 5 and listed["more"]
    both = [dlq(made, "ls", *more).json()["letters"] for more in ((), ("--from-topic",))]
    for letters in both:
        for letter in letters:
            jsonschema.validate(letter, schema("dead_letter"))
    places = [[(each["topic"], each["partition"], each["offset"], each["code"], each["origin"]["source"])
               for each in letters] for letters in both]
    assert places[0] == places[1] and len(places[0]) == 12, "the index and the topics say the same"
    one = dlq(made, "ls", "--code", "UNPRINTABLE_CHARS").json()["letters"]
    assert len(one) == 4 and {each["code"] for each in one} == {"UNPRINTABLE_CHARS"}


def check_shown(made: Scenario) -> None:
    letter = dlq(made, "ls", "--code", "UNPRINTABLE_CHARS", "--limit", "1").json()["letters"][0]
    place = f"{letter['topic']}/{letter['partition']}/{letter['offset']}"
    for name in (place, letter["origin"]["source"]):
        answer = dlq(made, "show", name).json()
        (shown,), (report,) = answer["letters"], answer["inspections"]
        assert shown["code"] == "UNPRINTABLE_CHARS" and shown["origin"]["coordinates"] == "proven", shown
        assert "value" not in shown and "headers" not in shown
        finding, = report["findings"]
        assert finding["name"] == "UNPRINTABLE_CHARS" and finding["place"]["byte"] > 0, finding
        jsonschema.validate({"v": "1.0", "records": [report], "more": False}, schema("inspection"))
    told = fracas("dlq", "show", place, "-c", made.setup.path)
    for said in ("UNPRINTABLE_CHARS", "proven", "U+0007", f"byte {finding['place']['byte']}", "secure-clean"):
        assert said in told.out, told


def check_archived(made: Scenario, folder) -> None:
    done = dlq(made, "archive", "--to", folder)
    assert done.code == DONE and printed("bulk", done.json(), "dlq_archive")["rows"] == 12, done
    day, = (folder / "_errors" / "customers").iterdir()
    assert (day / "_SUCCESS").exists()
    archived = rows(day)
    for row in archived:
        jsonschema.validate(row, schema("dead_letter"))
    source = {(r.partition, r.offset): r for r in made.cluster.read(streams.raw(made.prefix, "customers"))}
    assert len(archived) == 12
    for row in archived:
        record = source[row["origin"]["partition"], row["origin"]["offset"]]
        assert value_of(row) == record.value and row["key"].encode() == record.key
        own = [(h["name"], h["value"].encode()) for h in row["headers"][:row["own_headers"]]]
        assert tuple(own) == record.headers
    reasons = json.loads((day / "error_reasons.json").read_text())
    jsonschema.validate(reasons, schema("error_reasons"))
    assert sum(reason["row_count"] for reason in reasons) == 12
    assert {reason["error_type"] for reason in reasons} >= {"UNPRINTABLE_CHARS", "ENCODING_INVALID"}


def check_exported(made: Scenario, folder) -> None:
    """Every letter with all its bytes, as a file that is there once it is whole, or as lines."""
    file = folder / "mismatches.ndjson"
    done = fracas("dlq", "export", "--code", "ENCODING_INVALID", "--to", file.name, "-c", made.setup.path, cwd=folder)
    assert done.code == DONE and f"5 dead letters in {file.name}" in done.err and not done.out, done
    letters = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(letters) == 5 and not file.with_name(file.name + ".partial").exists()
    source = {(r.partition, r.offset): r for r in made.cluster.read(streams.raw(made.prefix, "customers"))}
    for letter in letters:
        jsonschema.validate(letter, schema("dead_letter"))
        assert value_of(letter) == source[letter["origin"]["partition"], letter["origin"]["offset"]].value
    piped = fracas("dlq", "export", "-c", made.setup.path)
    assert piped.code == DONE and len(piped.lines()) == 12, piped
    there = fracas("dlq", "export", "--to", file, "-c", made.setup.path)
    assert there.code == USAGE and "is there already" in there.err, there


def check_archived_when_resolved(made: Scenario, folder) -> None:
    """Mended, sent again and published: what they were is kept."""
    topic = streams.raw(made.prefix, "customers")
    sent = fracas("secure-clean", "--code", "UNPRINTABLE_CHARS", "--remove-chars", "control", "--re-inject", topic,
                  "--limit", "4", "--why", "a test", "--yes", "-c", made.setup.path, seconds=90)
    assert sent.code == DONE, sent
    wait_until(lambda: of_metrics(made)["resolved"] == 4, 30, lambda: str(of_metrics(made)))
    done = dlq(made, "archive", "--state", "resolved", "--to", folder)
    assert done.code == DONE and printed("bulk", done.json(), "dlq_archive")["rows"] == 4, done
    kept = [row for day in (folder / "_errors" / "customers").iterdir() for row in rows(day)]
    assert [row["code"] for row in kept] == ["UNPRINTABLE_CHARS"] * 4
    assert {row["state"] for row in kept} == {"resolved"}, kept


def test_what_was_resolved_is_archived(cluster, unique, tmp_path, free_port):
    made = scenario_with_letters(cluster, unique, tmp_path, free_port)
    with made.setup.start() as daemon:
        made.done("customers", daemon)
        wait_until(lambda: of_metrics(made)["open"] == 12, 40, daemon.tail)
        check_archived_when_resolved(made, tmp_path / "archive")
        assert daemon.stop() == 0, daemon.tail()


def check_discarded(made: Scenario, folder) -> None:
    asked = fracas("dlq", "discard", "--code", "UNPRINTABLE_CHARS", "-c", made.setup.path, "--why", "a test", stdin=b"")
    assert asked.code == FAILED and "nothing was discarded" in asked.err, asked
    few = dlq(made, "discard", "--limit", "2", "--why", "a test", "--yes")
    assert few.code == USAGE and "more than 2" in few.err, few
    done = dlq(made, "discard", "--code", "UNPRINTABLE_CHARS", "--why", "a test", "--yes")
    assert done.code == DONE and printed("bulk", done.json(), "dlq_discard")["letters"] == 4, done
    wait_until(lambda: of_metrics(made)["discarded"] == 4, 30, lambda: str(of_metrics(made)))
    counted = stats(made)
    assert {state: counted[state] for state in ("open", "discarded")} == {"open": 8, "discarded": 4}
    assert of_metrics(made) == {state: counted[state] for state in ("open", "resolved", "discarded", "expired")}
    assert stats(made, "--from-topic")["open"] == 8
    # What was archived stays archived.
    again = dlq(made, "archive", "--to", folder).json()
    assert (again["rows"], again["kept"]) == (8, 4)
    day, = (folder / "_errors" / "customers").iterdir()
    assert len(rows(day)) == 12


def test_letters_are_listed_shown_archived_and_discarded(cluster, unique, tmp_path, free_port):
    made = scenario_with_letters(cluster, unique, tmp_path, free_port)
    with made.setup.start() as daemon:
        made.done("customers", daemon)
        wait_until(lambda: of_metrics(made)["open"] == 12, 40, daemon.tail)
        assert stats(made)["open"] == 12
        check_listed(made)
        check_shown(made)
        check_exported(made, tmp_path)
        check_archived(made, tmp_path / "archive")
        check_discarded(made, tmp_path / "archive")
        assert daemon.stop() == 0, daemon.tail()
    # The topics alone tell the same when nobody runs.
    assert stats(made)["open"] == 8
    made.check("customers")


CONNECT = [("__connect.errors.topic", b"%s"), ("__connect.errors.partition", b"0"), ("__connect.errors.offset", b"0"),
           ("__connect.errors.connector.name", b"sink"), ("__connect.errors.task.id", b"0"),
           ("__connect.errors.stage", b"TASK_PUT"), ("__connect.errors.class.name", b"x.Sink"),
           ("__connect.errors.exception.class.name", b"x.E"), ("__connect.errors.exception.message", b"no")]


def test_other_systems_letters_are_told_as_far_as_they_can_be_believed(cluster, unique, tmp_path, free_port):
    made = Scenario(cluster, unique, tmp_path, free_port(), {"customers": streams.customers(unique)})
    source, letters = f"{unique}.orders", f"{unique}.orders-dlt"
    for topic in (source, letters):
        cluster.create(topic, 1)
    writer = cluster.writer()
    writer.send(source, b"the record", b"k", 0)
    connect = [(name, value % source.encode() if b"%" in value else value) for name, value in CONNECT]
    spring = [("kafka_dlt-exception-fqcn", b"a.Listener"), ("kafka_dlt-exception-stacktrace", b"a.Listener\n"),
              ("kafka_dlt-original-topic", source.encode()), ("kafka_dlt-original-partition", b"\0\0\0\0"),
              ("kafka_dlt-original-offset", b"\0\0\0\0\0\0\0\0")]
    writer.send(letters, b"the record", b"k", 0, headers=connect)
    writer.send(letters, b"another one", b"k", 0, headers=connect)
    writer.send(letters, b"{}", b"k", 0, headers=spring)
    writer.send(letters, b"no trace", None, 0)
    writer.flush()
    done = dlq(made, "show", "--topic", letters)
    assert done.code == DONE, done
    found = done.json()["letters"]
    for letter in found:
        jsonschema.validate(letter, schema("dead_letter"))
    told = [(e["origin"]["system"], e["origin"]["coordinates"], e["replay"]["possible"], e["replay"]["exact"])
            for e in found]
    assert told == [("connect", "proven", True, True), ("connect", "doubtful", False, False),
                    ("spring", "claimed", True, False), ("unknown", "none", False, False)], told
    assert any("is another" in note for note in found[1]["origin"]["notes"])
    listed = fracas("dlq", "ls", "--topic", letters, "-c", made.setup.path)
    assert listed.code == DONE and "spring" in listed.out, listed
    refused = dlq(made, "discard", f"{letters}/0/0", "--why", "a test", "--yes")
    assert refused.code == USAGE and "Kafka Connect" in refused.err, refused


def test_what_cannot_be_read_is_one_line(cluster, unique, tmp_path, free_port):
    made = Scenario(cluster, unique, tmp_path, free_port(), {"customers": streams.customers(unique)})
    for arguments, code, word in (
            (("ls", "--topic", f"{unique}.nowhere"), USAGE, "there is no topic"),
            (("show", f"{streams.dead_letters(unique, 'customers')}/0/99"), FAILED, "holds offsets 0 to 0"),
            (("show", f"{streams.dead_letters(unique, 'customers')}/77/0"), USAGE, "no partition"),
            (("ls", "--code", "NONSENSE"), USAGE, "fracas codes"),
            (("ls", "--state", "expired"), FAILED, "running instance")):
        done = dlq(made, *arguments)
        assert done.code == code and word in done.err, done
        assert len([line for line in done.err.splitlines() if line.startswith("error:")]) == 1, done
    empty = dlq(made, "ls")
    assert empty.code == DONE and empty.json()["letters"] == [] and "no open dead letters among 0 records" in empty.err
    away = write_config(tmp_path, streams.config(unique, made.setup.streams, "127.0.0.1:1"), "away.yaml")
    begin = time.monotonic()
    done = fracas("dlq", "ls", "-c", away)
    assert done.code == FAILED and time.monotonic() - begin < 15 * PATIENCE, done
    assert control.has("dlq")
