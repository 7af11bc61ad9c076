"""The story of the demo. Called by deploy/demo, which has built the program and started a Kafka."""

import argparse
import json
import pathlib
import sys
import time
from collections import Counter

import monitoring
import telemetry
from cluster import KafkaException
from monitoring import Monitoring
from stage import CONFIG, Demo, free_port
from telling import Failed, Telling

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORDS = 20_000
ONE_IN = 100
BROKEN = 500
ORDERS = 1_000
SMALL = 20
TRICKLE_PER_SECOND = 20


def with_faults(n: int, now: int):
    fault = telemetry.fault_of(n, ONE_IN)
    return (fault.make(n, now), fault) if fault else (telemetry.record(n, now), None)


def after_the_release(n: int, now: int):
    return telemetry.points_as_text(n, now), None


def good_order(n: int, now: int):
    return telemetry.order(n, now), None


# ---- the story ----------------------------------------------------------------------------------------


def prepare(demo: Demo) -> None:
    tell = demo.tell
    tell.step("Two streams, one file")
    source = ROOT / "schemas" / "contracts"
    demo.contract.write_text((source / "customer_telemetry.schema.json").read_text())
    demo.config.write_text(CONFIG.format(group=demo.group, brokers=demo.brokers, port=demo.port,
                                         folder=demo.folder, contracts=source))
    tell.say(f"{demo.config} declares customers and orders: topics, contract, what is critical, what is secret.")
    for name in ("customers", "orders"):
        demo.cluster.create(demo.raw(name), 2)
    demo.command("lint", "-c", str(demo.config))
    demo.command("topics", "--create", "-c", str(demo.config))
    topics = [t for t in demo.cluster.admin.list_topics(timeout=10).topics if t.startswith(demo.group)]
    tell.check(f"{len(topics)} topics are there: {', '.join(sorted(t.removeprefix(demo.group) for t in topics))}",
               {demo.out("customers"), demo.letters("customers"), f"{demo.group}.failures"} <= set(topics))
    demo.start()


def audited(demo: Demo) -> None:
    tell = demo.tell
    tell.step(f"{RECORDS:,} records of customer telemetry, one in {ONE_IN} with a fault")
    demo.send("customers", RECORDS, with_faults)
    tell.wait("every offset is committed", lambda: demo.all_committed("customers"), 60, demo.log_tail)
    published = demo.cluster.read(demo.out("customers"))
    letters = demo.cluster.read(demo.letters("customers"))
    bad = len(demo.faults)
    tell.check(f"{len(published):,} published + {len(letters)} dead letters = {RECORDS:,}",
               (len(published), len(letters)) == (RECORDS - bad, bad), f"expected {RECORDS - bad:,} + {bad}")
    check_same_bytes(demo, published)
    check_letters(demo, letters)
    letter = next(r for r in letters if r.header("fracas.code.name") == "VALUE_OUT_OF_RANGE")
    tell.say("One of them, as it lies on the topic:")
    names = ("__connect.errors.topic", "__connect.errors.partition", "__connect.errors.offset", "fracas.code",
             "fracas.code.name", "fracas.pointer", "__connect.errors.exception.message")
    tell.show([(name, letter.header(name)) for name in names])
    tell.say(f"`fracas codes {letter.header('fracas.code')}` explains the code.")


def check_same_bytes(demo: Demo, published) -> None:
    source = {(r.partition, r.offset): r for r in demo.cluster.read(demo.raw("customers"))}
    for partition in (0, 1):
        expected = [(r.key, r.value, r.timestamp, r.headers) for at, r in sorted(source.items())
                    if at[0] == partition and at not in demo.faults]
        found = [(r.key, r.value, r.timestamp, r.headers) for r in published if r.partition == partition]
        demo.tell.check(f"partition {partition}: {len(found):,} published records have their bytes, key, headers, "
                        "time and order", found == expected)


def check_letters(demo: Demo, letters) -> None:
    counts: Counter = Counter()
    for letter in letters:
        at = (int(letter.header("__connect.errors.partition")), int(letter.header("__connect.errors.offset")))
        fault = demo.faults.get(at)
        if fault is None or letter.header("fracas.code") != str(fault.code):
            demo.tell.check("every planted fault has its code at its offset", False,
                            f"{at}: {letter.header('fracas.code.name')}, planted {fault and fault.code_name}")
        counts[fault] += 1
    demo.tell.show([(f.code, f.code_name, counts[f], f.told) for f in sorted(counts, key=lambda f: f.code)])
    demo.tell.check("every planted fault has its code at its offset", True)


def measured(demo: Demo) -> None:
    tell = demo.tell
    tell.step("The same numbers for Prometheus")
    expected = {"fracas_records_published_total": RECORDS - len(demo.faults),
                "fracas_records_dead_lettered_total": len(demo.faults)}
    for name, value in expected.items():
        tell.wait(f'{name}{{stream="demo/customers"}} is {value}',
                  lambda name=name, value=value: demo.metric(name, "customers") == value, 10,
                  lambda name=name: str(demo.metric(name, "customers")))


