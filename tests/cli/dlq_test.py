"""`fracas dlq` without a broker: what it refuses before it asks anybody."""

import pytest
import streams
from program import DONE, USAGE, fracas, write_config


@pytest.fixture
def config(tmp_path):
    return write_config(tmp_path, streams.config("t", {"orders": streams.stream("t", "orders")}))


@pytest.mark.parametrize("command", ["ls", "show", "stats", "discard", "archive", "export"])
def test_help_has_examples(command):
    done = fracas("dlq", command, "--help")
    assert done.code == DONE
    assert "Examples:" in done.out and f"fracas dlq {command} " in done.out
    assert "--limit" in done.out and "--state" in done.out


@pytest.mark.parametrize("arguments, word", [
    (("ls", "--code", "NONSENSE"), "fracas codes"),
    (("ls", "--state", "closed"), "resolved"),
    (("ls", "--system", "kafka"), "spring_retry"),
    (("ls", "--since", "yesterday"), "30m"),
    (("ls", "--since", "1h", "--until", "2h"), "nothing can lie"),
    (("ls", "--stream", "nothing"), "orders"),
    (("show", "orders"), "TOPIC/PARTITION/OFFSET"),
    (("show", "orders.dlq/0/9-7"), "TOPIC/PARTITION/FROM-TO"),
    (("discard", "orders.dlq/0/7"), "--why"),
    (("archive",), "--to"),
])
def test_what_cannot_be_meant_is_refused(config, arguments, word):
    done = fracas("dlq", *arguments, "-c", config, seconds=15)
    assert done.code == USAGE, done
    assert word in done.err, done


def test_an_export_does_not_write_over_a_file(config, tmp_path):
    there = tmp_path / "there.ndjson"
    there.write_text("mine")
    done = fracas("dlq", "export", "-c", config, "--to", there, seconds=15)
    assert done.code == USAGE and "is there already" in done.err, done
    assert there.read_text() == "mine"
