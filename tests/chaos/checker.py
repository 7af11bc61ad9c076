"""The exact checker: every input record has exactly one outcome, in order, unharmed; offsets, summaries and reports
say the same. It sees topics alone, as a reader would, and shares no code with the program.

check(evidence) gives a list of violations; empty: all holds. checker_test.py plants each kind.
"""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from urllib.parse import unquote

from cluster import Record
from group_log import Committed
from running import coordinates, own_headers

MASKING = ("QUARANTINED", "POISON_RECORD")  # a dead letter of these counts as masked
SHOWN_MAX = 5  # violations of one kind that are told in full


@dataclass(frozen=True)
class Violation:
    kind: str  # LOST, DOUBLE, …
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


@dataclass(frozen=True)
class Input:
    """A record of the source topic, and the code that it must get; None: published."""

    record: Record
    code: str | None = None

    @property
    def number(self) -> bytes:
        """What tells it from every other record of the run."""
        return number_of(self.record)


@dataclass(frozen=True)
class Red:
    """While it lasts no offset of the stream moves. Times of the broker's offset log."""

    begin_ms: int
    end_ms: int


@dataclass(frozen=True)
class Window:
    """Offsets of the changelog's records. A summary names the state by the offset below which everything is in it, so
    RED is in force in (red, reset]: no batch is published under such a state."""

    red: int
    reset: int


@dataclass
class Evidence:
    """One stream with one source topic, after its run."""

    stream: str                      # "pipeline/stream"
    topic: str                       # the source
    inputs: dict[int, list[Input]]   # by partition, all that the source has
    committed: dict[int, int]        # the group's offsets at the end
    history: list[Committed]         # every offset that was committed, in order
    published: list[Record]
    letters: list[Record]
    summaries: list[dict]
    failures: list[dict]
    seen: list[Record] = field(default_factory=list)         # what a read_committed reader saw on the way
    in_log: list[Record] = field(default_factory=list)       # published, as read_uncommitted readers see it
    held: set[bytes] = field(default_factory=set)            # numbers that must not reach the log at all
    reds: list[Red] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)

    def below(self, partition: int) -> list[Input]:
        """The inputs that are done."""
        return [i for i in self.inputs[partition] if i.record.offset < self.committed.get(partition, 0)]


def number_of(record: Record) -> bytes:
    return next((value for name, value in record.headers if name == "n"), b"")


def place(record: Record) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"


def check(evidence: Evidence) -> list[Violation]:
    found: list[Violation] = []
    for part in (check_published, check_seen, check_log, check_letters, check_tiles, check_counts, check_history,
                 check_red, check_failures, check_attempts):
        found += part(evidence)
    return found


def told(violations: list[Violation]) -> str:
    """For people: each kind with its count and its first few."""
    kinds: dict[str, list[Violation]] = defaultdict(list)
    for violation in violations:
        kinds[violation.kind].append(violation)
    lines = []
    for kind, found in kinds.items():
        lines += [f"{kind} ({len(found)}):"] + [f"  {v.text}" for v in found[:SHOWN_MAX]]
    return "\n".join(lines)


# ---- Published ------------------------------------------------------------------------------------------------


def check_published(evidence: Evidence) -> list[Violation]:
    """Exactly the good records below the committed offset: same bytes, same partition, in order, each once."""
    found = []
    home = {i.number: i for inputs in evidence.inputs.values() for i in inputs}
    copies: Counter = Counter()
    newest: dict[int, int] = {}
    for copy in evidence.published:
        source = home.get(number_of(copy))
        if source is None:
            found.append(Violation("FOREIGN", f"{place(copy)} is no record of {evidence.topic}"))
            continue
        copies[source.number] += 1
        found += [Violation(kind, f"{place(source.record)} at {place(copy)}: {text}")
                  for kind, text in wrong_with(evidence, source, copy, newest)]
        if copies[source.number] == 2:
            found.append(Violation("DOUBLE", f"{place(source.record)} is there again at {place(copy)}"))
        newest[copy.partition] = max(newest.get(copy.partition, -1), source.record.offset)
    for partition in evidence.inputs:
        found += [Violation("LOST", f"{place(i.record)} was not published") for i in evidence.below(partition)
                  if i.code is None and not copies[i.number]]
    return found


