"""Failure modes of the data: malformed JSON, schema mismatch, a critical element that is missing."""

import json

import pytest
import telemetry
from checker import Red
from cluster import wait_until
from control import needs
from scenario import Scenario, now_ms
from streams import CONTRACTS, customers, raw, schema_file, stream

GOOD, BROKEN = 300, 40


@pytest.fixture
def mended(tmp_path):
    """A contract file of the test's own: what it requires today, and how it is mended."""
    path = schema_file(tmp_path, (CONTRACTS / "customer_telemetry.schema.json").read_text())

    def mend() -> None:
        schema = json.loads(path.read_text())
        schema["properties"]["loyaltyPoints"]["type"] = ["integer", "string"]
        path.write_text(json.dumps(schema))
    return path, mend


def two_streams(prefix: str, contract=None) -> dict:
    telling = customers(prefix, batch={"records": 100, "interval": "20ms"})
    if contract is not None:
        telling["contract"] = str(contract)
    return {"customers": telling, "orders": stream(prefix, "orders", CONTRACTS / "order.schema.json")}


def test_malformed_json(cluster, unique, tmp_path, free_port):
    """Bytes that are no JSON leave dead letters with their codes; everything around them flows."""
    made = two_streams(unique)
    made["customers"]["audit"] = {"max_failed_ratio": 0.5, "max_failed_records": 1000}
    scenario = Scenario(cluster, unique, tmp_path, free_port(), made)
    for fault in telemetry.FAULTS[:4]:
        for partition in (0, 1):
            scenario.good("customers", 100, partition)
            scenario.send("customers", [fault.make] * 5, partition, fault.code_name)
    scenario.good("customers", 10)
    with scenario.setup.start() as daemon:
        scenario.done("customers", daemon)
        assert daemon.stop() == 0, daemon.tail()
    evidence = scenario.check("customers")
    assert len(evidence.letters) == 40 and len(evidence.published) == 810


@needs("breaker")
def test_schema_mismatch_red_fixed_reset(cluster, unique, tmp_path, free_port, mended):
    """A producer's release breaks the schema: RED, nothing of the batch is out; the contract is mended, the reset
    names it, and exactly the held offsets are published. Without a restart."""
    contract, mend = mended
    scenario = Scenario(cluster, unique, tmp_path, free_port(), two_streams(unique, contract))
    scenario.good("customers", GOOD)
    broken = scenario.send("customers", [telemetry.points_as_text] * BROKEN)
    scenario.good("customers", GOOD)
    scenario.good("customers", GOOD, 1)
    with scenario.setup.start() as daemon:
        before = scenario.console.wait_for("customers", "RED")
        begin = now_ms()
        assert before["code"] == "TYPE_MISMATCH"
        waiting, = before["pending"]
        assert (waiting["topic"], waiting["partition"], waiting["attempt"]) == (raw(unique, "customers"), 0, 1)
        assert waiting["from"] <= scenario.offset_of("customers", broken[0])[1] < waiting["to"]
        assert scenario.committed("customers")[0] == waiting["from"]
        scenario.good("orders", 50)
        scenario.done("orders", daemon)
        mend()
        end = now_ms()
        scenario.console.applied("breaker", "reset", "--reload", "--wait", stream="customers")
        assert scenario.console.wait_for("customers", "GREEN")["version"] > before["version"]
        scenario.done("customers", daemon)
        assert daemon.stop() == 0, daemon.tail()
    evidence = scenario.check("customers", (Red(begin, end),))
    scenario.check("orders")
    assert len(evidence.published) == 3 * GOOD + BROKEN
    attempts = [(r["from"], r["attempt"], r["verdict"]) for s in evidence.summaries if s["stream"] == "customers"
                for r in s["ranges"] if r["partition"] == 0 and r["from"] == waiting["from"]]
    assert attempts == [(waiting["from"], 1, "abandon"), (waiting["from"], 2, "publish")]


