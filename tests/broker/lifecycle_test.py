"""Starting, stopping, sharing: errors at start tell the next step, SIGTERM leaves nothing half done, two
instances share the partitions without a gap or a duplicate, a second process of one name is refused."""

import socket
import threading
import time

import telemetry
from cluster import PATIENCE, wait_until
from program import DONE, FAILED, USAGE, fracas, get, metrics, write_config
from running import Setup
from streams import config, customers, http, published, raw, schema_file, stream

START_SECONDS_MAX = 15


def refused(done, code, *words) -> None:
    assert done.code == code, done
    assert done.seconds < START_SECONDS_MAX, done
    for word in words:
        assert word in done.out + done.err, done


def started(path, cwd=None, user=None):
    return fracas("run", "-c", path, cwd=cwd, seconds=40)


def test_unreachable_broker(unique, tmp_path, free_port):
    port = free_port()
    path = write_config(tmp_path, config(unique, {"s": stream(unique, "s")}, f"127.0.0.1:{port}"))
    refused(started(path), FAILED, f"127.0.0.1:{port}")


def test_missing_source_topic(cluster, unique, tmp_path, free_port):
    setup = Setup(cluster, unique, tmp_path, free_port(), {"s": stream(unique, "s")}, create=False)
    refused(started(setup.path), FAILED, raw(unique, "s"))


def test_missing_own_topics_name_the_command(cluster, unique, tmp_path, free_port):
    cluster.create(raw(unique, "s"), 1)
    setup = Setup(cluster, unique, tmp_path, free_port(), {"s": stream(unique, "s")}, create=False)
    refused(started(setup.path), FAILED, published(unique, "s"), "fracas topics --create")


def test_topics_check_says_what_is_missing(cluster, unique, tmp_path, free_port):
    cluster.create(raw(unique, "s"), 3)
    setup = Setup(cluster, unique, tmp_path, free_port(), {"s": stream(unique, "s")}, create=False)
    before = fracas("topics", "--check", "-c", setup.path)
    assert before.code != DONE and published(unique, "s") in before.out + before.err, before
    setup.create_topics()
    after = fracas("topics", "--check", "-c", setup.path)
    assert after.code == DONE, after
    assert len(cluster.partitions(published(unique, "s"))) == 3
    letters = cluster.topic_settings(f"{raw(unique, 's')}.dlq")
    source = cluster.topic_settings(raw(unique, "s"))
    assert int(letters["max.message.bytes"]) >= int(source["max.message.bytes"]) + 64 * 1024
    assert int(letters["retention.ms"]) == -1 or int(letters["retention.ms"]) >= 30 * 86_400_000


def test_fewer_partitions_than_the_source(cluster, unique, tmp_path, free_port):
    cluster.create(raw(unique, "s"), 4)
    cluster.create(published(unique, "s"), 2)
    setup = Setup(cluster, unique, tmp_path, free_port(), {"s": stream(unique, "s")}, create=False)
    done = started(setup.path)
    refused(done, FAILED, published(unique, "s"))
    assert "2" in done.err and "4" in done.err, done


def test_contract_that_is_no_schema(cluster, unique, tmp_path, free_port):
    contract = schema_file(tmp_path, '{"type": "integr"}', "odd.json")
    setup = Setup(cluster, unique, tmp_path, free_port(), {"s": stream(unique, "s", contract)}, create=False)
    refused(started(setup.path), USAGE, "odd.json", "integr")


