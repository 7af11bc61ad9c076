"""Contracts that change while the program runs: read again when it is told to, and never half."""

import json
import signal

import control
import pytest
import telemetry
from cluster import wait_until
from control_test import send
from program import DONE, fracas
from running import Setup
from streams import CONTRACTS, customers, raw, schema_file


class Contract:
    """A contract file of the test's own, mended and broken in place."""

    def __init__(self, folder):
        self.path = schema_file(folder, (CONTRACTS / "customer_telemetry.schema.json").read_text())
        self.text = self.path.read_text()

    def mend(self) -> None:
        schema = json.loads(self.text)
        schema["properties"]["loyaltyPoints"]["type"] = ["integer", "string"]
        self.path.write_text(json.dumps(schema))

    def truncate(self) -> None:
        self.path.write_text(self.text[:-2])


@pytest.fixture
def contract(tmp_path):
    return Contract(tmp_path)


def one_stream(cluster, prefix, folder, port, contract) -> Setup:
    made = {**customers(prefix, batch={"records": 100}), "contract": str(contract.path)}
    return Setup(cluster, prefix, folder, port, {"customers": made}, 1, roles=control.roles())


def told(daemon, event: str) -> list[dict]:
    return [entry for entry in daemon.entries() if entry.get("event") == event]


def loaded(console) -> str:
    return console.stream("customers")["local"]["contract"]


def test_sighup_takes_a_contract_and_refuses_a_broken_one(cluster, unique, tmp_path, free_port, contract):
    setup = one_stream(cluster, unique, tmp_path, free_port(), contract)
    console = control.Console(setup)
    with setup.start() as daemon:
        console.wait_for("customers", "GREEN")
        before = loaded(console)
        contract.truncate()
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: told(daemon, "reload_refused"), 30, daemon.tail)
        refused, = told(daemon, "reload_refused")
        assert contract.path.name in refused["message"] and "what runs stays" in refused["message"], refused
        assert loaded(console) == before and daemon.running()
        send(setup, *[telemetry.record] * 50)
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        contract.mend()
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: loaded(console) != before, 30, daemon.tail)
        send(setup, *[telemetry.points_as_text] * 50)
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        assert console.breaker("customers")["state"] == "GREEN"
        assert daemon.stop() == 0
    assert len(setup.published("customers")) == 100


def test_where_nothing_waits_a_reset_has_the_contract_read_again(cluster, unique, tmp_path, free_port, contract):
    setup = one_stream(cluster, unique, tmp_path, free_port(), contract)
    console = control.Console(setup)
    with setup.start() as daemon:
        send(setup, *[telemetry.record] * 5)
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        before = loaded(console)
        contract.mend()
        console.applied("breaker", "reset", "--reload", "--wait", stream="customers")
        assert console.breaker("customers")["state"] == "GREEN", "it flows all the while"
        wait_until(lambda: loaded(console) != before, 30, daemon.tail)
        before = loaded(console)
        console.applied("breaker", "trip", stream="customers")
        console.wait_for("customers", "RED")
        contract.path.write_text(contract.path.read_text() + "\n")
        console.applied("breaker", "reset", "--reload", "--wait", stream="customers")
        wait_until(lambda: loaded(console) != before, 30, daemon.tail)
        assert daemon.stop() == 0


def test_a_contract_that_comes_later_than_the_reset(cluster, unique, tmp_path, free_port, contract):
    """Files come to the machines one after the other: the reset names the operator's, and that one is waited for."""
    setup = one_stream(cluster, unique, tmp_path, free_port(), contract)
    console = control.Console(setup)
    (tmp_path / "operator").mkdir()
    mended = Contract(tmp_path / "operator")
    mended.mend()
    operator = tmp_path / "operator.yaml"
    operator.write_text(setup.path.read_text().replace(str(contract.path), str(mended.path)))
    with setup.start() as daemon:
        send(setup, *[telemetry.points_as_text] * 50)
        console.wait_for("customers", "RED")
        contract.truncate()
        done = fracas("breaker", "reset", "--reload", "--stream", "customers", "--why", "mended", "-c", operator)
        assert done.code == DONE, done
        wait_until(lambda: told(daemon, "reload_refused"), 30, daemon.tail)
        assert console.breaker("customers")["state"] == "PROBE"
        contract.mend()
        console.wait_for("customers", "GREEN", 60)
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        assert daemon.stop() == 0
    assert len(setup.published("customers")) == 50