def wrong_with(evidence: Evidence, source: Input, copy: Record, newest: dict[int, int]):
    record = source.record
    if copy.partition != record.partition:
        yield "WRONG_PARTITION", f"partition {copy.partition}"
    elif record.offset < newest.get(copy.partition, -1):
        yield "OUT_OF_ORDER", f"behind the copy of offset {newest[copy.partition]}"
    if source.code is not None:
        yield "BAD_PUBLISHED", f"it is {source.code}"
    if record.offset >= evidence.committed.get(record.partition, 0):
        yield "AHEAD", f"the group stands at {evidence.committed.get(record.partition, 0)}"
    for what in ("key", "value", "headers", "timestamp"):
        if getattr(copy, what) != getattr(record, what):
            yield "ALTERED", f"another {what}"


def check_seen(evidence: Evidence) -> list[Violation]:
    """A reader on the way saw what a reader at the end sees: nothing that was taken back, nothing skipped."""
    found = []
    final: dict[int, dict[int, Record]] = defaultdict(dict)
    for record in evidence.published:
        final[record.partition][record.offset] = record
    seen: dict[int, dict[int, Record]] = defaultdict(dict)
    furthest: dict[int, int] = defaultdict(int)
    for record in evidence.seen:
        if record.offset in seen[record.partition]:
            found.append(Violation("SEEN_TWICE", place(record)))
        elif record.offset < furthest[record.partition]:
            found.append(Violation("SEEN_BACKWARDS", place(record)))
        furthest[record.partition] = max(furthest[record.partition], record.offset)
        seen[record.partition][record.offset] = record
    for partition, records in seen.items():
        newest = max(records)
        found += [Violation("ABORTED_READ", f"{place(record)} was read and is gone")
                  for offset, record in records.items() if final[partition].get(offset) != record]
        found += [Violation("UNSEEN", f"{place(record)} was passed over")
                  for offset, record in final[partition].items()
                  if offset < newest and offset not in records]
    return found


def check_log(evidence: Evidence) -> list[Violation]:
    """Not even read_uncommitted readers see what was held."""
    return [Violation("HELD_IN_LOG", place(record)) for record in evidence.in_log
            if number_of(record) in evidence.held]


# ---- Dead letters ---------------------------------------------------------------------------------------------


def check_letters(evidence: Evidence) -> list[Violation]:
    """One for each record that failed, below the committed offset, with its code and bytes, on its partition, in
    order. A replay's letter is one of another source record."""
    found = []
    inputs = {(i.record.partition, i.record.offset): i for inputs in evidence.inputs.values() for i in inputs}
    letters: Counter = Counter()
    newest: dict[int, int] = {}
    for letter in evidence.letters:
        source = inputs.get(coordinates(letter))
        if source is None:
            found.append(Violation("FOREIGN_LETTER", f"{place(letter)} names no record of {evidence.topic}"))
            continue
        letters[coordinates(letter)] += 1
        if letters[coordinates(letter)] == 2:
            found.append(Violation("LETTER_DOUBLE", f"{place(source.record)} again at {place(letter)}"))
        found += [Violation(kind, f"{place(source.record)} at {place(letter)}: {text}")
                  for kind, text in wrong_with_letter(evidence, source, letter)]
        if source.record.offset < newest.get(letter.partition, -1):
            found.append(Violation("LETTER_OUT_OF_ORDER", f"{place(source.record)} at {place(letter)}"))
        newest[letter.partition] = source.record.offset
    for partition in evidence.inputs:
        found += [Violation("LETTER_LOST", f"{place(i.record)} ({i.code}) left no dead letter")
                  for i in evidence.below(partition)
                  if i.code is not None and not letters[(partition, i.record.offset)]]
    return found


