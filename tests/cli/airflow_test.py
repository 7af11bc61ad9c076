"""The command lines of deploy/airflow/fracas_gate.py are ones that the program takes."""

import gate
import pytest
import streams
from program import FAILED, USAGE, fracas, write_config


@pytest.mark.parametrize("name", ["recovered", "verified"])
def test_the_gate_asks_what_can_be_answered(tmp_path, name):
    """Nobody listens at the brokers of the configuration: that, and nothing about the command line, is the trouble."""
    path = write_config(tmp_path, streams.config("t", {"customers": streams.customers("t")}))
    with pytest.raises(gate.FailException) as failed:
        gate.call(gate.load(str(path), streams.PIPELINE), name)
    assert "127.0.0.1:1" in str(failed.value) and "--wait" not in str(failed.value), failed.value


def test_a_wait_is_a_duration_and_none_is_one_look(tmp_path):
    path = write_config(tmp_path, streams.config("t", {"customers": streams.customers("t")}))
    assert fracas("verify", "-c", path, "--wait", "0s").code == FAILED, "nobody answers, which is not wrong usage"
    wrong = fracas("verify", "-c", path, "--wait", "soon")
    assert wrong.code == USAGE and "--wait" in wrong.err, wrong
