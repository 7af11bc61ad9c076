"""The checker can fail: each kind of violation, planted into the evidence of a faultless run, is found by its name."""

import copy
import dataclasses

import pytest
from checker import Evidence, Input, Red, Violation, Window, check, told
from cluster import Record
from group_log import Committed, Fields, offset_of
from state_log import FOREVER, PROBE, RED, key_of, windows_of

TOPIC, STREAM, CODE = "t.raw", "tests/s", "JSON_MALFORMED"
PARTITIONS, RECORDS, GAP = 2, 20, 7  # the offset that carries no record
DONE = RECORDS - 4                   # committed; what is behind it has not been judged yet


def source(partition: int, offset: int) -> Input:
    number = b"%d" % (partition * 1000 + offset)
    record = Record(TOPIC, partition, offset, 1000 + offset, b"k", b"v%s" % number, (("n", number), ("h", None)))
    return Input(record, CODE if offset % 5 == 3 else None)


def letter_of(i: Input, at: int, code: str = CODE) -> Record:
    block = (("__connect.errors.topic", TOPIC.encode()),
             ("__connect.errors.partition", b"%d" % i.record.partition),
             ("__connect.errors.offset", b"%d" % i.record.offset), ("fracas.code.name", code.encode()))
    return dataclasses.replace(i.record, topic=TOPIC + ".dlq", offset=at, headers=i.record.headers + block)


def summary(partition: int, begin: int, end: int, inputs: list[Input]) -> dict:
    inside = [i for i in inputs if begin <= i.record.offset < end]
    return {"pipeline": "tests", "stream": "s", "state_offset": begin,
            "ranges": [{"topic": TOPIC, "partition": partition, "from": begin, "to": end, "attempt": 1,
                        "records": len(inside), "gaps": end - begin - len(inside), "verdict": "publish"}],
            "counts": {"published": sum(i.code is None for i in inside),
                       "dead_lettered": sum(i.code is not None for i in inside), "masked": 0, "observed": 0}}


def event(n: int, rows: int) -> dict:
    return {"id": f"e{n}", "source": "/fracas/g/tests/s", "data": {"name": CODE, "row_count": rows}}


def faultless() -> Evidence:
    """Two partitions, a dead letter in five records, three rounds each; the last records wait."""
    inputs = {p: [source(p, o) for o in range(RECORDS) if o != GAP] for p in range(PARTITIONS)}
    done = {p: [i for i in inputs[p] if i.record.offset < DONE] for p in inputs}
    published = [dataclasses.replace(i.record, topic="t", offset=n) for p in done
                 for n, i in enumerate(i for i in done[p] if i.code is None)]
    letters = [letter_of(i, n) for p in done for n, i in enumerate(i for i in done[p] if i.code)]
    steps = [(0, 5), (5, 10), (10, DONE)]
    return Evidence(
        stream=STREAM, topic=TOPIC, inputs=inputs, committed={p: DONE for p in inputs},
        history=[Committed(TOPIC, p, end, "", 10_000 + end) for p in inputs for _, end in steps],
        published=published, letters=letters, seen=published[:-2], in_log=list(published),
        summaries=[summary(p, begin, end, inputs[p]) for p in inputs for begin, end in steps],
        failures=[event(0, len(letters) - 2), event(1, 2)])


def kinds(evidence: Evidence) -> set[str]:
    return {violation.kind for violation in check(evidence)}


def test_a_faultless_run_has_no_violations():
    assert check(faultless()) == []


def replaced(records: list[Record], at: int, **changed) -> None:
    records[at] = dataclasses.replace(records[at], **changed)


def swapped(records: list[Record], at: int) -> None:
    one, two = records[at], records[at + 1]
    records[at] = dataclasses.replace(two, offset=one.offset)
    records[at + 1] = dataclasses.replace(one, offset=two.offset)


def again(records: list[Record], at: int) -> None:
    records.append(dataclasses.replace(records[at], offset=max(r.offset for r in records) + 1))


def of_code(e: Evidence) -> Record:
    return dataclasses.replace(next(i for i in e.inputs[0] if i.code).record, topic="t", offset=90)


def ahead(e: Evidence) -> Record:
    return dataclasses.replace(e.inputs[0][-1].record, topic="t", offset=91)


def abandoned(begin: int, end: int, attempt: int) -> dict:
    made = summary(0, begin, end, [])
    made["ranges"][0].update(verdict="abandon", attempt=attempt)
    return made


