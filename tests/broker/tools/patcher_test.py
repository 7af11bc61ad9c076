"""The support engineer's story on a real broker: a bad character turns a stream RED; inspect says where it is;
secure-clean mends it and sends it again; the stream resumes and every record is accounted for."""

import calendar
import json
import pathlib
import subprocess
import time
import urllib.parse
import urllib.request

import telemetry
from cluster import wait_until
from control import Console
from program import DONE, FAILED, FINDINGS, USAGE, Finished, binary, fracas
from published import printed
from running import Setup
from streams import PIPELINE, customers, dead_letters, published, raw

STREAM = f"{PIPELINE}/customers"


def patcher(setup: Setup, command: str, *arguments, seconds: float = 90) -> Finished:
    done = fracas(command, *arguments, "-c", setup.path, seconds=seconds)
    return done


def send(setup: Setup, values, partition: int = 0, headers=()) -> None:
    writer = setup.cluster.writer()
    for n, value in values:
        writer.send(raw(setup.prefix, "customers"), value, telemetry.key(n), partition, now_ms(), list(headers))
    writer.flush()


def bell(n: int, time_ms: int) -> bytes:
    return telemetry.record(n, time_ms, tags='["bell\x07"]')


def start(cluster, unique, tmp_path, port, **more) -> tuple[Setup, Console]:
    made = {"customers": customers(unique, batch={"records": 50, "interval": "20ms"}, **more)}
    setup = Setup(cluster, unique, tmp_path, port, made, partitions=1, roles=["pipeline", "control", "ledger", "api"])
    return setup, Console(setup)


def now_ms() -> int:
    return int(time.time() * 1000)


def test_bad_character_red_inspect_secure_clean_resume(cluster, unique, tmp_path, free_port):
    setup, console = start(cluster, unique, tmp_path, free_port(), dispositions={"UNPRINTABLE_CHARS": "hold"})
    topic = raw(unique, "customers")
    with setup.start() as daemon:
        console.wait_for("customers", "GREEN")
        now = now_ms()
        send(setup, [(n, telemetry.record(n, now)) for n in range(20)])
        setup.wait_until_all_is_committed(topic, daemon)
        send(setup, [(20, bell(20, now)), *((n, telemetry.record(n, now)) for n in range(21, 40))])
        console.wait_for("customers", "RED")
        place = f"{topic}/0/20"

        seen = patcher(setup, "inspect", place, "--output", "json").json()["records"][0]
        finding = next(f for f in seen["findings"] if f["name"] == "UNPRINTABLE_CHARS")
        assert finding["character"] == "U+0007 BELL" and finding["pointer"] == "/tags/0", seen
        assert finding["occurred"]["records"] >= 1 and seen["quarantine"] == [], seen
        assert seen["mend"]["complete"] and "secure-clean" in seen["mend"]["command"], seen
        shown = patcher(setup, "inspect", place)
        assert shown.code == FINDINGS and "example.com" not in shown.out, shown

        mend = ("secure-clean", place, "--remove-chars", r"\x07", "--why", "ticket 4711")
        dry = patcher(setup, *mend, "--re-inject", topic, "--dry-run")
        assert dry.code == DONE and "quarantined" in dry.out and cluster.high(topic) == [40], dry
        unasked = patcher(setup, *mend, "--re-inject", topic)
        assert unasked.code == FAILED and cluster.high(topic) == [40], "nobody said yes"
        sent = patcher(setup, *mend, "--re-inject-queue", topic, "--yes")
        assert sent.code == DONE and "waiting:" in sent.out and "resume-pipeline" in sent.err, sent
        twice = patcher(setup, *mend, "--re-inject", topic, "--yes", "--who", "second")
        assert twice.code == FINDINGS and cluster.high(topic) == [41], twice
        said = " ".join(twice.out.split())
        assert "a replay of it is under way: sent by" in said and "ticket 4711" in said and "--force" in said, twice

        # As the hint says. The five ticks take as long as they take: this asks for the trial and the answer.
        resumed = patcher(setup, "resume-pipeline", "--pipeline", PIPELINE, "--why", "ticket 4711", "--yes", "--output",
                          "json", seconds=180)
        story = printed("resume", resumed.json())
        assert resumed.code == DONE and story["verified"], (resumed, daemon.tail())
        assert story["stopped"][0]["quarantined_since"] == 1 and story["trials"][0]["breaker"]["state"] == "GREEN"
        setup.wait_until_all_is_committed(topic, daemon)
        check_replay(setup, 20)
        wait_until(lambda: letter_states(setup) == {"resolved": 1}, 30, lambda: str(letter_states(setup)))
        assert daemon.stop() == 0, daemon.tail()
    assert len(setup.published("customers")) == 40, "each record once"


