"""Failure modes of our own processes: a crash in mid-batch, a stream that is RED for long, a state folder that is
lost, damaged or somebody else's."""

import pathlib
import shutil
import time

import pytest
import telemetry
from checker import Red
from cluster import wait_until
from control import needs
from group_log import read_group
from program import fracas, metrics
from scenario import Scenario, now_ms, seconds
from streams import CONTRACTS, customers, raw, stream

PARTITIONS = 2


def two_streams(prefix: str, **more) -> dict:
    return {"customers": customers(prefix, **{"batch": {"records": 100, "interval": "20ms"}, **more}),
            "orders": stream(prefix, "orders", CONTRACTS / "order.schema.json")}


def test_crash_in_mid_batch(cluster, unique, tmp_path, free_port):
    """Killed with rounds judged, waiting and in flight, again and again: everything is published once, and what a
    dead process had begun is not seen."""
    made = two_streams(unique, batch={"records": 500, "interval": "50ms"},
                       audit={"max_failed_ratio": 1.0, "max_failed_records": 1_000_000})
    scenario = Scenario(cluster, unique, tmp_path, free_port(), made, PARTITIONS)
    fault = telemetry.FAULTS[0]
    for _ in range(8):
        for partition in range(PARTITIONS):
            scenario.good("customers", 1500, partition)
            scenario.send("customers", [fault.make] * 5, partition, fault.code_name)
    total = sum(cluster.high(raw(unique, "customers")))
    for crash in range(4):
        daemon = scenario.setup.start(f"crash{crash}")
        wait_until(lambda goal=total * (crash + 1) // 6: sum(scenario.committed("customers")) >= goal, 60, daemon.tail)
        daemon.kill()
    with scenario.setup.start("last") as daemon:
        scenario.done("customers", daemon, 90)
        assert daemon.stop() == 0, daemon.tail()
    evidence = scenario.check("customers")
    assert len(evidence.published) == 8 * 1500 * PARTITIONS and len(evidence.letters) == 8 * 5 * PARTITIONS


@needs("breaker", "status")
def test_red_for_long(cluster, unique, tmp_path, free_port):
    """A stream stands still for minutes (ten at full length), longer than session, max.poll.interval and the group's
    patience: no rebalance, no offset moves, the other stream flows, and the resume is clean."""
    kafka = {"bootstrap.servers": cluster.brokers,
             "consumer": {"session.timeout.ms": 6000, "max.poll.interval.ms": 10_000}}
    made = two_streams(unique)
    made["customers"]["retry"] = {"count": 0}
    scenario = Scenario(cluster, unique, tmp_path, free_port(), made, PARTITIONS, kafka=kafka)
    console = scenario.console
    scenario.good("customers", 150)
    held = scenario.send("customers", [telemetry.points_as_text] * 3)
    scenario.good("customers", 150, 1)
    with scenario.setup.start() as daemon:
        console.wait_for("customers", "RED")
        time.sleep(1)  # the others of the stream stop within the state's lag
        begin, at = now_ms(), scenario.committed("customers")
        generations = read_group(cluster, unique)[1]
        limit = time.monotonic() + seconds(60, 600)
        while time.monotonic() < limit:
            scenario.good("customers", 5, 1)
            scenario.good("orders", 20)
            scenario.done("orders", daemon, 20)
            assert scenario.committed("customers") == at
            assert console.breaker("customers")["state"] == "RED"
            time.sleep(2)
        assert read_group(cluster, unique)[1] == generations, "the group has rebalanced"
        end = now_ms()
        for number in held:
            scenario.codes[number] = "TYPE_MISMATCH"
        console.applied("breaker", "reset", "--divert", "TYPE_MISMATCH", "--wait", stream="customers")
        scenario.done("customers", daemon)
        assert daemon.stop() == 0, daemon.tail()
    scenario.check("customers", (Red(begin, end),))
    scenario.check("orders")


# ---- State folders --------------------------------------------------------------------------------------------


def files_of(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size)


def delete(folder: pathlib.Path, _) -> None:
    shutil.rmtree(folder)


def truncate(folder: pathlib.Path, _) -> None:
    """Every file loses its second half, as a full disk or a bad copy leaves it."""
    for path in files_of(folder):
        with open(path, "r+b") as file:
            file.truncate(path.stat().st_size // 2)


def flip(folder: pathlib.Path, _) -> None:
    """A bit in the middle of every file that holds data."""
    for path in (p for p in files_of(folder) if p.suffix in (".sst", ".log") or "MANIFEST" in p.name):
        with open(path, "r+b") as file:
            file.seek(path.stat().st_size // 2)
            byte = file.read(1)[0]
            file.seek(-1, 1)
            file.write(bytes([byte ^ 0x10]))


def lose_a_file(folder: pathlib.Path, _) -> None:
    """What a clean-up job takes away."""
    for path in [p for p in files_of(folder) if "MANIFEST" in p.name or p.name == "CURRENT"]:
        path.unlink()


def swap(folder: pathlib.Path, other: pathlib.Path) -> None:
    """Another group's folder, as a mistaken mount gives it."""
    shutil.rmtree(folder)
    shutil.copytree(other, folder)


HARM = {f.__name__: f for f in (delete, truncate, flip, lose_a_file, swap)}


def fill(scenario: Scenario, ids: int, who: str) -> None:
    """State worth losing: a RED stream, quarantined ids."""
    listed = scenario.setup.folder / "ids.txt"
    listed.write_text("".join(f"C-{who}-{n:06d}\n" for n in range(ids)))
    done = fracas("quarantine", "import", listed, "-c", scenario.setup.path, "--stream", "customers", "--why", "test")
    assert done.code == 0, done


@needs("breaker", "quarantine", "state")
@pytest.mark.parametrize("harm", HARM)
def test_state_folder(cluster, unique, tmp_path, free_port, harm):
    """It starts, rebuilds its state from the topic by itself, knows what it knew, and the store equals the fold."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = Scenario(cluster, unique, tmp_path / "one", free_port(), two_streams(unique), PARTITIONS)
    two = Scenario(cluster, unique + "b", tmp_path / "two", free_port(), two_streams(unique + "b"), PARTITIONS)
    for scenario, name in ((one, "one"), (two, "two")):
        with scenario.setup.start() as daemon:
            wait_until(lambda s=scenario: s.console.live()["streams"], 40, daemon.tail)
            fill(scenario, 1500, name)
            assert daemon.stop() == 0, daemon.tail()
    one.good("customers", 50)
    one.send("customers", [telemetry.points_as_text] * 3)
    with one.setup.start("red") as daemon:
        version = one.console.wait_for("customers", "RED")["version"]
        daemon.kill()
    HARM[harm](one.setup.folder / "state", two.setup.folder / "state")
    with one.setup.start("harmed") as daemon:
        breaker = one.console.wait_for("customers", "RED")
        assert breaker["version"] >= version and len(breaker["pending"]) == 1
        entries = one.console.stream("customers")["quarantine"]["entries"]
        assert entries == 1500
        assert daemon.stop() == 0, daemon.tail()
    done = fracas("state", "verify", "-c", one.setup.path)
    assert done.code == 0, done
    one.check("customers")


@needs("breaker", "state")
def test_a_second_process_on_one_state_folder_is_refused(cluster, unique, tmp_path, free_port):
    scenario = Scenario(cluster, unique, tmp_path, free_port(), two_streams(unique), PARTITIONS)
    other = scenario.setup.path.read_text().replace("node-1", "node-2").replace(
        f"127.0.0.1:{scenario.setup.port}", f"127.0.0.1:{free_port()}")
    second = tmp_path / "second.yaml"
    second.write_text(other)
    with scenario.setup.start("first") as first:
        wait_until(lambda: metrics(scenario.setup.port), 30, first.tail)
        wait_until(lambda: scenario.console.live()["streams"], 30, first.tail)
        with scenario.setup.start("second", second) as daemon:
            wait_until(lambda: not daemon.running(), 40, daemon.tail)
            assert daemon.process.returncode == 1 and str(tmp_path / "state") in daemon.tail(), daemon.tail()
        assert first.running()
