"""`fracas replay` without a broker: its help, what it refuses before it asks anybody, and a broker that is away."""

import time

import pytest
import streams
from cluster import PATIENCE
from program import DONE, FAILED, USAGE, fracas, write_config


@pytest.fixture
def config(tmp_path):
    return write_config(tmp_path, streams.config("t", {"orders": streams.stream("t", "orders")}))


def replay(config, *arguments, seconds: float = 15):
    return fracas("replay", "-c", config, *arguments, seconds=seconds)


def test_help_has_examples():
    done = fracas("replay", "--help")
    assert done.code == DONE and "replay" in fracas("--help").out
    for word in ("Examples:", "--dry-run", "--already-published", "--quarantine", "--rate", "--limit", "--yes",
                 "--output", "fracas replay -c fracas.yaml --quarantine"):
        assert word in done.out, (word, done)


@pytest.mark.parametrize("arguments, word", [
    (("--why", "x"), "--to"),
    (("--to", "t"), "--why"),
    (("--to", "t", "--why", "x", "--rate", "fast"), "500/s"),
    (("--to", "t", "--why", "x", "--rate", "0/s"), "more than 0"),
    (("--to", "t", "--why", "x", "--rate", "-5/s"), "more than 0"),
    (("--to", "t", "--why", "x", "--rate", "inf/s"), "more than 0"),
    (("--to", "t", "--why", "x", "--rate", "5/s", "--rate", "6/s"), "one of records, one of bytes"),
    (("--to", "t", "--why", "x", "--where", "country"), "/country=SE"),
    (("--to", "t", "--why", "x", "--where", "country=SE"), "/country=SE"),
    (("--to", "t", "--why", "x", "--header", "=1"), "NAME=VALUE"),
    (("--to", "t", "--why", "x", "--code", "NO_SUCH"), "fracas codes"),
    (("--to", "t", "--why", "x", "--stream", "nothing"), "orders"),
    (("--to", "t", "--why", "x", "--state", "closed"), "resolved"),
    (("--to", "t", "--why", "x", "--since", "yesterday"), "30m"),
    (("--to", "t", "--why", "x", "--since", "1h", "--until", "2h"), "nothing can lie"),
    (("--to", "t", "--why", "x", "--job", "a b"), "--job a b"),
    (("--to", "t", "--why", "x", "--job", "j" * 65), "1 to 64"),
    (("--to", "t", "--why", "x", "--id", "1", "--quarantine", "1"), "give one of them"),
    (("--to", "t", "--why", "x", "--wait", "long"), "--wait"),
    (("--to", "t", "--why", "x", "--stop-at", "2"), "--stop-at"),
    (("--to", "t", "--why", "x", "a/0/9-7"), "TOPIC/PARTITION/FROM-TO"),
    (("--to", "t", "--why", "x", "a/b"), "TOPIC/PARTITION/OFFSET"),
])
def test_what_cannot_be_meant_is_refused(config, arguments, word):
    done = replay(config, *arguments)
    assert done.code == USAGE and word in done.err, done


def test_a_broker_that_is_away_is_one_line(tmp_path, free_port):
    made = streams.config("t", {"orders": streams.stream("t", "orders")})
    made["kafka"]["bootstrap.servers"] = f"127.0.0.1:{free_port()}"
    begin = time.monotonic()
    done = replay(write_config(tmp_path, made), "--to", "t", "--why", "x", seconds=40)
    assert done.code == FAILED and done.err.count("\n") == 1 and "127.0.0.1" in done.err, done
    assert time.monotonic() - begin < 30 * PATIENCE