def check_replay(setup: Setup, n: int) -> None:
    replay, = [r for r in setup.published("customers") if r.header("is_replay") is not None]
    assert replay.value == telemetry.record(n, json_time(replay.value), tags='["bell"]')
    assert replay.header("is_replay") == "true" and replay.header("fracas.replay.count") == "1"
    assert replay.header("original_message_id") == telemetry.uuid(n)
    assert replay.header("fracas.replay.of") == f"{raw(setup.prefix, 'customers')}/0/{n}"
    assert replay.header("fracas.replay.why") == "ticket 4711" and "@" in replay.header("fracas.replay.who")


def json_time(value: bytes) -> int:
    text = json.loads(value)["eventTime"]
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) * 1000 + int(text[20:23])


def letter_states(setup: Setup) -> dict[str, int]:
    url = f"http://127.0.0.1:{setup.port}/state/dead_letters?stream={urllib.parse.quote(STREAM, safe='')}"
    with urllib.request.urlopen(url, timeout=5) as answer:
        letters = json.loads(answer.read())["letters"]
    states: dict[str, int] = {}
    for letter in letters:
        states[letter["state"]] = states.get(letter["state"], 0) + 1
    return states


def test_many_dead_letters_by_selection_and_what_became_of_each(cluster, unique, tmp_path, free_port):
    setup, console = start(cluster, unique, tmp_path, free_port(),
                           audit={"max_failed_ratio": 1.0, "max_failed_records": 1_000_000})
    topic = raw(unique, "customers")
    with setup.start() as daemon:
        console.wait_for("customers", "GREEN")
        now = now_ms()
        send(setup, [(n, bell(n, now)) for n in range(5)])
        send(setup, [(5, telemetry.record(5, now, amount="NaN"))])
        setup.wait_until_all_is_committed(topic, daemon)
        wait_until(lambda: letter_states(setup) == {"open": 6}, 30, lambda: str(letter_states(setup)))
        mend = ("secure-clean", "--code", "UNPRINTABLE_CHARS", "--remove-chars", "control", "--re-inject", topic,
                "--yes", "--why", "ticket 4711")
        too_few = patcher(setup, *mend, "--limit", "4")
        assert too_few.code == USAGE and "--limit" in too_few.err, "never acts on fewer than are meant"
        done = patcher(setup, *mend, "--limit", "5", "--output", "json")
        fates = [r["sent"] for r in done.json()["records"]]
        assert done.code == DONE and len(fates) == 5, done
        assert all(f["fate"] == "published" and f["resolved"] for f in fates), done
        assert [f["place"] for f in fates] == [f"{published(unique, 'customers')}/0/{r.offset}"
                                               for r in setup.published("customers")]
        wait_until(lambda: letter_states(setup) == {"open": 1, "resolved": 5}, 30, lambda: str(letter_states(setup)))
        again = patcher(setup, "secure-clean", f"{dead_letters(unique, 'customers')}/0/0", "--remove-chars", "control",
                        "--re-inject", topic, "--why", "t", "--yes")
        assert again.code == FINDINGS and "resolved already" in again.out, again
        still = patcher(setup, "secure-clean", "--code", "JSON_MALFORMED", "--remove-chars", "control", "--re-inject",
                        topic, "--why", "t", "--yes")
        assert still.code == FINDINGS and "nothing was sent" in still.err, still
        assert len(setup.published("customers")) == 5
        send(setup, [(12, bell(12, now))])
        wait_until(lambda: letter_states(setup) == {"open": 2, "resolved": 5}, 30, lambda: str(letter_states(setup)))
        quick = patcher(setup, "secure-clean", f"{topic}/0/{cluster.high(topic)[0] - 1}", "--remove-chars", "control",
                        "--re-inject", topic, "--why", "t", "--yes", "--wait", "0s")
        assert quick.code == DONE, quick
        assert ("not waited for" in quick.out and "fracas dlq ls" in quick.err) or "published:" in quick.out, quick
        wait_until(lambda: letter_states(setup) == {"open": 1, "resolved": 6}, 30, lambda: str(letter_states(setup)))
        assert daemon.stop() == 0, daemon.tail()


