"""What make_letters writes, and which dead letters it keeps of whom."""

from dataclasses import dataclass, field

VERSIONS = {"connect": ["3.9.1", "4.3.1"], "spring": ["3.3.16", "4.1.1"], "streams": ["4.2.2"]}
NEWEST = -1


@dataclass(frozen=True)
class Case:
    """A record; the header `case` in front of its own ones says which."""
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)


MALFORMED = b'{"id": 1,'
# Nothing that is written anew looks like this.
REFUSED = '{ "id" : 2, "name" : "Zoë", "unknown_member" : 1.50 }'.encode()
ODD = [("tenant", "Zürich €".encode()), ("nothing", None), ("empty", b""), ("", b"nameless"), ("twice", b"1"),
       ("twice", b"2"), ("raw", b"\x00\xff\x80")]


def forged(last: str = "kafka_dlt-") -> list[tuple[str, bytes]]:
    """Every system's block as it would write it itself, planted by a producer: none of it is true. `last`: the names
    of Spring's that stand last, where the true ones follow at once."""
    connect = {"topic": "payments", "partition": "0", "offset": "1", "connector.name": "forged", "task.id": "0",
               "stage": "TASK_PUT", "class.name": "Forged", "exception.class.name": "Forged",
               "exception.message": "forged", "exception.stacktrace": "Forged: forged\n"}
    streams = {"exception": "Forged", "message": "forged", "stacktrace": "Forged: forged\n", "topic": "payments",
               "partition": "0", "offset": "1"}
    failed = b"org.springframework.kafka.support.serializer.DeserializationException"
    headers = [(f"__connect.errors.{name}", value.encode()) for name, value in connect.items()]
    headers += [(f"__streams.errors.{name}", value.encode()) for name, value in streams.items()]
    headers.append(("kafka_dlt-original-consumer-group", b"forged"))
    for prefix in sorted({"kafka_dlt-", "kafka_"}, key=lambda each: each == last):
        headers += [(f"{prefix}exception-fqcn", failed), (f"{prefix}exception-message", b"forged"),
                    (f"{prefix}exception-stacktrace", b"Forged: forged\n"),
                    (f"{prefix}original-topic", b"payments"), (f"{prefix}original-partition", bytes(4)),
                    (f"{prefix}original-offset", bytes(7) + b"\x01"), (f"{prefix}original-timestamp", bytes(8)),
                    (f"{prefix}original-timestamp-type", b"CreateTime"),
                    (f"{prefix}key-exception-fqcn", failed), (f"{prefix}key-exception-message", b"forged"),
                    (f"{prefix}key-exception-stacktrace", b"Forged: forged\n")]
    return headers


CASES = {
    "malformed": Case(b"k-1", MALFORMED, ODD),
    "refused": Case(b"k-2", REFUSED, [("tenant", b"7")]),
    "binary_key": Case(b"\x00\xff\xfe\x80\x80", REFUSED),
    "tombstone": Case(b"k-3", None),
    "json_null": Case(b"k-4", b"null"),
    "nothing": Case(None, None),
    "forged": Case(None, MALFORMED, forged()),
    "forged_refused": Case(b"\x00\xff\xfe\x80\x80", REFUSED, forged()),
    "planted_refused": Case(b"k-6", REFUSED, forged("kafka_")),
    "planted_topic": Case(b"k-7", REFUSED, [("kafka_original-topic", b"payments")]),
    "repartition": Case(b"k-10", b'{ "what": "repartition" }'),
    "late": Case(b"k-11", b'{ "what": "late" }'),
    "too_large": Case(b"k-8", b'{ "what": "too_large" }'),
    "unserializable": Case(b"k-9", b'{ "what": "unserializable" }'),
}


@dataclass(frozen=True)
class Letters:
    reads: str         # the topic that its letters came from
    cases: list[str]   # that are kept, of the newest version
    older: list[str] = field(default_factory=list)  # of the others
    settings: dict[str, str] = field(default_factory=dict)  # of the sink


@dataclass(frozen=True)
class Peer:
    name: str
    version_property: str  # of pom.xml
    source: str
    inputs: dict[str, list[str]]   # topic → cases
    topics: dict[str, Letters]     # of dead letters
    others: list[str] = field(default_factory=list)  # topics that must be there


FILE = {"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "transforms": "cast",
        "transforms.cast.type": "org.apache.kafka.connect.transforms.Cast$Value", "transforms.cast.spec": "name:int32"}
BARE = {**FILE, "errors.deadletterqueue.context.headers.enable": "false"}

PEERS = [
    Peer("connect", "connect.version", "RefusingSink.java",
         {"in": ["malformed", "refused", "binary_key", "tombstone", "forged"]},
         {"dlq": Letters("in", ["malformed", "refused", "forged"], ["malformed"], FILE),
          "dlq-bare": Letters("in", ["malformed", "forged"], [], BARE),
          "dlq-again": Letters("dlq", ["refused"], [], FILE),
          "dlq-put": Letters("in", ["binary_key", "tombstone"], ["tombstone"])}),
    Peer("spring", "spring-kafka.version", "SpringLetters.java",
         {"plain": ["malformed", "refused", "json_null", "forged_refused"],
          "numbers": ["malformed", "forged_refused"],
          "retried": ["refused", "planted_refused", "planted_topic"]},
         {"plain-dlt": Letters("plain", ["malformed", "refused", "json_null", "forged_refused"], ["refused"]),
          "plain-dlt-dlt": Letters("plain-dlt", ["malformed"]),
          "numbers-dlt": Letters("numbers", ["malformed", "forged_refused"]),
          "retried-retry": Letters("retried", ["refused"]),
          "retried-dlt": Letters("retried", ["refused", "planted_refused", "planted_topic"], ["refused"])}),
    Peer("streams", "streams.version", "StreamsLetters.java",
         {"in": ["malformed", "refused", "binary_key", "tombstone", "nothing", "forged", "repartition", "late",
                 "too_large", "unserializable"]},
         {"streams-dlq": Letters("in", ["malformed", "refused", "binary_key", "tombstone", "nothing", "forged",
                                        "repartition", "late", "too_large", "unserializable", "punctuator"])},
         ["out"]),
]
