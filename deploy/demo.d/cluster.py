"""A Kafka cluster as an outsider sees it: an independent client that makes topics, writes, and reads
only what is committed. The demo and the tests check Fracas with it."""

import ctypes
import os
import time
import uuid as uuids
from dataclasses import dataclass

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

# confluent-kafka 1.7, Debian 12's, gives back a reference to None too much for each null header and ends the
# process when None's count reaches 0. Python 3.12 makes None immortal; do the same.
ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40


# Times each deadline: a wait ends when what it waits for is there, so only a failure takes longer, and a busy machine
# is none.
PATIENCE = float(os.environ.get("FRACAS_PATIENCE", "3"))

# Coordinators and leaders on their way to another broker.
MOVES = (KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
         KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.OFFSET_NOT_AVAILABLE,
         KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._TIMED_OUT, KafkaError._TRANSPORT)


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    def header(self, name: str) -> str | None:
        """The last of that name, as Kafka's tools take it."""
        found = [value for header, value in self.headers if header == name]
        return found[-1].decode() if found and found[-1] is not None else None


class Cluster:
    def __init__(self, brokers: str):
        self.brokers = brokers
        self.admin = AdminClient({"bootstrap.servers": brokers, "log_level": 2})

    def create(self, topic: str, partitions: int = 1, **config: str) -> None:
        """Makes the topic, replicated as the brokers see fit, and waits for its leaders; one that exists stays."""
        settings = {name.replace("_", "."): value for name, value in config.items()}
        made = self.admin.create_topics([NewTopic(topic, partitions, -1, config=settings)])[topic]
        try:
            made.result(30 * PATIENCE)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
        wait_until(lambda: self.has_leaders(topic, partitions), 30, f"{topic} has no leaders")

    def has_leaders(self, topic: str, partitions: int) -> bool:
        found = self.admin.list_topics(timeout=10 * PATIENCE).topics.get(topic)
        return (found is not None and len(found.partitions) == partitions
                and all(p.leader >= 0 for p in found.partitions.values()))

    def delete(self, topic: str) -> None:
        self.admin.delete_topics([topic])[topic].result(30 * PATIENCE)

    def topic_settings(self, topic: str) -> dict[str, str]:
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
        return {n: e.value for n, e in self.admin.describe_configs([resource])[resource].result(30 * PATIENCE).items()}

    def writer(self, **settings) -> "Writer":
        return Writer(self.brokers, settings)

    def partitions(self, topic: str) -> list[int]:
        found = self.admin.list_topics(topic, timeout=10 * PATIENCE).topics[topic]
        return sorted(found.partitions)

    def read(self, topic: str, begin: int = 0, isolation: str = "read_committed",
             seconds: float = 60) -> list[Record]:
        """All that a reader sees now (what comes in meanwhile, too, or not), partition by partition, in order. Raises
        after `seconds` without a record; errors that come again and again are none."""
        return self.read_all([topic], begin, isolation, seconds)[topic]

    def read_all(self, topics: list[str], begin: int = 0, isolation: str = "read_committed",
                 seconds: float = 60) -> dict[str, list[Record]]:
        """The same of several topics at once."""
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": f"check-{uuids.uuid4()}", "log_level": 2,
                             "isolation.level": isolation, "enable.partition.eof": True,
                             "enable.auto.commit": False, "auto.offset.reset": "earliest",
                             "queued.max.messages.kbytes": 65536, "fetch.message.max.bytes": 70_000_000,
                             "fetch.max.bytes": 80_000_000, "receive.message.max.bytes": 100_000_000})
        try:
            ends = self.ends(topics, isolation)
            waiting = {place: end for place, end in ends.items() if end > begin}
            consumer.assign([TopicPartition(topic, p, begin) for topic, p in waiting])
            found: dict[str, list[Record]] = {topic: [] for topic in topics}
            for record in sorted(drain(consumer, waiting, seconds), key=lambda r: (r.partition, r.offset)):
                found[record.topic].append(record)
            return found
        finally:
            consumer.close()

    def high(self, topic: str, isolation: str = "read_committed") -> list[int]:
        """The end of each partition, as readers of that isolation see it."""
        return [end for _, end in sorted(self.ends([topic], isolation).items())]

    def ends(self, topics: list[str], isolation: str) -> dict[tuple[str, int], int]:
        """The same of several topics. Each question is a new client's: one that has heard of a leader asks no other,
        and get_watermark_offsets waits for ever for one that is dead."""
        def ask() -> dict[tuple[str, int], int]:
            consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": f"check-{uuids.uuid4()}",
                                 "log_level": 2, "isolation.level": isolation})
            try:
                wanted = [TopicPartition(topic, p, OFFSET_END) for topic in topics for p in self.partitions(topic)]
                found = consumer.offsets_for_times(wanted, 10 * PATIENCE)
                for place in found:
                    if place.error is not None:
                        raise KafkaException(place.error)
                return {(place.topic, place.partition): place.offset for place in found}
            finally:
                consumer.close()
        return patient(ask)

    def committed(self, group: str, topic: str) -> list[int]:
        """The group's committed offset of each partition; -1 where it has none."""
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": group, "log_level": 2})
        try:
            wanted = [TopicPartition(topic, p) for p in self.partitions(topic)]
            found = patient(lambda: consumer.committed(wanted, 30 * PATIENCE))
            return [max(p.offset, -1) for p in sorted(found, key=lambda p: p.partition)]
        finally:
            consumer.close()