def wrong_with_letter(evidence: Evidence, source: Input, letter: Record):
    record = source.record
    if source.code is None:
        yield "LETTER_OF_GOOD", f"a good record as {letter.header('fracas.code.name')}"
    elif letter.header("fracas.code.name") != source.code:
        yield "LETTER_CODE", f"{letter.header('fracas.code.name')} instead of {source.code}"
    if letter.partition != record.partition:
        yield "LETTER_PARTITION", f"partition {letter.partition}"
    if record.offset >= evidence.committed.get(record.partition, 0):
        yield "LETTER_AHEAD", f"the group stands at {evidence.committed.get(record.partition, 0)}"
    if letter.key != record.key or own_headers(letter) != record.headers:
        yield "LETTER_ALTERED", "another key, or other headers"
    if letter.value != record.value and not is_pointer_to(letter, record):
        yield "LETTER_ALTERED", "another value"


def is_pointer_to(letter: Record, record: Record) -> bool:
    """An oversize record leaves its size and digest."""
    return (letter.value is None and letter.header("fracas.code.name") == "RECORD_OVERSIZE"
            and int(letter.header("fracas.payload.size") or -1) == len(record.value or b"")
            and letter.header("fracas.payload.sha256") == hashlib.sha256(record.value or b"").hexdigest())


# ---- Summaries ------------------------------------------------------------------------------------------------


def ranges_of(evidence: Evidence, verdict: str) -> list[tuple[dict, dict]]:
    """(summary, range) of the stream's topic."""
    return [(summary, r) for summary in evidence.summaries if stream_of(summary) == evidence.stream
            for r in summary["ranges"] if r["topic"] == evidence.topic and r["verdict"] == verdict]


def stream_of(summary: dict) -> str:
    return f"{summary['pipeline']}/{summary['stream']}"


def check_tiles(evidence: Evidence) -> list[Violation]:
    """Per partition published ranges tile from the first committed offset to the last; gaps are what is missing."""
    found = []
    tiles: dict[int, list[dict]] = defaultdict(list)
    for _, r in ranges_of(evidence, "publish"):
        tiles[r["partition"]].append(r)
    for partition, inputs in evidence.inputs.items():
        at = first_offset(evidence, partition)
        offsets = {i.record.offset for i in inputs}
        for r in sorted(tiles[partition], key=lambda r: (r["from"], r["to"])):
            name = f"{evidence.topic}/{partition}@{r['from']}-{r['to']}"
            if r["from"] != at:
                found.append(Violation("TILES", f"{name} follows {at}"))
            records = sum(offset in offsets for offset in range(r["from"], r["to"]))
            if r["records"] != records or r["records"] + r["gaps"] != r["to"] - r["from"]:
                found.append(Violation("TILES", f"{name} has {records} records and says {r['records']}, "
                                                f"{r['gaps']} gaps"))
            at = r["to"]
        if at != max(evidence.committed.get(partition, at), first_offset(evidence, partition)):
            found.append(Violation("TILES", f"{evidence.topic}/{partition} is tiled to {at}, committed "
                                            f"{evidence.committed[partition]}"))
    return found


def first_offset(evidence: Evidence, partition: int) -> int:
    inputs = evidence.inputs[partition]
    return inputs[0].record.offset if inputs else 0


def check_counts(evidence: Evidence) -> list[Violation]:
    """Each summary counts what its published ranges hold."""
    found = []
    by_offset = {(p, i.record.offset): i for p, inputs in evidence.inputs.items() for i in inputs}
    for summary in evidence.summaries:
        if stream_of(summary) != evidence.stream:
            continue
        held = [by_offset[r["partition"], offset] for r in summary["ranges"]
                if r["verdict"] == "publish" and r["topic"] == evidence.topic
                for offset in range(r["from"], r["to"]) if (r["partition"], offset) in by_offset]
        expected = Counter(outcome_of(i) for i in held)
        counts = {name: n for name, n in summary["counts"].items() if n}
        if counts != dict(expected):
            found.append(Violation("COUNTS", f"{summary['ranges']} hold {dict(expected)}, say {counts}"))
    return found


def outcome_of(source: Input) -> str:
    if source.code is None:
        return "published"
    return "masked" if source.code in MASKING else "dead_lettered"