PLANTED = {
    "LOST": lambda e: e.published.pop(3),
    "DOUBLE": lambda e: again(e.published, 3),
    "FOREIGN": lambda e: replaced(e.published, 3, headers=(("n", b"elsewhere"),)),
    "OUT_OF_ORDER": lambda e: swapped(e.published, 3),
    "WRONG_PARTITION": lambda e: replaced(e.published, 3, partition=1),
    "BAD_PUBLISHED": lambda e: e.published.append(of_code(e)),
    "AHEAD": lambda e: e.published.append(ahead(e)),
    "ALTERED": lambda e: replaced(e.published, 3, value=b"w"),
    "SEEN_TWICE": lambda e: e.seen.append(e.seen[0]),
    "SEEN_BACKWARDS": lambda e: e.seen.insert(4, e.seen.pop(1)),
    "ABORTED_READ": lambda e: e.seen.append(dataclasses.replace(e.seen[-1], offset=99)),
    "UNSEEN": lambda e: e.seen.pop(2),
    "HELD_IN_LOG": lambda e: (e.held.add(b"15"), e.in_log.append(ahead(e)), e.held.add(ahead(e).headers[0][1])),
    "LETTER_LOST": lambda e: e.letters.pop(1),
    "LETTER_DOUBLE": lambda e: again(e.letters, 1),
    "FOREIGN_LETTER": lambda e: replaced(e.letters, 1, headers=letter_of(source(9, 9), 0).headers),
    "LETTER_OUT_OF_ORDER": lambda e: swapped(e.letters, 0),
    "LETTER_OF_GOOD": lambda e: e.letters.append(letter_of(e.inputs[0][0], 80)),
    "LETTER_CODE": lambda e: replaced(e.letters, 1, headers=letter_of(e.inputs[0][8 - 1], 0, "TS_STALE").headers),
    "LETTER_PARTITION": lambda e: replaced(e.letters, 1, partition=1),
    "LETTER_AHEAD": lambda e: e.letters.append(letter_of(e.inputs[0][-2], 81)),
    "LETTER_ALTERED": lambda e: replaced(e.letters, 1, value=b"w"),
    "TILES": lambda e: e.summaries[1]["ranges"][0].update({"from": 6}),
    "COUNTS": lambda e: e.summaries[1]["counts"].update(published=99),
    "OFFSET_FELL": lambda e: e.history.append(Committed(TOPIC, 0, 5, "", 0)),
    "OFFSET_UNTOLD": lambda e: e.history.insert(1, Committed(TOPIC, 0, 7, "", 0)),
    "MOVED_WHILE_RED": lambda e: e.reds.append(Red(10_009, 10_011)),
    "EVENTS": lambda e: e.failures.pop(),
    "EVENT_DOUBLE": lambda e: e.failures.append(e.failures[0]),
    "ATTEMPTS": lambda e: e.summaries.extend([abandoned(DONE, RECORDS, 1), abandoned(DONE, RECORDS, 1)]),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_planted(kind):
    evidence = copy.deepcopy(faultless())
    PLANTED[kind](evidence)
    assert kind in kinds(evidence), told(check(evidence))


MORE = {
    "a hole in the tiles": ("TILES", lambda e: e.summaries.pop(1)),
    "two tiles of one place": ("TILES", lambda e: e.summaries.append(e.summaries[1])),
    "records that are none": ("TILES", lambda e: e.summaries[1]["ranges"][0].update(records=5, gaps=0)),
    "tiles short of the offset": ("TILES", lambda e: e.summaries.pop(2)),
    "an offset that fell at the end": ("OFFSET_FELL", lambda e: e.committed.update({1: 10})),
    "a header taken away": ("ALTERED", lambda e: replaced(e.published, 3, headers=e.published[3].headers[:1])),
    "another timestamp": ("ALTERED", lambda e: replaced(e.published, 3, timestamp=1)),
    "another key": ("ALTERED", lambda e: replaced(e.published, 3, key=None)),
    "published under RED's state": ("MOVED_WHILE_RED", lambda e: e.windows.append(Window(4, 7))),
    "an attempt without the one before": ("ATTEMPTS", lambda e: e.summaries.append(abandoned(DONE, RECORDS, 2))),
    "too many rows": ("EVENTS", lambda e: e.failures.append(event(7, 1))),
}


@pytest.mark.parametrize("what", MORE)
def test_more(what):
    kind, plant = MORE[what]
    evidence = copy.deepcopy(faultless())
    plant(evidence)
    assert kind in kinds(evidence), told(check(evidence))


@pytest.mark.parametrize("window, wrong", ((Window(5, 9), 0), (Window(4, 5), PARTITIONS), (Window(2, 4), 0)))
def test_red_is_in_force_behind_its_record_up_to_the_resets(window, wrong):
    """Rounds are judged under 0, 5 and 10: everything below these offsets is in the state."""
    evidence = faultless()
    evidence.windows = [window]
    assert len(check(evidence)) == wrong


def test_a_masked_record_counts_as_masked():
    evidence = faultless()
    index = next(n for n, i in enumerate(evidence.inputs[0]) if i.code)
    masked = dataclasses.replace(evidence.inputs[0][index], code="QUARANTINED")
    evidence.inputs[0][index] = masked
    evidence.letters[0] = letter_of(masked, 0, "QUARANTINED")
    assert "COUNTS" in kinds(evidence)
    evidence.summaries[0]["counts"].update(dead_lettered=0, masked=1)
    evidence.failures[0]["data"]["row_count"] -= 1
    assert check(evidence) == []


def test_told_shows_few_and_counts_all():
    text = told([Violation("LOST", str(n)) for n in range(100)])
    assert text.startswith("LOST (100):") and len(text.splitlines()) < 10


def test_an_offset_of_the_groups_log_is_read():
    key = b"\x00\x01" + b"\x00\x01g" + b"\x00\x01t" + b"\x00\x00\x00\x05"
    fields = Fields(key)
    assert (fields.number("h"), fields.text()) == (1, "g")
    value = b"\x00\x03" + (42).to_bytes(8, "big") + b"\xff\xff\xff\xff" + b"\x00\x02me" + (7).to_bytes(8, "big")
    assert offset_of(fields, value) == Committed("t", 5, 42, "me", 7)


def breaker_record(offset: int, state: int, stream: str = STREAM) -> Record:
    value = b"\x01\x00" + b"\x81\x01" + b"\x05" + b"\x02id" + b"\x90\x92\x03" + bytes([state]) + b"rest"
    return Record("g.state", 0, offset, 0, key_of(stream), value, ())


def test_windows_of_red_are_read_from_the_changelog():
    records = [breaker_record(o, s) for o, s in ((3, 0), (5, RED), (6, RED), (9, PROBE), (11, RED), (14, 0), (20, RED))]
    records.insert(2, breaker_record(7, 0, "tests/other"))
    assert windows_of(records, STREAM) == [Window(5, 9), Window(11, 14), Window(20, FOREVER)]