def drain(consumer: Consumer, waiting: dict[tuple[str, int], int], seconds: float) -> list[Record]:
    """Until every partition has come to its end: the given one (a busy log has no other), or that of the log (what
    stands in front of the given one may be no record)."""
    found: list[Record] = []
    limit = time.monotonic() + seconds * PATIENCE
    while waiting:
        if time.monotonic() > limit:
            raise TimeoutError(f"{sorted(waiting)} stood still for {seconds * PATIENCE:.0f} s")
        for message in consumer.consume(10_000, 0.2):
            error, place = message.error(), (message.topic(), message.partition())
            if error is None:
                limit = time.monotonic() + seconds * PATIENCE
                found.append(Record(*place, message.offset(), message.timestamp()[1], message.key(), message.value(),
                                    tuple(message.headers() or ())))
                if message.offset() + 1 >= waiting.get(place, 1 << 62):
                    del waiting[place]
            elif error.code() == KafkaError._PARTITION_EOF:
                waiting.pop(place, None)
            elif error.fatal():
                raise KafkaException(error)
    return found


class Writer:
    """Sends in order and fails loudly: flush() raises when a single record was not accepted."""

    def __init__(self, brokers: str, settings: dict):
        self.failed: list[str] = []
        self.producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True,
                                  "linger.ms": 20, "log_level": 2, "message.max.bytes": 70_000_000,
                                  "queue.buffering.max.messages": 1_000_000,
                                  **settings})

    def send(self, topic: str, value: bytes | None, key: bytes | None = None, partition: int = -1,
             timestamp: int = 0, headers=None) -> None:
        while True:
            try:
                self.producer.produce(topic, value, key, partition, timestamp=timestamp, headers=headers,
                                      on_delivery=self.delivered)
                return
            except BufferError:
                self.producer.poll(0.5)

    def delivered(self, error, message) -> None:
        if error is not None:
            self.failed.append(f"{message.topic()}: {error}")

    def flush(self) -> None:
        left = self.producer.flush(60 * PATIENCE)
        if left or self.failed:
            raise RuntimeError(f"{left} records unsent, {len(self.failed)} refused: {self.failed[:3]}")


def patient(ask, seconds: float = 30):
    """The answer to a question that is asked again while a coordinator or a leader moves or loads."""
    limit = time.monotonic() + seconds * PATIENCE
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in MOVES or time.monotonic() > limit:
                raise
            time.sleep(0.2)


def wait_until(holds, seconds: float, otherwise) -> None:
    """Asks ten times a second; after `seconds` (times PATIENCE) raises with `otherwise` (text, or what makes it)."""
    limit = time.monotonic() + seconds * PATIENCE
    while not holds():
        if time.monotonic() > limit:
            raise TimeoutError(otherwise() if callable(otherwise) else otherwise)
        time.sleep(0.1)