def test_port_in_use(cluster, unique, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        setup = Setup(cluster, unique, tmp_path, port, {"s": stream(unique, "s")}, 1)
        refused(started(setup.path), FAILED, str(port))


def test_second_process_of_the_same_name(cluster, unique, tmp_path, free_port):
    setup = Setup(cluster, unique, tmp_path, free_port(), {"s": stream(unique, "s")}, 1)
    other = write_config(tmp_path, {**config(unique, setup.streams, cluster.brokers),
                                    "http": http(free_port())}, "other.yaml")
    with setup.start("first") as first:
        wait_until(lambda: get(f"http://127.0.0.1:{setup.port}/readyz")[0] == 200, 30, first.tail)
        with setup.start("second", other) as second:
            wait_until(lambda: not (first.running() and second.running()), 60,
                       lambda: first.tail() + second.tail())
            gone = second if not second.running() else first
            assert gone.process.returncode == FAILED, gone.tail()
            assert "node-1" in gone.tail()
            stays = first if gone is second else second
            assert stays.running()


def test_sigterm_ends_within_ten_seconds_with_nothing_half_done(cluster, unique, tmp_path, free_port):
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": customers(unique)}, 2)
    sent, going = [], threading.Event()
    going.set()

    def produce() -> None:
        writer = cluster.writer()
        while going.is_set() and len(sent) < 200_000:
            n = len(sent)
            sent.append(n)
            writer.send(raw(unique, "customers"), telemetry.record(n, int(time.time() * 1000)), None, n % 2)
        writer.flush()

    producer = threading.Thread(target=produce)
    producer.start()
    with setup.start() as daemon:
        wait_until(lambda: any(offset > 0 for offset in cluster.committed(unique, raw(unique, "customers"))), 30,
                   daemon.tail)
        begin = time.monotonic()
        assert daemon.stop() == DONE, daemon.tail()
        assert time.monotonic() - begin < 10 * PATIENCE
    going.clear()
    producer.join()
    committed = cluster.committed(unique, raw(unique, "customers"))
    found = setup.published("customers")
    assert [sum(r.partition == p for r in found) for p in (0, 1)] == [max(c, 0) for c in committed]


def test_livez_readyz_and_metrics(cluster, unique, tmp_path, free_port):
    setup = Setup(cluster, unique, tmp_path, free_port(),
                  {"customers": customers(unique, audit={"max_failed_ratio": 0.5})}, 1)
    writer = cluster.writer()
    now = int(time.time() * 1000)
    for n in range(100):
        fault = telemetry.fault_of(n, 10)
        writer.send(raw(unique, "customers"), fault.make(n, now) if fault else telemetry.record(n, now), None, 0, now)
    writer.flush()
    with setup.start() as daemon:
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        for page in ("livez", "readyz"):
            assert get(f"http://127.0.0.1:{setup.port}/{page}")[0] == 200
        series = setup.metrics()
        labels = '{stream="tests/customers"}'
        assert series["fracas_records_published_total" + labels] == 90, series
        assert series["fracas_records_dead_lettered_total" + labels] == 10, series
        assert get(f"http://127.0.0.1:{setup.port}/no/such/page")[0] == 404
        assert daemon.stop() == 0
    starts = daemon.entries()
    assert starts and all({"ts", "level", "event", "message"} <= set(entry) for entry in starts)
    assert unique in str(starts[:5]), "the start says what runs with which settings"


def test_two_instances_share_without_gap_or_duplicate(cluster, unique, tmp_path, free_port):
    partitions, records = 4, 40_000
    setup = Setup(cluster, unique, tmp_path, free_port(),
                  {"customers": customers(unique, batch={"records": 200, "interval": "20ms"})}, partitions)
    second = write_config(tmp_path, {**config(unique, setup.streams, cluster.brokers, instance="node-2"),
                                     "http": http(free_port())}, "second.yaml")
    writer = cluster.writer()
    now = int(time.time() * 1000)
    values = [telemetry.record(n, now) for n in range(records)]
    for n, value in enumerate(values):
        writer.send(raw(unique, "customers"), value, None, n % partitions, now)
    writer.flush()
    topic = raw(unique, "customers")

    def past(share: float):
        return lambda: sum(max(o, 0) for o in cluster.committed(unique, topic)) >= records * share
    with setup.start("one") as one:
        wait_until(past(0.1), 60, one.tail)
        with setup.start("two", second) as two:
            wait_until(past(0.4), 60, lambda: one.tail() + two.tail())
            assert two.stop() == 0, two.tail()
        with setup.start("three", second) as three:
            wait_until(past(0.6), 60, lambda: one.tail() + three.tail())
            one.kill()
            setup.wait_until_all_is_committed(topic, three, 120)
            assert three.stop() == 0
    # Nobody takes the killed one's name: its open transaction hides what is behind it until the broker ends it.
    output = published(unique, "customers")
    wait_until(lambda: cluster.high(output) == cluster.high(output, "read_uncommitted"), 60, "a transaction is open")
    found = setup.published("customers")
    for partition in range(partitions):
        assert [r.value for r in found if r.partition == partition] == values[partition::partitions]
    assert setup.tiles(topic) == {p: records // partitions for p in range(partitions)}


def ten_transactions(cluster, unique: str) -> None:
    """With a record each; those of 0, 3, 6 and 9 are aborted."""
    from confluent_kafka import Producer
    producer = Producer({"bootstrap.servers": cluster.brokers, "transactional.id": unique})
    producer.init_transactions(30)
    for n in range(10):
        producer.begin_transaction()
        producer.produce(raw(unique, "s"), b'{"n":%d}' % n, partition=0)
        producer.flush()
        (producer.abort_transaction if n % 3 == 0 else producer.commit_transaction)(30)


def test_what_is_no_record_is_no_lag(cluster, unique, tmp_path, free_port):
    """Behind the last record of a transactional producer are markers: nobody waits for them, also after a restart."""
    setup = Setup(cluster, unique, tmp_path, free_port(),
                  {"s": stream(unique, "s"), "customers": customers(unique)}, 1)
    ten_transactions(cluster, unique)
    writer = cluster.writer()  # a batch that is held waits for real: when that is known, both have been looked at
    writer.send(raw(unique, "customers"), telemetry.points_as_text(0, int(time.time() * 1000)), partition=0)
    writer.flush()

    def lag(name: str) -> float | None:
        return metrics(setup.port).get(f'fracas_lag_records{{stream="tests/{name}"}}')
    for name in ("first", "second"):
        with setup.start(name) as daemon:
            wait_until(lambda: cluster.committed(unique, raw(unique, "s"))[0] > 0, 30, daemon.tail)
            wait_until(lambda: lag("customers") == 1 and lag("s") == 0, 30, lambda: f"{lag('customers')} {lag('s')}")
            assert daemon.stop() == 0
    assert cluster.committed(unique, raw(unique, "s"))[0] < cluster.high(raw(unique, "s"))[0]
    assert len(setup.published("s")) == 6


def test_gaps_in_offsets_are_counted(cluster, unique, tmp_path, free_port):
    """Markers and aborted records of a transactional producer leave offsets without a record."""
    setup = Setup(cluster, unique, tmp_path, free_port(), {"s": stream(unique, "s")}, 1)
    ten_transactions(cluster, unique)
    kept = [n for n in range(10) if n % 3] + [10]
    writer = cluster.writer()
    writer.send(raw(unique, "s"), b'{"n":10}', partition=0)  # what is behind the last record is counted with the next
    writer.flush()
    with setup.start() as daemon:
        setup.wait_until_all_is_committed(raw(unique, "s"), daemon)
        assert daemon.stop() == 0
    assert [r.value for r in setup.published("s")] == [b'{"n":%d}' % n for n in kept]
    ranges = [r for s in setup.summaries() for r in s["ranges"]]
    assert sum(r["records"] for r in ranges) == len(kept)
    assert sum(r["gaps"] for r in ranges) == cluster.high(raw(unique, "s"))[0] - len(kept)


def test_try_writes_nothing_and_says_what_would_hold(cluster, unique, tmp_path, free_port):
    setup = Setup(cluster, unique, tmp_path, free_port(), {"customers": customers(unique)}, 1)
    writer = cluster.writer()
    now = int(time.time() * 1000)
    for n in range(100):
        make = telemetry.points_as_text if n >= 90 else telemetry.record
        writer.send(raw(unique, "customers"), make(n, now), None, 0, now)
    writer.flush()
    before = cluster.high(published(unique, "customers"))
    done = fracas("try", "-c", setup.path, "--stream", "customers")
    assert done.code == 3, done
    assert "TYPE_MISMATCH" in done.out and "hold" in done.out, done
    assert cluster.high(published(unique, "customers")) == before
    assert cluster.committed(unique, raw(unique, "customers")) == [-1]