# ---- Offsets, breakers, reports ---------------------------------------------------------------------------------


def check_history(evidence: Evidence) -> list[Violation]:
    """Committed offsets never fall, and each is the end of a published range."""
    found = []
    ends = {(r["partition"], r["to"]) for _, r in ranges_of(evidence, "publish")}
    at: dict[int, int] = {}
    for commit in (c for c in evidence.history if c.topic == evidence.topic):
        before = at.get(commit.partition, first_offset(evidence, commit.partition))
        name = f"{commit.topic}/{commit.partition}"
        if commit.offset < before:
            found.append(Violation("OFFSET_FELL", f"{name} from {before} to {commit.offset}"))
        elif commit.offset > before and (commit.partition, commit.offset) not in ends:
            found.append(Violation("OFFSET_UNTOLD", f"{name} moved to {commit.offset}, where no summary ends"))
        at[commit.partition] = commit.offset
    for partition, offset in at.items():
        if offset != evidence.committed.get(partition):
            found.append(Violation("OFFSET_FELL", f"{evidence.topic}/{partition}: {offset} was committed, "
                                                  f"{evidence.committed.get(partition)} is"))
    return found


def check_red(evidence: Evidence) -> list[Violation]:
    """RED means stop: no offset moves, and nothing is published under a state at or behind RED's."""
    found = []
    at: dict[int, int] = {}
    for commit in (c for c in evidence.history if c.topic == evidence.topic):
        moved = commit.offset > at.get(commit.partition, first_offset(evidence, commit.partition))
        at[commit.partition] = commit.offset
        if moved and any(red.begin_ms <= commit.at_ms < red.end_ms for red in evidence.reds):
            found.append(Violation("MOVED_WHILE_RED", f"{commit.topic}/{commit.partition} to {commit.offset}"))
    for summary, r in ranges_of(evidence, "publish"):
        for window in evidence.windows:
            if window.red < summary["state_offset"] <= window.reset:
                found.append(Violation("MOVED_WHILE_RED", f"{r} under state {summary['state_offset']}: RED is "
                                                          f"{window.red}, the reset {window.reset}"))
    return found


def check_failures(evidence: Evidence) -> list[Violation]:
    """Failure events count each dead letter once (abandoned attempts report theirs too; what is masked on purpose is no
    failure), and each event is there once."""
    found = []
    events = [e for e in evidence.failures if event_stream(e) == evidence.stream]
    ids = Counter(e["id"] for e in events)
    found += [Violation("EVENT_DOUBLE", name) for name, n in ids.items() if n > 1]
    rows: Counter = Counter()
    for event in events:
        rows[event["data"]["name"]] += event["data"]["row_count"]
    expected = Counter(i.code for p in evidence.inputs for i in evidence.below(p)
                                if i.code is not None and i.code not in MASKING)
    abandoned = bool(ranges_of(evidence, "abandon"))
    for code, n in expected.items():
        if rows[code] < n or (rows[code] > n and not abandoned):
            found.append(Violation("EVENTS", f"{code}: {n} records, events say {rows[code]}"))
    return found


def event_stream(event: dict) -> str:
    """/fracas/group/pipeline/stream, each percent-encoded."""
    return "/".join(unquote(part) for part in event["source"].split("/")[-2:])


def check_attempts(evidence: Evidence) -> list[Violation]:
    """An attempt is reported once, and tries again what the one before has abandoned, whatever died between."""
    found = []
    abandoned = [r for _, r in ranges_of(evidence, "abandon") if r["to"] > r["from"]]
    tries = Counter((r["partition"], r["from"], r["attempt"]) for r in abandoned)
    for (partition, begin, attempt), n in sorted(tries.items()):
        name = f"{evidence.topic}/{partition}@{begin} attempt {attempt}"
        if n > 1:
            found.append(Violation("ATTEMPTS", f"{name} was reported {n} times"))
        if attempt > 1 and not any(r["partition"] == partition and r["attempt"] == attempt - 1
                                   and r["from"] <= begin < r["to"] for r in abandoned):
            found.append(Violation("ATTEMPTS", f"{name} without the one before"))
    return found
