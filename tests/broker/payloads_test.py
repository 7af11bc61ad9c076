"""What must pass unharmed and what must be coded, on the real program and a real broker: no crash, no
loss, original bytes in the dead letter."""

import hashlib
import time

import pytest
from documents import CODED, UNHARMED
from running import Setup, coordinates, own_headers
from streams import raw, stream

LARGE = 60_000_000


@pytest.fixture
def anything(cluster, unique, tmp_path, free_port):
    """A stream that takes every well-formed document; few dead letters never hold it."""
    def make(partitions: int = 1, **more) -> Setup:
        return Setup(cluster, unique, tmp_path, free_port(),
                     {"any": stream(unique, "any", audit={"max_failed_ratio": 1.0, "max_failed_records": 1_000_000},
                                    characters={"control": "allow"}, **more)}, partitions)
    return make


def run(setup: Setup, seconds: float = 60) -> None:
    with setup.start() as daemon:
        setup.wait_until_all_is_committed(raw(setup.prefix, "any"), daemon, seconds)
        assert daemon.stop() == 0, daemon.tail()


def test_documents_that_must_pass(anything):
    setup = anything()
    writer = setup.cluster.writer()
    now = int(time.time() * 1000)
    for name, document in UNHARMED.items():
        writer.send(raw(setup.prefix, "any"), document, name.encode(), 0, now)
    writer.flush()
    run(setup)
    assert setup.dead_letters("any") == []
    assert [(r.key, r.value) for r in setup.published("any")] == [(n.encode(), d) for n, d in UNHARMED.items()]


def test_documents_that_must_be_coded(anything):
    setup = anything()
    writer = setup.cluster.writer()
    for name, (document, _) in CODED.items():
        writer.send(raw(setup.prefix, "any"), document, name.encode(), 0, headers=[("h", name.encode())])
    writer.send(raw(setup.prefix, "any"), b'{"the":"last"}', b"last", 0)
    writer.flush()
    run(setup)
    assert [r.value for r in setup.published("any")] == [b'{"the":"last"}']
    letters = setup.dead_letters("any")
    assert [(r.key.decode(), r.value) for r in letters] == [(n, d) for n, (d, _) in CODED.items()]
    assert [coordinates(r) for r in letters] == [(0, n) for n in range(len(CODED))]
    for letter in letters:
        expected = CODED[letter.key.decode()][1]
        assert expected is None or letter.header("fracas.code.name") == expected, letter.key
        assert own_headers(letter) == (("h", letter.key),)


def test_tombstones_null_keys_and_many_headers(anything):
    setup = anything()
    many = [(f"h{n % 7}", b"%d" % n if n % 3 else None) for n in range(20_000)]
    writer = setup.cluster.writer()
    now = int(time.time() * 1000) - 5_000
    sent = [(b"k", None, []), (None, b"1", [("x", b"\x00")]), (b"", b'""', []), (b"many", b"{}", many),
            (None, None, [])]
    for n, (key, value, headers) in enumerate(sent):
        writer.send(raw(setup.prefix, "any"), value, key, 0, now + n, headers)
    writer.flush()
    run(setup)
    found = setup.published("any")
    assert [(r.key, r.value, list(r.headers), r.timestamp) for r in found] == \
        [(key, value, headers, now + n) for n, (key, value, headers) in enumerate(sent)]
    assert setup.dead_letters("any") == []


def test_record_over_its_limit_leaves_size_and_digest(anything):
    setup = anything(limits={"record": "10KiB"})
    large = b'"' + b"y" * 20_000 + b'"'
    writer = setup.cluster.writer()
    for value in (b"1", large, b"2"):
        writer.send(raw(setup.prefix, "any"), value, b"k", 0)
    writer.flush()
    run(setup)
    assert [r.value for r in setup.published("any")] == [b"1", b"2"]
    letter, = setup.dead_letters("any")
    assert letter.value is None and letter.header("fracas.code.name") == "RECORD_OVERSIZE"
    assert int(letter.header("fracas.payload.size")) == len(large)
    assert letter.header("fracas.payload.sha256") == hashlib.sha256(large).hexdigest()


def test_a_60_mb_record_does_not_hurt_the_others(cluster, unique, tmp_path, free_port):
    cluster.create(raw(unique, "any"), 1, max_message_bytes="70000000")
    setup = Setup(cluster, unique, tmp_path, free_port(), {"any": stream(unique, "any")}, 1)
    large = b'"' + b"z" * LARGE + b'"'
    writer = cluster.writer(**{"compression.type": "none"})
    for value in [b"1"] * 100 + [large] + [b"2"] * 100:
        writer.send(raw(unique, "any"), value, b"k", 0)
    writer.flush()
    with setup.start() as daemon:
        setup.wait_until_all_is_committed(raw(unique, "any"), daemon, 90)
        peak = int(next(line.split()[1] for line in open(f"/proc/{daemon.process.pid}/status")
                        if line.startswith("VmHWM")))
        assert daemon.stop() == 0, daemon.tail()
    assert [r.value for r in setup.published("any")] == [b"1"] * 100 + [b"2"] * 100
    letter, = setup.dead_letters("any")
    assert letter.value is None and int(letter.header("fracas.payload.size")) == len(large)
    assert peak < 700 * 1024, f"{peak} KiB"


def test_confluent_framing_is_kept_in_the_copy(anything):
    setup = anything(format={"value": "json", "framing": "confluent"})
    good, unframed = b'\x00\x00\x00\x00\x2a{"a":1}', b'{"a":1}'
    writer = setup.cluster.writer()
    for value in (good, unframed, b"\x00\x00"):
        writer.send(raw(setup.prefix, "any"), value, None, 0)
    writer.flush()
    run(setup)
    assert [r.value for r in setup.published("any")] == [good]
    assert [r.value for r in setup.dead_letters("any")] == [unframed, b"\x00\x00"]
    assert {r.header("fracas.code.name") for r in setup.dead_letters("any")} == {"DECODE_FAILED"}


def test_sensitive_values_stay_in_the_records(cluster, unique, tmp_path, free_port):
    from streams import customers
    import telemetry
    canary = "canary-77b2-not-for-your-eyes"
    setup = Setup(cluster, unique, tmp_path, free_port(),
                  {"customers": customers(unique, dispositions={"TYPE_MISMATCH": "dead_letter"},
                                          audit={"max_failed_ratio": 1.0})}, 1)
    writer = cluster.writer()
    now = int(time.time() * 1000)
    for n, email in enumerate([f'"{canary}"', f'["{canary}"]', f'"{canary}', f'"{canary * 20}"', f'{{"{canary}":1}}']):
        writer.send(raw(unique, "customers"), telemetry.record(n, now, email=email), b"k", 0, now)
    writer.flush()
    with setup.start() as daemon:
        setup.wait_until_all_is_committed(raw(unique, "customers"), daemon)
        seen = str(setup.metrics())
        assert daemon.stop() == 0
        seen += daemon.text()
    letters = setup.dead_letters("customers")
    assert len(letters) >= 3
    seen += str([[h for h in letter.headers] for letter in letters]) + str(setup.failures()) + str(setup.summaries())
    assert canary not in seen