def watched(demo: Demo) -> None:
    """Where Prometheus and Alertmanager are installed: the shipped rules, a rule's minute a second."""
    if not monitoring.is_installed():
        demo.tell.say("Prometheus and Alertmanager are not installed (deploy/packages alerting): nobody is told.")
        return
    demo.monitoring = Monitoring(demo.folder / "monitoring", {"fracas": [demo.port]}, (free_port(), free_port()))
    demo.tell.wait("a Prometheus with the shipped rules watches it, an Alertmanager tells us; their minute is a second",
                   demo.monitoring.is_ready, 30, demo.monitoring.log_tail)


def told(demo: Demo, status: str) -> None:
    if demo.monitoring is None:
        return

    def heard():
        return demo.monitoring.receiver.of("FracasStreamRed", "demo/customers", "on-call", status)
    demo.tell.wait(f"the alert FracasStreamRed is {status} for who is on call", heard, 60,
                   lambda: str(demo.monitoring.firing()))
    if status == "firing":
        demo.tell.show([("told", heard()[-1].summary), ("runbook", heard()[-1].runbook)])


def schema_break(demo: Demo) -> tuple[int, int]:
    tell = demo.tell
    tell.step("A release of the producer turns loyaltyPoints into a text")
    before = len(demo.cluster.read(demo.out("customers")))
    committed = demo.cluster.committed(demo.group, demo.raw("customers"))
    demo.send("customers", BROKEN, after_the_release)
    tell.wait("the stream customers is RED", lambda: demo.metric("fracas_stream_red", "customers") >= 1, 30,
              demo.log_tail)
    tell.wait("its failure event is on the topic of failures", lambda: held_events(demo), 20)
    event = held_events(demo)[0]
    tell.show([(name, event[name]) for name in ("code", "name", "disposition", "attempt", "row_count",
                                                "internal_message", "source_path")])
    tell.check("no offset moved and nothing of the batch was published, for readers of any isolation level",
               demo.cluster.committed(demo.group, demo.raw("customers")) == committed
               and len(demo.cluster.read(demo.out("customers"), isolation="read_uncommitted")) == before)
    demo.send("orders", ORDERS, good_order)
    tell.wait(f"meanwhile {ORDERS:,} orders flow", lambda: demo.all_committed("orders"), 30, demo.log_tail)
    tell.check("all of them are published", len(demo.cluster.read(demo.out("orders"))) == ORDERS)
    told(demo, "firing")
    return before, event["attempt"]


def held_events(demo: Demo) -> list[dict]:
    return [event for event in demo.failures() if event["name"] == "TYPE_MISMATCH"]


def way_back(demo: Demo) -> None:
    tell = demo.tell
    tell.step("The contract is corrected: points may be a text for now")
    schema = json.loads(demo.contract.read_text())
    schema["properties"]["loyaltyPoints"]["type"] = ["integer", "string"]
    demo.contract.write_text(json.dumps(schema, indent=2))
    tell.say("A restart would not help: RED is durable. `fracas status` says what does:")
    tell.show_text(demo.command("status", "-c", str(demo.config), "--stream", "demo/customers"))
    tell.show_text(demo.command("breaker", "reset", "-c", str(demo.config), "--stream", "demo/customers", "--reload",
                                "--why", "points may be a text", "--wait"))
    tell.wait("the held ranges and what came behind them are published", lambda: demo.all_committed("customers"),
              40, demo.log_tail)
    second = [r for s in summaries(demo) if s["stream"] == "customers" for r in s["ranges"] if r["attempt"] == 2]
    tell.check("the summaries call it attempt 2: " + ", ".join(
        f"{r['topic'].removeprefix(demo.group + '.')}/{r['partition']} {r['from']}-{r['to']}" for r in second),
        second and all(r["verdict"] == "publish" for r in second))
    told(demo, "resolved")


