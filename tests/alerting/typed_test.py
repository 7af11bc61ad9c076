"""Every command of the runbooks, typed as it stands there (but for the port and what only a real stream can name) on
the stream that they speak of: shop.orders of the pipeline ingest, which is RED, has dead letters, something in
quarantine, and readers that somebody's transaction holds up."""

import json
import os
import pathlib
import re
import subprocess
import time
import uuid

import control
import pytest
import streams
import telemetry
from cluster import PATIENCE, wait_until
from nodes import Nodes
from program import DONE, ROOT, Daemon, binary, fracas, get, metrics, write_config
from runbooks_test import RUNBOOKS, SOME_TIME, commands, is_whole, to_come
from watched import OWNERS, free_ports, negative_points

STREAM, RAW, PUBLISHED = "ingest/shop.orders", "shop.orders.raw", "shop.orders"
QUARANTINED = 42518  # the number of C-000042
ASKS = "^fracas (dlq discard|replay|offsets accept-loss|resume-pipeline)"
TOLD = (0, 3)  # a command that tells of trouble ends with 3
# The stream has lost nothing, and nobody accepts what is not.
REFUSED = {"accept-loss": "nothing of .* is lost"}


def typed() -> list[str]:
    """All of them, each once: what only looks first, then what changes something, in the order of an incident."""
    found = dict.fromkeys(command for page in RUNBOOKS for command in commands(page.read_text())
                          if is_whole(command) and not command.startswith("sed "))
    return sorted(found, key=place)


ORDER = ("kafka-transactions", "topics --create", "kafka-configs --alter", "quarantine archive", "dlq archive",
         "quarantine add .*--id", "accept-loss", "breaker reset .*--reload --wait", "quarantine add .*--from-attempt",
         "breaker reset .*--divert .*--wait", "breaker reset .*--divert .*--for", "breaker divert-end",
         "breaker reset .*--wait", "replay .*--quarantine", "replay .*--code", "replay .*--since",
         "dlq discard .*--id", "dlq discard .*--code", "dlq discard", "quarantine release",
         "breaker trip .*--planned", "breaker trip", "resume-pipeline", "fracas verify")


def place(command: str) -> int:
    return next((n for n, pattern in enumerate(ORDER) if re.search(pattern, command)), -1)


