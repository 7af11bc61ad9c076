"""Dead letters that Kafka Connect, Spring Kafka and Kafka Streams have made (tests/formats/peers), put back on a real
broker with the records that they were: what `fracas dlq` and `data-patcher inspect` tell a support engineer."""

import base64
import json

import jsonschema
import pytest
import streams
from program import DONE, FINDINGS, ROOT, fracas, write_config

PEERS = ROOT / "tests" / "formats" / "peers"


def schema(name: str) -> dict:
    return json.loads((ROOT / "schemas" / "outputs" / f"{name}.schema.json").read_text())


def data(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def headers(record: dict) -> list[tuple[str, bytes | None]]:
    return [(name, data(value)) for name, value in record["headers"]]


def place(record: dict) -> str:
    return f"{record['topic']}/{record['partition']}/{record['offset']}"


class Foreign:
    """One system's letters on a topic of ours, and their records where they were."""

    def __init__(self, cluster, unique: str, system: str, folder):
        self.rows = [json.loads(line) for line in (PEERS / f"{system}.ndjson").read_text().splitlines()]
        self.topic = f"{unique}.{system}-dlq"
        self.config = write_config(folder, streams.config(unique, {"customers": streams.customers(unique)},
                                                          cluster.brokers))
        self.put_records(cluster)
        cluster.create(self.topic, 1, retention_ms="-1")
        writer = cluster.writer()
        for row in self.rows:
            writer.send(self.topic, data(row["value"]), data(row["key"]), 0, row["timestamp"], headers(row))
        writer.flush()

    def put_records(self, cluster) -> None:
        """The letters name topics and offsets, so the records must lie there; others fill the gaps. A second run on
        the same broker finds them."""
        truths = {(r["topic"], r["partition"], r["offset"]): r for r in (row["truth"] for row in self.rows) if r}
        writer = cluster.writer()
        for topic in {topic for topic, _, _ in truths}:
            cluster.create(topic, 3, retention_ms="-1")
            for partition, high in enumerate(cluster.high(topic)):
                offsets = [o for t, p, o in truths if (t, p) == (topic, partition)]
                for offset in range(high, max(offsets, default=-1) + 1):
                    record = truths.get((topic, partition, offset))
                    if record is None:
                        writer.send(topic, b"filler", None, partition, 1_769_860_800_000)
                    else:
                        writer.send(topic, data(record["value"]), data(record["key"]), partition, record["timestamp"],
                                    headers(record))
        writer.flush()

    def ask(self, *arguments):
        return fracas(*arguments, "-c", self.config)

    def named(self, topic: str, case: str) -> int:
        """The letter's offset on our topic: the newest version's."""
        return max(at for at, row in enumerate(self.rows)
                   if (row["topic"].split(".")[-1], row["case"]) == (topic, case))


@pytest.fixture(params=["connect", "spring", "streams"])
def system(request) -> str:
    return request.param


@pytest.fixture
def foreign(cluster, unique, tmp_path, system) -> Foreign:
    return Foreign(cluster, unique, system, tmp_path)


def check_told(row: dict, letter: dict) -> None:
    """What is said of a letter is true, whoever made it."""
    origin, truth, replay = letter["origin"], row["truth"], letter["replay"]
    why = (row["version"], row["topic"], row["case"], origin, replay)
    if origin["coordinates"] == "proven":
        assert origin["source"] == place(truth), why
        assert (row["key"], row["value"]) == (truth["key"], truth["value"]), why
    if replay["exact"]:
        assert replay["possible"] and replay["topic"] == truth["topic"], why
        assert (row["key"], row["value"]) == (truth["key"], truth["value"]), why
    if origin["coordinates"] == "none":
        assert origin["notes"] and not replay["possible"], why
    if origin["coordinates"] in ("none", "doubtful"):
        return
    if not origin["topic"].endswith("-repartition"):
        assert origin["source"] == place(truth), why
    assert origin["cause_class"] and "orged" not in json.dumps(origin), why


def test_what_is_said_of_each_letter_is_true(foreign):
    done = foreign.ask("dlq", "show", "--topic", foreign.topic, "--output", "json", "--limit", "0")
    assert done.code == DONE, done
    letters = done.json()["letters"]
    assert len(letters) == len(foreign.rows)
    for row, letter in zip(foreign.rows, letters):
        jsonschema.validate(letter, schema("dead_letter"))
        check_told(row, letter)
    proven = sum(letter["origin"]["coordinates"] == "proven" for letter in letters)
    assert proven >= 3, [letter["origin"] for letter in letters]


# A letter of each system, and what a person must be able to read of it.
SHOWN = {
    "connect": ("dlq", "malformed", ["Kafka Connect", "sink-dlq task 0", "VALUE_CONVERTER", "JsonParseException",
                                     "as it was", "byte for byte", "8 headers of its own"]),
    "spring": ("plain-dlt", "refused", ["Spring Kafka", "consumer group billing", "SQLException: no such customer: 'Zoë'",
                                        "written anew"]),
    "streams": ("streams-dlq", "refused", ["Kafka Streams", "SQLException: no such customer: 'Zoë'", "as it was",
                                           "byte for byte"]),
}


def test_a_person_reads_where_it_came_from_why_and_what_to_trust(foreign, system):
    topic, case, words = SHOWN[system]
    at = foreign.named(topic, case)
    truth = place(foreign.rows[at]["truth"])
    shown = foreign.ask("dlq", "show", f"{foreign.topic}/0/{at}")
    assert shown.code == DONE, shown
    for word in [truth, *words]:
        assert word in shown.out, (word, shown)
    listed = foreign.ask("dlq", "ls", "--topic", foreign.topic, "--limit", "0")
    assert listed.code == DONE and len(listed.out.splitlines()) == len(foreign.rows) + 1, listed
    line = next(line for line in listed.out.splitlines() if line.startswith(f"{foreign.topic}/0/{at} "))
    assert truth in line and "claimed" in line, line
    only = foreign.ask("dlq", "ls", "--topic", foreign.topic, "--error", "sqlexception", "--output", "json")
    assert 0 < len(only.json()["letters"]) < len(foreign.rows)


def test_inspect_looks_into_it(foreign, system):
    topic, case, _ = SHOWN[system]
    at = foreign.named(topic, case)
    row = foreign.rows[at]
    name = f"{foreign.topic}/0/{at}"
    done = foreign.ask("inspect", name, "--output", "json")
    jsonschema.validate(done.json(), schema("inspection"))
    record, = done.json()["records"]
    assert record["name"] == name and record["source"] == place(row["truth"]), record
    assert record["letter"]["origin"]["cause_class"], record
    broken = case == "malformed"
    assert done.code == (FINDINGS if broken else DONE) and record["passes"] != broken, done
    table = foreign.ask("inspect", name)
    for word in (name, place(row["truth"]), "a producer can write that too"):
        assert word in table.out, (word, table)
    assert record["letter"]["origin"]["cause_class"].split(".")[-1] in table.out, table


def test_a_terminal_obeys_no_header(cluster, unique, tmp_path):
    foreign = Foreign(cluster, unique, "streams", tmp_path)
    at = foreign.named("streams-dlq", "refused")
    row = foreign.rows[at]
    planted = [(name, b"\x1b]0;mine\x07" if name.endswith((".message", ".stacktrace", ".topic")) else value)
               for name, value in headers(row)]
    writer = cluster.writer()
    writer.send(foreign.topic, data(row["value"]), data(row["key"]), 0, row["timestamp"], planted)
    writer.flush()
    name = f"{foreign.topic}/0/{len(foreign.rows)}"
    for words in (("dlq", "show", name), ("dlq", "ls", name), ("inspect", name)):
        done = foreign.ask(*words)
        assert done.code == DONE and "mine" in done.out, done
        assert "\x1b" not in done.out + done.err and "\x07" not in done.out + done.err, done
