"""`fracas replay` on a real broker: exactly once through SIGKILL at any moment, dead letters under tickets, and all the
ways in which it stops by itself or refuses."""

import collections
import json
import os
import pty
import random
import subprocess
import time

import jsonschema
import pytest
import streams
import telemetry
import terminal
from cluster import PATIENCE, Cluster, Record, wait_until
from control import Console
from control_test import as_json, green, one_stream, send
from program import DONE, FAILED, FINDINGS, ROOT, USAGE, binary, fracas, write_config
from streams import dead_letters, published, raw
from verify_test import allow_text_points, with_own_contract

LONG = os.environ.get("FRACAS_FMEA") == "long"
RECORDS = 1_000_000 if LONG else 100_000


def valid(answer: dict) -> dict:
    schema = json.loads((ROOT / "schemas" / "outputs" / "replay.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(answer)
    return answer


def replay(setup, *arguments, seconds: float = 120):
    return as_json(setup, "replay", *arguments, "--why", "a test", "--yes", seconds=seconds)


def fill(cluster, topic: str, count: int, partitions: int) -> None:
    writer = cluster.writer()
    now = int(time.time() * 1000)
    for n in range(count):
        writer.send(topic, b'{"n":%d}' % n, b"k%d" % n, n % partitions, now - count + n, [("n", b"%d" % n)])
    writer.flush()


def there(cluster, topic: str, count: int) -> list[Record]:
    """What a reader sees of it: a commit may be answered a moment before its marker is on every partition."""
    wait_until(lambda: len(cluster.read(topic)) >= count, 30, lambda: f"{len(cluster.read(topic))} of {count}")
    records = cluster.read(topic)
    assert len(records) == count, (len(records), count)
    return records


def numbers(records) -> collections.Counter:
    return collections.Counter(record.header("n") for record in records)


def keep_failing(cluster, topic: str, count: int) -> None:
    """A topic of records that fail under their contract, all in one partition."""
    cluster.create(topic, 1)
    writer = cluster.writer()
    now = int(time.time() * 1000)
    for n in range(count):
        writer.send(topic, telemetry.points_as_text(n, now), telemetry.key(n), 0, now)
    writer.flush()


def test_a_job_that_is_killed_at_any_moment_sends_everything_once(cluster, unique, tmp_path, free_port):
    """SIGKILL at random moments until it is done: each record is there once, in its partition's order."""
    setup = one_stream(cluster, unique, tmp_path, free_port())
    source, target = f"{unique}.archive", f"{unique}.again"
    for topic in (source, target):
        cluster.create(topic, 4)
    fill(cluster, source, RECORDS, 4)
    chance = random.Random(unique)
    command = [binary(), "replay", "-c", str(setup.path), source, "--to", target, "--why", "a test", "--yes", "--job",
               "killed", "--output", "json"]
    if not LONG:
        command += ["--rate", "10000/s"]  # no life is long enough for more than a quarter
    kills = 0
    while True:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=chance.uniform(0.3, 2.5) if kills < 25 else 600 * PATIENCE)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
    assert process.returncode == DONE, (out, err)
    report = valid(json.loads(out))
    assert report["state"] == "done" and report["counts"]["sent"] == RECORDS, report
    assert report["fates"] is None and report["remaining"] == 0
    records = there(cluster, target, RECORDS)
    seen = numbers(records)
    assert len(seen) == RECORDS and set(seen.values()) == {1}, (len(records), len(seen), kills)
    for partition in range(4):
        order = [int(record.header("n")) for record in records if record.partition == partition]
        assert order == sorted(order) and all(n % 4 == partition for n in order)
    assert records[0].header("fracas.replay.job") == "killed" and records[0].header("fracas.replay.count") == "1"
    assert records[0].header("is_replay") == "true"
    assert kills >= 3, "it must have been killed while it worked"
    # Once more is no second time.
    again = replay(setup, source, "--to", target, "--job", "killed")
    assert again.code == DONE and "done before" in again.err, again
    assert len(cluster.read(target)) == RECORDS
    other = replay(setup, f"{source}/0", "--to", target, "--job", "killed")
    assert other.code == USAGE and "another --job" in other.err, other


def test_selected_records_only(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    source, target = f"{unique}.archive", f"{unique}.again"
    for topic in (source, target):
        cluster.create(topic, 1)
    now = int(time.time() * 1000)
    writer = cluster.writer()
    for n in range(100):
        writer.send(source, b'{"n":%d,"country":"%s"}' % (n, b"SE" if n % 10 == 0 else b"NO"), b"k", 0,
                    now - 100_000 + n * 1000, [("n", b"%d" % n), ("tier", b"gold" if n % 2 else b"tin")])
    writer.flush()
    dry = as_json(setup, "replay", source, "--to", target, "--why", "x", "--where", "/country=SE", "--dry-run")
    assert dry.code == DONE and dry.json()["counts"]["sent"] == 10 and len(dry.json()["samples"]) == 5, dry
    assert not cluster.read(target)

    def sent(*arguments) -> list[int]:
        before = len(cluster.read(target))
        done = replay(setup, *arguments, "--to", target)
        assert done.code == DONE, done
        records = there(cluster, target, before + valid(done.json())["counts"]["sent"])
        return [int(record.header("n")) for record in records[before:]]
    assert sent(source, "--where", "/country=SE") == list(range(0, 100, 10))
    assert sent(source, "--header", "tier=gold", "--limit", "1000") == list(range(1, 100, 2))
    assert sent(f"{source}/0/10-15") == [10, 11, 12, 13, 14]
    assert sent(f"{source}/0/42") == [42]
    begin, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime((now - 100_000) / 1000 + s)) for s in (20, 30))
    assert 9 <= len(sent(source, "--since", begin, "--until", end)) <= 10
    # A part now, the rest later.
    part = replay(setup, source, "--to", target, "--limit", "30", "--job", "parts")
    assert part.code == FINDINGS and part.json()["counts"]["sent"] == 30 and part.json()["state"] == "stopped", part
    rest = replay(setup, source, "--to", target, "--job", "parts")
    assert rest.code == DONE and rest.json()["counts"]["sent"] == 100, rest
    begin = time.monotonic()
    assert replay(setup, source, "--to", target, "--job", "slow", "--rate", "50/s").code == DONE
    assert time.monotonic() - begin > 1.5, "100 records at 50 a second"


