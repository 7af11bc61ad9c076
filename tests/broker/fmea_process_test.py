"""Failure modes of our own processes: a crash in mid-batch, a stream that is RED for long, a state folder that is
lost, damaged or somebody else's."""

import pathlib
import shutil
import time

import pytest
import telemetry
from checker import Red
from cluster import wait_until
from control import needs, verify
from fleet import Fleet
from group_log import read_group
from program import fracas, get, metrics
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
    """A stream stands still (ten minutes at full length), longer than session, max.poll.interval and the group's
    patience: no rebalance, no offset moves, the other stream flows, and the resume is clean."""
    kafka = {"bootstrap.servers": cluster.brokers,
             "consumer": {"max.poll.interval.ms": 10_000}}
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
        limit = time.monotonic() + seconds(40, 600)
        while time.monotonic() < limit:
            scenario.good("customers", 5, 1)
            scenario.good("orders", 20)
            scenario.done("orders", daemon, 20)
            assert scenario.committed("customers") == at
            assert console.breaker("customers")["state"] == "RED"
            time.sleep(2)
        assert read_group(cluster, unique)[1] == generations, f"the group has rebalanced\n{daemon.tail()}"
        end = now_ms()
        for number in held:
            scenario.codes[number] = "TYPE_MISMATCH"
        console.applied("breaker", "reset", "--divert", "TYPE_MISMATCH", "--wait", stream="customers")
        scenario.done("customers", daemon)
        assert daemon.stop() == 0, daemon.tail()
    scenario.check("customers", (Red(begin, end),))
    scenario.check("orders")


# ---- State folders --------------------------------------------------------------------------------------------


class Folders:
    """What a harm has at hand: the instance's folder, another group's, and a copy of its own from before."""

    def __init__(self, own: pathlib.Path, others: pathlib.Path, backup: pathlib.Path):
        self.own, self.others, self.backup = inner(own), inner(others), backup

    def files(self) -> list[pathlib.Path]:
        return sorted(p for p in self.own.rglob("*") if p.is_file() and p.stat().st_size)


def inner(state: pathlib.Path) -> pathlib.Path:
    """The group's folder in a state.dir."""
    found, = state.glob("*.state")
    return found


def delete(folders: Folders) -> None:
    shutil.rmtree(folders.own)


def truncate(folders: Folders) -> None:
    """Every file loses its second half, as a full disk or a bad copy leaves it."""
    for path in folders.files():
        with open(path, "r+b") as file:
            file.truncate(path.stat().st_size // 2)


def flip(folders: Folders) -> None:
    """A bit in the middle of every file that holds data."""
    for path in (p for p in folders.files() if p.suffix in (".sst", ".log") or "MANIFEST" in p.name):
        with open(path, "r+b") as file:
            file.seek(path.stat().st_size // 2)
            byte = file.read(1)[0]
            file.seek(-1, 1)
            file.write(bytes([byte ^ 0x10]))


def lose_a_file(folders: Folders) -> None:
    """What a clean-up job takes away."""
    for path in [p for p in folders.files() if "MANIFEST" in p.name or p.name == "CURRENT"]:
        path.unlink()


def swap(folders: Folders) -> None:
    """Another group's, as a mistaken mount gives it."""
    shutil.rmtree(folders.own)
    shutil.copytree(folders.others, folders.own)


def older(folders: Folders) -> None:
    """A backup of last night."""
    shutil.rmtree(folders.own)
    shutil.copytree(folders.backup, folders.own)


# Harm → what the next start says about it.
HARM = {delete: "there is no state", truncate: "put aside", flip: "put aside", lose_a_file: "put aside",
        swap: "foreign: it is of group", older: "continues"}


def fill(scenario: Scenario, ids: int, who: str) -> None:
    """State worth losing: a RED stream, quarantined ids."""
    listed = scenario.setup.folder / "ids.txt"
    listed.write_text("".join(f"C-{who}-{n:06d}\n" for n in range(ids)))
    done = fracas("quarantine", "import", listed, "-c", scenario.setup.path, "--stream", "customers", "--why", "test")
    assert done.code == 0, done


@needs("breaker", "quarantine", "state")
@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
def test_state_folder(cluster, unique, tmp_path, free_port, harm):
    """It starts, rebuilds its state from the topic by itself, knows what it knew, and the store equals the fold."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = Scenario(cluster, unique, tmp_path / "one", free_port(), two_streams(unique), PARTITIONS)
    two = Scenario(cluster, unique + "b", tmp_path / "two", free_port(), two_streams(unique + "b"), PARTITIONS)
    for scenario, name in ((one, "one"), (two, "two")):
        with scenario.setup.start() as daemon:
            wait_until(lambda s=scenario: s.console.live()["streams"], 40, daemon.tail)
            fill(scenario, 1000, name)
            assert daemon.stop() == 0, daemon.tail()
    backup = shutil.copytree(inner(one.setup.folder / "state"), tmp_path / "backup")
    one.good("customers", 50)
    one.send("customers", [telemetry.points_as_text] * 3)
    with one.setup.start("red") as daemon:
        version = one.console.wait_for("customers", "RED")["version"]
        fill(one, 1500, "one")
        daemon.kill()
    harm(Folders(one.setup.folder / "state", two.setup.folder / "state", backup))
    with one.setup.start("harmed") as daemon:
        daemon.wait_for_log(HARM[harm])
        breaker = one.console.wait_for("customers", "RED")
        assert breaker["version"] >= version and len(breaker["pending"]) == 1
        entries = one.console.stream("customers")["quarantine"]["entries"]
        assert entries == 1500
        live = verify(one.setup.path)
        assert live.code == 0, live
        assert daemon.stop() == 0, daemon.tail()
    stored = verify(one.setup.path, one.setup.folder / "state")
    assert stored.code == 0, stored
    one.check("customers")


@needs("breaker", "quarantine", "state")
def test_state_folders_swapped_between_instances(cluster, unique, tmp_path):
    """Two instances of a group get each other's folder: the same state, so nothing is lost, and both say so."""
    made = two_streams(unique)
    for settings in made.values():
        cluster.create(settings["topics"][0], PARTITIONS)
    with Fleet(tmp_path, unique, cluster.brokers, made, 2) as fleet:
        fleet.create_topics()
        fleet.start()
        wait_until(lambda: all(get(f"http://127.0.0.1:{i.port}/readyz")[0] == 200 for i in fleet.instances), 60,
                   lambda: str(fleet.troubles()))
        listed = tmp_path / "ids.txt"
        listed.write_text("".join(f"C-{n:06d}\n" for n in range(500)))
        done = fracas("quarantine", "import", listed, "-c", fleet.config, "--stream", "customers", "--why", "test")
        assert done.code == 0, done
        fleet.stop()
        one, two = (instance.state for instance in fleet.instances)
        aside = tmp_path / "aside"
        one.rename(aside), two.rename(one), aside.rename(two)
        fleet.start()
        wait_until(lambda: all(verify(i.config).code == 0 for i in fleet.instances), 60, lambda: str(fleet.troubles()))
        fleet.stop()
        assert fleet.troubles() == []
        assert [verify(i.config, i.state).code for i in fleet.instances] == [0, 0]


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
