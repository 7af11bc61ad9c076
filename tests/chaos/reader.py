"""A reader beside a run: read_committed, from the beginning, while brokers and instances come and go. What it saw is
compared with what a reader at the end sees."""

import threading
import uuid

from cluster import Record
from confluent_kafka import Consumer, TopicPartition


class Reader:
    def __init__(self, brokers: str, partitions: dict[str, int]):
        """`partitions`: topic → how many."""
        self.seen: list[Record] = []
        self.going = threading.Event()
        self.going.set()
        self.consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"reader-{uuid.uuid4()}",
                                  "isolation.level": "read_committed", "enable.auto.commit": False,
                                  "auto.offset.reset": "error", "log_level": 2, "socket.timeout.ms": 10_000})
        self.consumer.assign([TopicPartition(topic, p, 0) for topic, n in partitions.items() for p in range(n)])
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        while self.going.is_set():
            for message in self.consumer.consume(1000, 0.2):
                if message.error() is None:
                    self.seen.append(Record(message.topic(), message.partition(), message.offset(),
                                            message.timestamp()[1], message.key(), message.value(),
                                            tuple(message.headers() or ())))
        self.consumer.close()

    def of(self, topic: str) -> list[Record]:
        return [record for record in self.seen if record.topic == topic]

    def __enter__(self) -> "Reader":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.going.clear()
        self.thread.join(30)