class Shop:
    """The stream of the runbooks, on a broker of its own."""

    def __init__(self, node: Nodes, folder: pathlib.Path):
        self.node, self.cluster, self.folder = node, node.cluster(), folder
        self.port, = free_ports(1)
        made = {**streams.customers("", PUBLISHED, owners=OWNERS, batch={"records": 100, "interval": "50ms"}),
                "topics": [RAW], "publish": {"mode": "copy", "topic": PUBLISHED},
                "audit": {"min_records": 1_000_000, "max_failed_records": 1_000_000}}
        self.config = write_config(folder, {
            "group": f"t{uuid.uuid4().hex[:8]}", "instance": "node-1", "workers": 1,
            "roles": [*control.roles(), "ledger"],
            "kafka": {"bootstrap.servers": node.brokers}, "http": streams.http(self.port),
            "state": {"dir": str(folder / "state")},
            "pipelines": {"ingest": {"streams": {PUBLISHED: made}}}})
        self.cluster.create(RAW, 1)
        assert fracas("topics", "--create", "-c", self.config).code == DONE
        self.daemon = Daemon(self.config, folder / "log.jsonl")
        self.held_at = 0
        self.document = folder / "document.json"
        self.document.write_bytes(telemetry.record(1, int(time.time() * 1000)))

    def send(self, make, *numbers: int) -> None:
        writer, now = self.cluster.writer(), int(time.time() * 1000)
        for n in numbers:
            writer.send(RAW, make(n, now), telemetry.key(n), 0, now)
        writer.flush()

    def seen(self) -> dict:
        code, text = get(f"http://127.0.0.1:{self.port}/state/streams")
        found = [s for s in json.loads(text)["streams"] if s["stream"] == STREAM] if code == 200 else []
        return found[0] if found else {"breaker": {"state": "unknown", "pending": []}}

    def wait_for(self, state: str) -> None:
        wait_until(lambda: self.seen()["breaker"]["state"] == state, 40, lambda: f"{self.seen()}\n{self.daemon.tail()}")

    def type(self, command: str) -> tuple[int, str]:
        """A person says yes when asked. Exit code, and what it said."""
        for shown, here in (("127.0.0.1:9464", f"127.0.0.1:{self.port}"),
                            ("deploy/kafka cli", f"{ROOT}/deploy/kafka cli --dir {self.node.folder}"),
                            ("--start-offset 4711", f"--start-offset {self.held_at}"),
                            ("shop.orders.raw/0/100-200#1", self.attempt()),
                            (SOME_TIME, to_come()),
                            ("--until 14d", "--until 1s"),
                            (" FILE", f" {streams.CONTRACTS / 'customer_telemetry.schema.json'} {self.document}")):
            command = command.replace(shown, here)
        if re.search(ASKS, command):
            command += " --yes"
        done = subprocess.run(["bash", "-c", f"fracas() {{ {binary()} \"$@\"; }}; {command}"], text=True, check=False,
                              cwd=self.folder, timeout=120 * PATIENCE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def attempt(self) -> str:
        """The one that the stream was stopped by, as status names it."""
        pending = self.seen()["breaker"]["pending"]
        return "{topic}/{partition}/{from}-{to}#{attempt}".format(**pending[0]) if pending else f"{RAW}/0/0-1#1"

    # ---- What a command is for --------------------------------------------------------------------------------

    def do(self, *command: str) -> None:
        done = fracas(*command, "-c", self.config, "--stream", PUBLISHED, "--why", "a test", seconds=90)
        assert done.code == DONE, done

    def red(self) -> None:
        if self.seen()["breaker"]["state"] != "RED":
            self.send(telemetry.points_as_text, 10)
            self.wait_for("RED")
        wait_until(lambda: self.seen()["breaker"]["pending"], 40, lambda: str(self.seen()))

    def green(self) -> None:
        wait_until(lambda: self.seen()["breaker"]["state"] != "PROBE", 40, lambda: str(self.seen()))
        if self.seen()["breaker"]["state"] != "GREEN":
            self.do("breaker", "reset", "--divert", "TYPE_MISMATCH", "--wait")
            self.wait_for("GREEN")

    def tripped(self) -> None:
        self.green()
        self.do("breaker", "trip")
        self.wait_for("RED")

    def diverted(self) -> None:
        self.tripped()
        self.do("breaker", "reset", "--divert", "TYPE_MISMATCH", "--for", "10m")
        self.wait_for("GREEN")

    def rejected(self) -> None:
        self.send_letter(negative_points, 106)

    def masked(self) -> None:
        self.send_letter(telemetry.record, QUARANTINED)

    def send_letter(self, make, number: int) -> None:
        def known() -> float:
            return sum(value for name, value in metrics(self.port).items()
                       if name.startswith("fracas_dead_letters{") and 'state="open"' in name)
        self.green()
        before = known()
        self.send(make, number)
        wait_until(lambda: known() > before, 40, self.daemon.tail)

    def held(self) -> None:
        """Somebody's transaction stays open on the published topic."""
        from confluent_kafka import Producer
        self.held_at = self.cluster.high(PUBLISHED)[0]
        self.holder = Producer({"bootstrap.servers": self.node.brokers, "transactional.id": "somebody",
                                "transaction.timeout.ms": 600_000, "log_level": 0})
        self.holder.init_transactions(30)
        self.holder.begin_transaction()
        self.holder.produce(PUBLISHED, b"never committed", partition=0)
        self.holder.flush(30)
        self.held_at = self.cluster.high(PUBLISHED)[0]


# What must be so that a command is for something.
FIRST = {"kafka-transactions": Shop.held,
         "breaker reset .*--reload --wait": Shop.red,
         "breaker reset .*--divert": Shop.red,
         "breaker divert-end": Shop.diverted,
         "breaker reset .*shop.orders --wait": Shop.tripped,
         "breaker trip": Shop.green,
         "dlq discard .*--id|replay .*--quarantine": Shop.masked,
         "replay .*--(code|since)": Shop.rejected,
         "dlq discard": Shop.rejected,
         "verify": Shop.green}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    os.environ.setdefault("FRACAS_KAFKA_HEAP", "384m")
    folder = tmp_path_factory.mktemp("shop")
    with Nodes(folder / "kafka", 1) as node:
        made = Shop(node, folder)
        made.wait_for("GREEN")
        made.do("quarantine", "add", "--id", telemetry.customer(QUARANTINED))
        made.send(telemetry.record, *range(30), QUARANTINED)
        made.send(negative_points, *range(100, 105))
        made.red()
        # A client tells of its brokers every ten seconds.
        wait_until(lambda: "fracas_brokers_up" in metrics(made.port), 40, made.daemon.tail)
        yield made
        made.daemon.stop(30)


@pytest.mark.parametrize("command", typed())
def test_typed(shop, command):
    for pattern, prepare in FIRST.items():
        if re.search(pattern, command):
            prepare(shop)
            break
    code, said = shop.type(command)
    print(f"$ {command}\n{said}")
    refused = next((why for name, why in REFUSED.items() if name in command), "")
    assert code in TOLD or refused and re.search(refused, said), f"exit {code}\n{said}"
    assert shop.daemon.running(), shop.daemon.tail()
