"""Two operators replay the same dead letters on a real broker: each record is published once, and both are told."""

import collections
import json
import subprocess

import telemetry
from cluster import PATIENCE, wait_until
from control import Console
from control_test import green, one_stream, send
from program import DONE, FAILED, FINDINGS, binary
from replay_test import letters_are, replay, valid
from streams import raw
from verify_test import allow_text_points, with_own_contract


def with_letters(cluster, unique, tmp_path, port, count: int):
    """Dead letters that were written, and a contract that lets them pass from the next start on."""
    setup = one_stream(cluster, unique, tmp_path, port, dispositions={"TYPE_MISMATCH": "dead_letter"},
                       audit={"max_failed_ratio": 1.0, "max_failed_records": 1_000_000})
    contract = with_own_contract(setup, tmp_path)
    console = Console(setup)
    send(setup, *[telemetry.points_as_text] * count)
    with setup.start("writes") as daemon:
        green(console, daemon)
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        assert daemon.stop() == DONE
    allow_text_points(contract)
    return setup, console


def copies(setup) -> collections.Counter:
    return collections.Counter(json.loads(copy.value)["messageId"] for copy in setup.published("customers"))


def test_what_another_replays_is_not_sent(cluster, unique, tmp_path, free_port):
    """A ticket that somebody else has for a letter: it is passed over and counted, --force sends it all the same."""
    setup, console = with_letters(cluster, unique, tmp_path, free_port(), 3)
    source = raw(unique, "customers")
    with setup.start() as daemon:
        green(console, daemon)
        wait_until(lambda: letters_are(console, 3), 60, daemon.tail)
        letter = setup.dead_letters("customers")[1]
        console.ticket("somebody-elses", "customers", letter, letter.value, telemetry.customer(1))
        dry = replay(setup, "--stream", "customers", "--to", source, "--dry-run")
        assert dry.json()["counts"]["sent"] == 2 and valid(dry.json())["counts"]["under_way"] == 1, dry
        done = replay(setup, "--stream", "customers", "--to", source)
        assert done.code == FINDINGS, (done, daemon.tail())
        counts = valid(done.json())["counts"]
        assert (counts["sent"], counts["under_way"]) == (2, 1), counts
        said = " ".join(done.err.split())
        assert "1 dead letter" in said and "tests" in said and "--force" in said, done
        wait_until(lambda: letters_are(console, 1), 60, daemon.tail)
        none = replay(setup, "--stream", "customers", "--to", source, "--job", "again")
        assert none.code == FAILED and "under way" in none.err, none
        forced = replay(setup, "--stream", "customers", "--to", source, "--force")
        assert forced.code == DONE and valid(forced.json())["counts"]["sent"] == 1, forced
        wait_until(lambda: letters_are(console, 0), 60, daemon.tail)
        assert len(copies(setup)) == 3 and set(copies(setup).values()) == {1}
        assert daemon.stop() == DONE


def test_two_jobs_over_the_same_letters_publish_each_once(cluster, unique, tmp_path, free_port):
    """Both begin at the same time, in different words: the authority gives each ticket to one of them."""
    count = 300
    setup, console = with_letters(cluster, unique, tmp_path, free_port(), count)
    source = raw(unique, "customers")
    with setup.start() as daemon:
        green(console, daemon)
        wait_until(lambda: letters_are(console, count), 60, daemon.tail)
        jobs = [subprocess.Popen([binary(), "replay", "-c", str(setup.path), "--code", "TYPE_MISMATCH", "--to", source,
                                  "--why", name, "--job", name, "--yes", "--rate", "100/s"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for name in ("anna", "bert")]
        told = [job.communicate(timeout=180 * PATIENCE) for job in jobs]
        # Who lost against the other goes on with what is left.
        for name in ("anna", "bert"):
            rest = replay(setup, "--code", "TYPE_MISMATCH", "--to", source, "--job", name)
            assert rest.code in (DONE, FAILED, FINDINGS), rest
        wait_until(lambda: letters_are(console, 0), 60, lambda: f"{told} {daemon.tail()}")
        assert len(copies(setup)) == count and set(copies(setup).values()) == {1}, told
        assert daemon.stop() == DONE