@needs("breaker")
def test_a_reset_without_a_fix_is_red_again(cluster, unique, tmp_path, free_port, mended):
    """Attempt 2 fails as attempt 1 did; a contract that cannot be read is refused, and the one that runs stays."""
    contract, _ = mended
    scenario = Scenario(cluster, unique, tmp_path, free_port(), two_streams(unique, contract))
    scenario.good("customers", 150)
    scenario.send("customers", [telemetry.points_as_text] * BROKEN)
    with scenario.setup.start() as daemon:
        scenario.console.wait_for("customers", "RED")
        at = scenario.committed("customers")
        again = scenario.console.change("breaker", "reset", "--wait", stream="customers")
        assert again.code == 3, again
        pending, = scenario.console.wait_for("customers", "RED")["pending"]
        assert pending["attempt"] == 2 and scenario.committed("customers") == at
        contract.write_text(contract.read_text()[:-2])
        refused = scenario.console.change("breaker", "reset", "--reload", "--wait", stream="customers")
        assert refused.code not in (0, 3) and contract.name in refused.err, refused
        assert scenario.console.breaker("customers")["state"] == "RED"
        assert daemon.stop() == 0, daemon.tail()
    scenario.check("customers")


CASES = {
    "no id": (lambda n, t: telemetry.record(n, t, customerId=""), "record"),
    "no time": (lambda n, t: telemetry.record(n, t, eventTime=""), "id"),
}


@needs("breaker", "quarantine")
@pytest.mark.parametrize("case", CASES)
def test_missing_critical_element(cluster, unique, tmp_path, free_port, case):
    """RED; the record is quarantined (by coordinates where it has no id); after the reset its batch passes without it;
    the patched replay passes under its ticket and resolves the dead letter."""
    make, by = CASES[case]
    scenario = Scenario(cluster, unique, tmp_path, free_port(), two_streams(unique))
    console = scenario.console
    scenario.good("customers", 130)
    bad, = scenario.send("customers", [make])
    scenario.good("customers", 120)
    n = int(bad)
    with scenario.setup.start() as daemon:
        red = console.wait_for("customers", "RED")
        partition, offset = scenario.offset_of("customers", bad)
        assert red["pending"][0]["record"] == offset
        target = (f"{raw(unique, 'customers')}/{partition}/{offset}" if by == "record" else telemetry.customer(n))
        console.applied("quarantine", "add", f"--{by}", target, stream="customers", why="no critical element")
        console.applied("breaker", "reset", "--wait", stream="customers")
        scenario.codes[bad] = "QUARANTINED"
        scenario.done("customers", daemon)
        letter = scenario.letter_of("customers", bad)
        assert letter.header("fracas.code.name") == "QUARANTINED"
        replay = patched_replay(scenario, letter, n)
        scenario.done("customers", daemon)
        wait_until(lambda: resolved(scenario, letter), 30, daemon.tail)  # its marker may come a moment later
        assert daemon.stop() == 0, daemon.tail()
    evidence = scenario.check("customers")
    assert [r.value for r in evidence.published][-1] == replay
    assert len(evidence.published) == 251


def patched_replay(scenario: Scenario, letter, n: int) -> bytes:
    """What a tool does: a ticket from the authority, then the mended record with the ticket's name."""
    value = telemetry.record(n, letter.timestamp)
    source = scenario.console.ticket(f"ticket-{n}", "customers", letter, value, telemetry.customer(n))
    topic, partition = source["topic"], source["partition"]
    writer = scenario.cluster.writer()
    writer.send(topic, value, letter.key, partition, headers=[
        ("n", b"%d" % (1_000_000 + n)), ("is_replay", b"true"), ("fracas.replay.ticket", b"ticket-%d" % n),
        ("fracas.replay.of", "{topic}/{partition}/{offset}".format(**source).encode()), ("fracas.replay.count", b"1")])
    writer.flush()
    return value


def resolved(scenario: Scenario, letter) -> bool:
    """The ledger has its resolution: a key that names the letter's source record."""
    place = letter.header("__connect.errors.topic").encode()
    return any(record.key.startswith(b"l" + place) and record.value
               for record in scenario.cluster.read(f"{scenario.prefix}.ledger"))