def test_what_must_not_be_replayed(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    source = raw(unique, "customers")
    send(setup, *[telemetry.record] * 10)
    for arguments, said in (
            ((source, "--to", source), "--already-published"),
            ((source, "--to", published(unique, "customers")), "published topic"),
            ((source, "--to", dead_letters(unique, "customers")), "written by Fracas"),
            ((f"{unique}.failures", "--to", source), "no data"),
            ((f"{unique}.nothing", "--to", source), "no topic"),
            ((source, "--to", f"{unique}.nothing"), "no topic"),
            ((f"{source}/0/99", "--to", source, "--already-published"), "not there"),
            ((f"{source}/9/1", "--to", source, "--already-published"), "no partition 9"),
            (("--to", source, "--rate", "fast"), "--rate"),
            (("--to", source, "--where", "country"), "--where"),
            (("--to", source, "--code", "NO_SUCH"), "NO_SUCH")):
        done = replay(setup, *arguments, seconds=30)
        assert done.code == USAGE and said in done.err and done.err.count("\n") <= 2, (arguments, done)
    asked = fracas("replay", "-c", setup.path, source, "--to", source, "--already-published", "--why", "x")
    assert asked.code in (USAGE, FAILED) and "--yes" in asked.err, asked


def test_dead_letters_are_published_and_resolved(cluster, unique, tmp_path, free_port):
    """Diverted records become dead letters; the contract is mended; replayed under tickets they are published."""
    setup = one_stream(cluster, unique, tmp_path, free_port(), dispositions={"TYPE_MISMATCH": "dead_letter"},
                       audit={"max_failed_ratio": 0.9})
    contract = with_own_contract(setup, tmp_path)
    console = Console(setup)
    send(setup, *([telemetry.record] * 9 + [telemetry.points_as_text]) * 30)
    source = raw(unique, "customers")
    with setup.start() as daemon:
        green(console, daemon)
        setup.wait_until_all_is_committed(source, daemon)
        wait_until(lambda: (console.stream("customers").get("dead_letters") or {}).get("open") == 30, 60, daemon.tail)
        dry = as_json(setup, "replay", "--stream", "customers", "--to", source, "--why", "x", "--dry-run")
        assert dry.json()["counts"]["sent"] == 30 and dry.json()["samples"][0]["code"] == "TYPE_MISMATCH", dry
        # Not mended: all fail again. The new letters stand for the records, the older ones are discarded.
        failed = replay(setup, "--stream", "customers", "--code", "TYPE_MISMATCH", "--to", source, "--job", "first",
                        "--stop-at", "1")
        assert failed.code == FINDINGS, (failed, daemon.tail())
        fates = valid(failed.json())["fates"]
        assert fates == {"settled": True, "published": 0, "failed_again": 30, "parked": 0, "masked": 0,
                         "waiting": 0}, failed
        counts = [letter.header("fracas.replay.count") for letter in setup.dead_letters("customers")]
        assert counts == ["0"] * 30 + ["1"] * 30
        assert failed.json()["older_discarded"] == 30 and "30 older dead letters" in failed.err, failed
        wait_until(lambda: letters_are(console, 30), 60, daemon.tail)
        table = fracas("dlq", "ls", "-c", setup.path, "--state", "discarded")
        newer = setup.dead_letters("customers")[30:]
        stand = f"{dead_letters(unique, 'customers')}/0/{newer[0].offset}-{newer[-1].offset + 1}"
        assert f"its replay failed again: a dead letter of {stand} stands for it" in table.out, table
        listed = as_json(setup, "dlq", "ls", "--state", "discarded").json()["letters"]
        assert len(listed) == 30 and all(letter["replay_count"] == 0 and letter["ended"]["who"] for letter in listed)
        assert daemon.stop() == DONE
    allow_text_points(contract)
    with setup.start("second") as daemon:
        green(console, daemon)
        wait_until(lambda: letters_are(console, 30), 60, daemon.tail)
        done = replay(setup, "--stream", "customers", "--to", source, "--job", "second")
        assert done.code == DONE, (done, daemon.tail())
        report = done.json()
        assert report["counts"]["sent"] == 30 and report["counts"]["superseded"] == 0, report
        assert report["fates"] == {**fates, "published": 30, "failed_again": 0}, report
        assert report["red"] is None and report["older_discarded"] == 0, report
        wait_until(lambda: letters_are(console, 0), 60, daemon.tail)
        copies = setup.published("customers")
        numbers_of = collections.Counter(json.loads(copy.value)["messageId"] for copy in copies)
        assert len(copies) == 300 and set(numbers_of.values()) == {1}
        replayed = [copy for copy in copies if copy.header("is_replay") == "true"]
        assert len(replayed) == 30
        for copy in replayed:
            assert copy.header("original_message_id") == json.loads(copy.value)["messageId"], copy
            assert copy.header("fracas.replay.why") == "a test" and copy.header("fracas.replay.who"), copy
        notes = [entry["why"] for entry in console.journal() if entry["type"] == "note"]
        assert len(notes) == 2 and "replay job first" in notes[0], notes
        assert daemon.stop() == DONE


def letters_are(console: Console, count: int) -> bool:
    return (console.stream("customers").get("dead_letters") or {}).get("open") == count


def test_dead_letters_are_replayed_once_however_often_it_is_killed(cluster, unique, tmp_path, free_port):
    """The same with tickets: what is published resolves its letter, and no record is there twice."""
    count = 20_000 if LONG else 1_500
    setup = one_stream(cluster, unique, tmp_path, free_port(), dispositions={"TYPE_MISMATCH": "dead_letter"},
                       audit={"max_failed_ratio": 1.0, "max_failed_records": 1_000_000})
    contract = with_own_contract(setup, tmp_path)
    console = Console(setup)
    send(setup, *[telemetry.points_as_text] * count)
    source = raw(unique, "customers")
    with setup.start() as daemon:
        green(console, daemon)
        setup.wait_until_all_is_committed(source, daemon, 120)
        assert daemon.stop() == DONE
    allow_text_points(contract)
    chance = random.Random(unique)
    command = [binary(), "replay", "-c", str(setup.path), "--code", "TYPE_MISMATCH", "--to", source, "--why", "a test",
               "--yes", "--output", "json"]
    if not LONG:
        command += ["--rate", "200/s"]  # no life is long enough for half of them
    with setup.start("second") as daemon:
        green(console, daemon)
        wait_until(lambda: letters_are(console, count), 120, daemon.tail)
        kills = 0
        while True:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                out, err = process.communicate(timeout=chance.uniform(0.5, 3) if kills < 6 else 600 * PATIENCE)
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
        assert process.returncode == DONE and kills >= 2, (out, err, kills, daemon.tail())
        report = valid(json.loads(out))
        assert report["counts"]["sent"] == count and report["fates"]["published"] == count, report
        wait_until(lambda: letters_are(console, 0), 120, daemon.tail)
        copies = collections.Counter(json.loads(copy.value)["messageId"] for copy in setup.published("customers"))
        assert len(copies) == count and set(copies.values()) == {1}
        # The same command again has nothing to send, and says so.
        again = subprocess.run(command, capture_output=True, text=True, timeout=120 * PATIENCE, check=False)
        assert again.returncode == DONE and "nothing new matches" in again.stderr, again
        assert daemon.stop() == DONE


def test_all_letters_of_a_quarantined_id_in_the_order_of_the_source(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    console = Console(setup)
    source = raw(unique, "customers")
    with setup.start() as daemon:
        green(console, daemon)
        console.applied("quarantine", "add", "--id", telemetry.customer(3), stream="customers")
        wait_until(lambda: console.stream("customers")["quarantine"]["entries"] == 1, 30, daemon.tail)
        writer = cluster.writer()
        now = int(time.time() * 1000)
        for n in range(40):
            value = telemetry.record(n if n % 4 else 3, now, messageId=f'"{telemetry.uuid(n)}"')
            writer.send(source, value, b"k", 0, now, [("n", b"%d" % n)])
        writer.flush()
        setup.wait_until_all_is_committed(source, daemon)
        # Every fourth, and record 3 itself.
        wait_until(lambda: letters_are(console, 11), 60, lambda: f"{console.stream('customers')} {daemon.tail()}")
        done = replay(setup, "--quarantine", telemetry.customer(3), "--to", source)
        assert done.code == DONE, (done, daemon.tail())
        assert valid(done.json())["fates"]["published"] == 11, done
        copies = setup.published("customers")
        replayed = [int(copy.header("n")) for copy in copies if copy.header("is_replay")]
        assert replayed == [0, 3, 4] + list(range(8, 40, 4)), replayed
        assert len(copies) == 40
        wait_until(lambda: letters_are(console, 0), 60, daemon.tail)
        none = replay(setup, "--quarantine", "nobody", "--to", source)
        assert none.code == FAILED and "nothing matched" in none.err, none
        assert daemon.stop() == DONE


def test_other_systems_letters_go_back_to_where_they_came_from(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    source, other, letters = f"{unique}.orders", f"{unique}.invoices", f"{unique}.orders-dlt"
    for topic in (source, other, letters):
        cluster.create(topic, 2)
    writer = cluster.writer()
    for n in range(10):
        writer.send(letters, b"order %d" % n, b"k%d" % n, 0, headers=[("n", b"%d" % n), *connect(source, n % 2, n)])
    writer.send(letters, b"an invoice", b"k", 0, headers=connect(other, 0, 0))
    writer.send(letters, b"{}", b"k", 0, headers=spring(source))
    writer.send(letters, b"no trace", None, 0)
    writer.flush()
    done = replay(setup, "--topic", letters, "--to", source)
    assert done.code == DONE, done
    counts = valid(done.json())["counts"]
    assert (counts["sent"], counts["elsewhere"], counts["rewritten"]) == (10, 1, 2), counts
    back = there(cluster, source, 10)
    assert sorted((record.partition, record.value) for record in back) == sorted(
        (n % 2, b"order %d" % n) for n in range(10))
    assert all(record.header("__connect.errors.topic") is None and record.header("n") for record in back)
    assert back[0].header("fracas.replay.of").startswith(source)
    table = fracas("replay", "-c", setup.path, "--topic", letters, "--to", source, "--why", "x", "--dry-run",
                   "--rewritten", "--any-origin")
    assert table.code == DONE and "13 would be sent" in table.out, table
    lost = fracas("replay", "-c", setup.path, letters, "--code", "TYPE_MISMATCH", "--to", source, "--why", "x")
    assert lost.code == USAGE and f"--topic {letters}" in lost.err, lost


def connect(topic: str, partition: int, offset: int) -> list[tuple[str, bytes]]:
    """The block that Kafka Connect appends."""
    values = {"topic": topic, "partition": str(partition), "offset": str(offset), "connector.name": "sink",
              "task.id": "0", "stage": "TASK_PUT", "class.name": "x.Sink", "exception.class.name": "x.E",
              "exception.message": "no"}
    return [(f"__connect.errors.{name}", value.encode()) for name, value in values.items()]


def spring(topic: str) -> list[tuple[str, bytes]]:
    return [("kafka_dlt-exception-fqcn", b"a.Listener"), ("kafka_dlt-exception-stacktrace", b"a.Listener\n"),
            ("kafka_dlt-original-topic", topic.encode()), ("kafka_dlt-original-partition", b"\0\0\0\0"),
            ("kafka_dlt-original-offset", b"\0\0\0\0\0\0\0\0")]


def test_the_same_command_takes_what_has_come_since(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    source, target = f"{unique}.archive", f"{unique}.again"
    for topic in (source, target):
        cluster.create(topic, 2)
    fill(cluster, source, 100, 2)
    first = replay(setup, source, "--to", target)
    assert first.code == DONE and first.json()["counts"]["sent"] == 100, first
    again = replay(setup, source, "--to", target)
    assert again.code == DONE and "nothing new matches" in again.err, again
    assert again.json()["job"] == first.json()["job"] and there(cluster, target, 100)
    fill(cluster, source, 40, 2)
    more = replay(setup, source, "--to", target)
    assert more.code == DONE and more.json()["counts"]["sent"] == 40, more
    assert more.json()["job"] == first.json()["job"] + "-2" and there(cluster, target, 140)
    empty = f"{unique}.empty"
    cluster.create(empty, 1)
    none = replay(setup, empty, "--to", target)
    assert none.code == FAILED and "nothing matched" in none.err, none
    missed = replay(setup, source, "--to", target, "--header", "no-such")
    assert missed.code == FAILED and "nothing matched among 140 records" in missed.err, missed


@terminal.needed
def test_a_person_is_asked_with_counts(cluster, unique, tmp_path, free_port):
    """On a terminal the question names what is sent; what does not fit it is not sent."""
    setup = one_stream(cluster, unique, tmp_path, free_port())
    source, target = f"{unique}.archive", f"{unique}.again"
    for topic in (source, target):
        cluster.create(topic, 1)
    fill(cluster, source, 30, 1)
    command = [binary(), "replay", "-c", str(setup.path), source, "--to", target, "--why", "a test", "--header", "n=7"]
    for answer, code, count in ((b"no\n", FAILED, 0), (b"yes\n", DONE, 1)):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.write(ours, answer)
        out, err = process.communicate(timeout=60 * PATIENCE)
        os.close(ours)
        os.close(theirs)
        assert process.returncode == code and b"Send 1 record to" in err and b"1 would be sent" in out, (out, err)
        assert len(there(cluster, target, count)) == count


@pytest.mark.parametrize("disposition", ["hold", "dead_letter"])
def test_it_stops_by_itself(cluster, unique, tmp_path, free_port, disposition):
    """The target turns RED; or it flows, and too much of what was sent fails again."""
    setup = one_stream(cluster, unique, tmp_path, free_port(), dispositions={"TYPE_MISMATCH": disposition},
                       audit={"max_failed_ratio": 1.0, "max_failed_records": 100_000})
    contract = with_own_contract(setup, tmp_path)
    console = Console(setup)
    archive, source = f"{unique}.archive", raw(unique, "customers")
    keep_failing(cluster, archive, 2_000)
    with setup.start() as daemon:
        green(console, daemon)
        done = replay(setup, archive, "--to", source, "--rate", "200/s", "--job", "stops", "--wait", "5s")
        assert done.code == FINDINGS, (done, daemon.tail())
        report = valid(done.json())
        assert report["state"] == "stopped" and 0 < report["counts"]["sent"] < 2_000, report
        assert ("turned RED" if disposition == "hold" else "failed again") in report["reason"], report
        fates = report["fates"]
        assert fates["published"] == 0 == len(setup.published("customers")), "what waits is not published"
        told = sum(fates[fate] for fate in ("published", "failed_again", "parked", "masked", "waiting"))
        assert told == report["counts"]["sent"], report
        if disposition == "hold":
            assert fates["waiting"] == told and not fates["settled"], report
            assert report["red"]["since"] and report["red"]["reason"], report
            assert "is RED since" in done.err and "resume-pipeline -c" in done.err, done
            refused = replay(setup, archive, "--to", source, "--job", "stops")
            assert refused.code == FAILED and "resume" in refused.err, refused
        assert daemon.stop() == DONE
    if disposition == "hold":
        return
    # What failed before says nothing about what is sent now that it is mended.
    allow_text_points(contract)
    with setup.start("mended") as daemon:
        green(console, daemon)
        done = replay(setup, archive, "--to", source, "--job", "stops", "--rate", "400/s")
        last = valid(done.json())
        assert last["state"] == "done" and last["counts"]["sent"] == 2_000, (done, daemon.tail())
        assert last["fates"]["failed_again"] == fates["failed_again"] + fates["waiting"], (report, last)
        assert last["fates"]["published"] == 2_000 - last["fates"]["failed_again"] > 1_000, last
        assert daemon.stop() == DONE


def test_letters_that_an_earlier_replay_left_open_go_with_the_next(cluster, unique, tmp_path, free_port):
    """Nobody waited for the first replay, so that both letters of a record are open: one is sent, none stays."""
    setup = one_stream(cluster, unique, tmp_path, free_port(), dispositions={"TYPE_MISMATCH": "dead_letter"},
                       audit={"max_failed_ratio": 1.0, "max_failed_records": 100_000})
    contract = with_own_contract(setup, tmp_path)
    console, source, count = Console(setup), raw(unique, "customers"), 25
    send(setup, *[telemetry.points_as_text] * count)
    with setup.start() as daemon:
        green(console, daemon)
        wait_until(lambda: letters_are(console, count), 60, daemon.tail)
        dry = replay(setup, "--stream", "customers", "--to", source, "--dry-run")
        assert dry.code == DONE and dry.json()["counts"]["sent"] == count, dry
        left = replay(setup, "--stream", "customers", "--to", source, "--job", "first", "--stop-at", "1", "--wait",
                      "0s")
        assert left.json()["counts"]["sent"] == count, left
        gone = left.json()["older_discarded"]
        wait_until(lambda: letters_are(console, 2 * count - gone), 60, daemon.tail)
        assert daemon.stop() == DONE
    allow_text_points(contract)
    with setup.start("mended") as daemon:
        green(console, daemon)
        wait_until(lambda: letters_are(console, 2 * count - gone), 60, daemon.tail)
        looked = replay(setup, "--stream", "customers", "--to", source, "--job", "second", "--dry-run")
        assert looked.json()["counts"]["superseded"] == count - gone, looked
        assert letters_are(console, 2 * count - gone), "a dry run discards nothing"
        done = replay(setup, "--stream", "customers", "--to", source, "--job", "second")
        report = valid(done.json())
        assert done.code == DONE and report["fates"]["published"] == count, (done, daemon.tail())
        assert report["older_discarded"] == report["counts"]["superseded"] == count - gone, report
        wait_until(lambda: letters_are(console, 0), 60, daemon.tail)
        assert len(setup.published("customers")) == count
        assert daemon.stop() == DONE


def test_a_stream_that_turns_red_at_the_end_is_named(cluster, unique, tmp_path, free_port):
    """All of it was sent, and the last of it holds: the report says since when the stream is RED and what helps."""
    setup = one_stream(cluster, unique, tmp_path, free_port(), dispositions={"TYPE_MISMATCH": "hold"})
    console, archive, source = Console(setup), f"{unique}.archive", raw(unique, "customers")
    keep_failing(cluster, archive, 3)
    with setup.start() as daemon:
        green(console, daemon)
        done = replay(setup, archive, "--to", source, "--job", "red", "--wait", "60s")
        report = valid(done.json())
        assert done.code == FINDINGS and report["fates"]["waiting"] == 3, (done, daemon.tail())
        assert report["red"]["since"] and "TYPE_MISMATCH" in report["red"]["reason"], report
        said = " ".join(done.err.split())
        assert "is RED since" in said and "resume-pipeline -c" in said and "--stream customers" in said, done
        # Asked once more it looks by itself: the watch has not seen it turn.
        again = replay(setup, archive, "--to", source, "--job", "red", "--wait", "1s")
        assert again.code == FINDINGS and "is RED since" in again.err, again
        assert daemon.stop() == DONE


def test_two_processes_with_one_job_do_not_send_twice(cluster, unique, tmp_path, free_port):
    setup = one_stream(cluster, unique, tmp_path, free_port())
    source, target = f"{unique}.archive", f"{unique}.again"
    for topic in (source, target):
        cluster.create(topic, 2)
    fill(cluster, source, 20_000, 2)
    command = [binary(), "replay", "-c", str(setup.path), source, "--to", target, "--why", "a test", "--yes", "--rate",
               "4000/s", "--job", "both"]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: cluster.read(target), 30, "the first has not begun")
    second = subprocess.run(command, capture_output=True, text=True, timeout=120 * PATIENCE, check=False)
    _, err = first.communicate(timeout=60 * PATIENCE)
    assert second.returncode == DONE, second
    assert first.returncode == FAILED and "another process" in err, err
    seen = numbers(there(cluster, target, 20_000))
    assert len(seen) == 20_000 and set(seen.values()) == {1}



USER = "tool"


class Guarded:
    """A Kafka of its own that asks who comes."""

    def __init__(self, folder, port: int):
        self.kafka = [str(ROOT / "deploy" / "kafka")]
        self.folder = ["--dir", str(folder)]
        self.run("start", "--port", str(port), "--user", f"{USER}:secret")
        self.cluster = Cluster(f"127.0.0.1:{port}")  # who comes without a name may do everything
        self.settings = {"bootstrap.servers": self.run("brokers", "--sasl").strip(), "sasl.mechanism": "PLAIN",
                         "security.protocol": "SASL_PLAINTEXT", "sasl.username": USER, "sasl.password": "secret"}

    def run(self, verb: str, *arguments: str) -> str:
        command = [*self.kafka, verb, *self.folder, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done
        return done.stdout

    def rule(self, permission: str, *resources: str, operations: str) -> None:
        words = [word for operation in operations.split() for word in ("--operation", operation)]
        self.run("cli", "kafka-acls", "--add", f"--{permission}-principal", f"User:{USER}", *words, *resources)

    def lift(self, *resource: str, operations: str) -> None:
        words = [word for operation in operations.split() for word in ("--operation", operation)]
        self.run("cli", "kafka-acls", "--remove", "--force", "--deny-principal", f"User:{USER}", *words, *resource)


@pytest.fixture
def guarded(tmp_path, free_port):
    made = Guarded(tmp_path / "kafka", free_port())
    yield made
    made.run("stop")


def allow_what_is_documented(guarded: Guarded, group: str, source: str, target: str) -> None:
    """What deploy/acls.md says that whoever sends again needs."""
    guarded.rule("allow", "--topic", source, "--topic", target, operations="Read Describe DescribeConfigs")
    guarded.rule("allow", "--topic", f"{group}.", "--resource-pattern-type", "prefixed",
                 operations="Read Describe DescribeConfigs")
    guarded.rule("allow", "--topic", target, "--topic", f"{group}.control", operations="Write")
    guarded.rule("allow", "--topic", f"{group}.replays", operations="Write Create")
    guarded.rule("allow", "--group", group, operations="Describe")
    guarded.rule("allow", "--transactional-id", f"{group}.replay.", "--resource-pattern-type", "prefixed",
                 operations="Write Describe")


def test_the_documented_rights_are_enough_and_a_missing_one_is_one_line(guarded, unique, tmp_path, free_port):
    cluster = guarded.cluster
    setup = one_stream(cluster, unique, tmp_path, free_port())
    source, target = f"{unique}.archive", f"{unique}.again"
    for topic in (source, target):
        cluster.create(topic, 1)
    fill(cluster, source, 10, 1)
    theirs = write_config(tmp_path, {**streams.config(unique, setup.streams), "kafka": guarded.settings}, "theirs.yaml")

    def run(job: str):
        begin = time.monotonic()
        done = fracas("replay", "-c", theirs, source, "--to", target, "--why", "x", "--yes", "--job", job, seconds=60)
        assert time.monotonic() - begin < 45 * PATIENCE, done
        return done

    def refused(job: str, said: str) -> None:
        done = run(job)
        assert done.code == FAILED and said in done.err, done
        assert len([line for line in done.err.splitlines() if line.startswith("error:")]) == 1, done
        assert not cluster.read(target)
    refused("nothing", unique)
    allow_what_is_documented(guarded, unique, source, target)
    for kind, name, operation in (("--topic", source, "Read"), ("--topic", target, "Write"),
                                  ("--topic", target, "Describe"), ("--topic", f"{unique}.replays", "Write"),
                                  ("--transactional-id", f"{unique}.replay.j", "Write")):
        guarded.rule("deny", kind, name, operations=operation)
        refused("j", name)
        guarded.lift(kind, name, operations=operation)
    done = run("j")
    assert done.code == DONE and there(cluster, target, 10), done