def quarantined(demo: Demo) -> None:
    tell = demo.tell
    tell.step("One record without its customer stops the stream; it is set aside, the rest goes on")
    published = len(demo.cluster.read(demo.out("customers")))
    letters = len(demo.cluster.read(demo.letters("customers")))
    demo.send("customers", SMALL, lambda n, now: (telemetry.without_customer(n, now) if n % SMALL == 0
                                                  else telemetry.record(n, now), None))
    where = ("status", "-c", str(demo.config), "--stream", "demo/customers", "--output", "json")
    state = {}

    def is_red() -> bool:
        state.update(json.loads(demo.quiet(*where))["streams"][0])
        return state["breaker"]["state"] == "RED" and state["breaker"]["version"] > 0
    tell.wait("the stream customers is RED", is_red, 30, demo.log_tail)
    held = state["breaker"]["pending"][0]
    batch = f"{held['topic']}/{held['partition']}/{held['from']}-{held['to']}#{held['attempt']}"
    tell.show([("batch", batch), ("code", held["code"]), ("reason", held["reason"])])
    change = ("-c", str(demo.config), "--stream", "demo/customers", "--why", "producer asked, ticket 4711")
    tell.show_text(demo.command("quarantine", "add", *change, "--from-attempt", batch, "--expires", "7d"))
    tell.show_text(demo.command("breaker", "reset", *change, "--wait"))
    tell.wait("every offset is committed", lambda: demo.all_committed("customers"), 30, demo.log_tail)
    after = demo.cluster.read(demo.letters("customers"))
    tell.check(f"{SMALL - 1} are published, one is masked: it waits on the dead-letter topic, whole",
               len(demo.cluster.read(demo.out("customers"))) == published + SMALL - 1
               and len(after) == letters + 1 and after_code(after) == "QUARANTINED")
    tell.show_text(demo.command("quarantine", "ls", "-c", str(demo.config), "--stream", "demo/customers"))
    tell.say("Who did what, and what became of it:")
    tell.show_text(demo.command("journal", "-c", str(demo.config)))


def after_code(letters) -> str | None:
    return max(letters, key=lambda r: int(r.header("fracas.attempt")) * 10**9 + r.offset).header("fracas.code.name")


def summaries(demo: Demo) -> list[dict]:
    return [json.loads(record.value) for record in demo.cluster.read(f"{demo.group}.batches")]


def reconciled(demo: Demo) -> None:
    tell = demo.tell
    tell.step("Reconciliation: every record has exactly one outcome")
    rows = [("stream", "sent", "published", "dead letters", "counted by the summaries")]
    fits = True
    for name in ("customers", "orders"):
        published, letters = len(demo.cluster.read(demo.out(name))), len(demo.cluster.read(demo.letters(name)))
        counts: Counter = Counter()
        for summary in summaries(demo):
            if summary["stream"] == name:
                counts.update(summary["counts"])
        rows.append((name, demo.sent[name], published, letters,
                     f"{counts['published']} + {counts['dead_lettered']} + {counts['masked']} masked"))
        fits &= demo.sent[name] == published + letters
        fits &= (counts["published"], counts["dead_lettered"] + counts["masked"]) == (published, letters)
    tell.show(rows)
    tell.check("sent = published + dead letters, counted twice", fits)


def goodbye(demo: Demo, once: bool) -> None:
    tell = demo.tell
    tell.print()
    seconds = time.monotonic() - tell.begin
    tell.print(tell.styled("bold", f"{tell.checks} checks held in {seconds:.0f} s.") + " Where to look next:")
    kafka = f"deploy/kafka cli --dir {demo.folder}/kafka" if (demo.folder / "kafka").is_dir() else "kafka's"
    tell.show([
        ("metrics", f"http://127.0.0.1:{demo.port}/metrics, /readyz"),
        ("topics", f"{demo.out('customers')}, {demo.letters('customers')}, {demo.group}.failures, .batches"),
        ("read one", f"{kafka} kafka-console-consumer --topic {demo.letters('customers')} --from-beginning "
                     "--property print.headers=true --max-messages 1"),
        ("configuration", f"{demo.program} config show -c {demo.config}"),
        ("a code", f"{demo.program} codes 2103"),
        ("log", str(demo.log)),
        ("how it works", "README.md, then processor/README.md"),
    ])
    if once:
        return
    tell.print(f"It goes on with {TRICKLE_PER_SECOND} records a second. Ctrl-C ends it and removes everything.")
    while demo.running.poll() is None:
        demo.send("customers", TRICKLE_PER_SECOND, with_faults)
        time.sleep(1)
    raise Failed(f"fracas run ended\n{demo.log_tail()}")


def main() -> int:
    parser = argparse.ArgumentParser()
    for name in ("program", "folder", "brokers"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    tell = Telling()
    demo = Demo(options, tell)
    try:
        for step in (prepare, audited, measured, watched, schema_break, way_back, quarantined, reconciled):
            step(demo)
        goodbye(demo, options.once)
        demo.stop()
        return 0
    except (Failed, TimeoutError, RuntimeError, KafkaException) as problem:
        tell.print(f"\nThe story broke at step {tell.number}: {problem}\n{demo.log_tail()}")
        return 1
    except KeyboardInterrupt:
        tell.print("\nStopping.")
        return 0
    finally:
        if demo.monitoring is not None:
            demo.monitoring.stop()
        if demo.running is not None and demo.running.poll() is None:
            demo.running.terminate()
            demo.running.wait(20)


if __name__ == "__main__":
    sys.exit(main())