def test_a_replay_that_fails_again_comes_back_with_its_reason(cluster, unique, tmp_path, free_port):
    """The contract that judges is stricter than the one that secure-clean was given."""
    setup, console = start(cluster, unique, tmp_path, free_port(), dispositions={"TYPE_MISMATCH": "dead_letter"})
    topic = raw(unique, "customers")
    lenient = setup.path.with_name("lenient.yaml")
    text = setup.path.read_text()
    contract = next(line.split()[-1] for line in text.splitlines() if "contract:" in line)
    loose = json.loads(pathlib.Path(contract).read_text())
    loose["properties"]["loyaltyPoints"] = {}
    loose_file = tmp_path / "loose.schema.json"
    loose_file.write_text(json.dumps(loose))
    lenient.write_text(text.replace(contract, str(loose_file)))
    with setup.start() as daemon:
        console.wait_for("customers", "GREEN")
        send(setup, [(0, telemetry.points_as_text(0, now_ms()))])
        setup.wait_until_all_is_committed(topic, daemon)
        wait_until(lambda: letter_states(setup) == {"open": 1}, 30, lambda: str(letter_states(setup)))
        done = fracas("secure-clean", f"{topic}/0/0", "-c", lenient, "--re-inject", topic, "--why", "t", "--yes",
                      seconds=90)
        assert done.code == FINDINGS and "held again:" in done.out and "TYPE_MISMATCH" in done.out, done
        letters = setup.dead_letters("customers")
        assert [r.header("fracas.replay.count") for r in letters] == ["0", "1"]
        # The newer letter stands for the record: the older one is discarded, and is not sent a second time.
        dlq = dead_letters(unique, "customers")
        older, newer = (f"{dlq}/0/{letter.offset}" for letter in letters)
        assert "1 older dead letter is discarded" in done.err, done
        wait_until(lambda: letter_states(setup) == {"open": 1, "discarded": 1}, 30, lambda: str(letter_states(setup)))
        table = patcher(setup, "dlq", "ls", "--state", "discarded")
        assert f"its replay failed again: {newer} stands for it" in table.out, table
        mend = ("--set", "/loyaltyPoints=41", "--re-inject", topic, "--why", "t", "--yes")
        for place in (older, f"{topic}/0/0"):
            refused = patcher(setup, "secure-clean", place, *mend)
            assert refused.code == FINDINGS and f"dead letter {newer}, which stands for both" in refused.out, refused
        newest = patcher(setup, "secure-clean", newer, *mend)
        assert newest.code == DONE and "published:" in newest.out, newest
        wait_until(lambda: letter_states(setup) == {"discarded": 1, "resolved": 1}, 30,
                   lambda: str(letter_states(setup)))
        late = patcher(setup, "secure-clean", f"{topic}/0/0", *mend)
        assert late.code == FINDINGS and "readers have the record" in late.out, late
        assert len(setup.published("customers")) == 1
        assert daemon.stop() == 0, daemon.tail()


def test_of_several_letters_of_a_record_only_the_newest_is_sent(cluster, unique, tmp_path, free_port):
    """Nobody waited for the replays that failed, so that both letters of each record are open."""
    setup, console = start(cluster, unique, tmp_path, free_port(), dispositions={"TYPE_MISMATCH": "dead_letter"},
                           audit={"max_failed_ratio": 1.0, "max_failed_records": 1_000_000})
    topic, dlq = raw(unique, "customers"), dead_letters(unique, "customers")
    with setup.start() as daemon:
        console.wait_for("customers", "GREEN")
        send(setup, [(n, telemetry.points_as_text(n, now_ms())) for n in range(3)])
        setup.wait_until_all_is_committed(topic, daemon)
        wait_until(lambda: letter_states(setup) == {"open": 3}, 30, lambda: str(letter_states(setup)))
        again = fracas("replay", "-c", setup.path, "--stream", "customers", "--to", topic, "--why", "t", "--yes",
                       "--wait", "0s", "--stop-at", "1", seconds=90)
        wait_until(lambda: len(setup.dead_letters("customers")) == 6, 30, lambda: str(again))
        wait_until(lambda: sum(letter_states(setup).values()) == 6, 30, lambda: str(letter_states(setup)))
        older = letter_states(setup).get("discarded", 0)
        mend = ("secure-clean", "--set", "/loyaltyPoints=41", "--re-inject", topic, "--why", "t", "--yes")
        one = patcher(setup, *mend, f"{topic}/0/1")
        assert one.code == FINDINGS and f"dead letter {dlq}/0/" in one.out and not setup.published("customers"), one
        dry = patcher(setup, *mend, "--code", "TYPE_MISMATCH", "--limit", "10", "--dry-run")
        assert dry.code == DONE and letter_states(setup).get("discarded", 0) == older, dry
        done = patcher(setup, *mend, "--code", "TYPE_MISMATCH", "--limit", "10", "--output", "json")
        report = done.json()
        assert done.code == DONE and len([r for r in report["records"] if r["sent"]]) == 3, done
        assert all("stands for both" in r["refused"] for r in report["records"] if not r["sent"]), report
        assert report["older_discarded"] == 3 - older, report
        wait_until(lambda: letter_states(setup) == {"discarded": 3, "resolved": 3}, 30,
                   lambda: str(letter_states(setup)))
        assert len(setup.published("customers")) == 3, "each record once"
        assert daemon.stop() == 0, daemon.tail()


def test_what_is_published_is_not_sent_again(cluster, unique, tmp_path, free_port):
    setup, console = start(cluster, unique, tmp_path, free_port())
    topic = raw(unique, "customers")
    with setup.start() as daemon:
        console.wait_for("customers", "GREEN")
        send(setup, [(0, telemetry.record(0, now_ms()))])
        setup.wait_until_all_is_committed(topic, daemon)
        done = patcher(setup, "secure-clean", f"{topic}/0/0", "--set", "/loyaltyPoints=1", "--re-inject", topic,
                       "--why", "t", "--yes")
        assert done.code == FINDINGS and "twice" in done.out, done
        for place, told in ((f"{topic}/0/99", "no such offset"), (f"{topic}/7/0", "partition"),
                            ("no-such-topic/0/0", "no-such-topic")):
            missing = patcher(setup, "inspect", place)
            assert missing.code in (FAILED, USAGE) and told in missing.err and missing.seconds < 15, missing
        elsewhere = patcher(setup, "secure-clean", f"{topic}/0/0", "--re-inject", "elsewhere", "--why", "t")
        assert elsewhere.code == USAGE and topic in elsewhere.err, elsewhere
        assert daemon.stop() == 0, daemon.tail()


def test_reveal_is_journalled(cluster, unique, tmp_path, free_port):
    setup, console = start(cluster, unique, tmp_path, free_port())
    topic = raw(unique, "customers")
    with setup.start() as daemon:
        console.wait_for("customers", "GREEN")
        now = now_ms()
        send(setup, [(0, telemetry.record(0, now, email='"customer0\x01@example.com"'))])
        setup.wait_until_all_is_committed(topic, daemon)
        hidden = patcher(setup, "inspect", f"{topic}/0/0")
        assert "example.com" not in hidden.out, hidden
        shown = patcher(setup, "inspect", f"{topic}/0/0", "--reveal", "--why", "ticket 4711")
        assert "@example.com" in shown.out, shown
        note, = [e for e in console.journal() if e["type"] == "note"]
        assert "ticket 4711" in note["why"] and "/0/0" in note["why"] and note["who"], note
        assert daemon.stop() == 0, daemon.tail()
        assert "example.com" not in daemon.text(), "nothing of it in the log"


def test_the_same_binary_is_installed_as_data_patcher():
    link = pathlib.Path(binary()).with_name("data-patcher")
    done = subprocess.run([link, "--version"], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == DONE and "fracas" in done.stdout
