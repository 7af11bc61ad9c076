"""What a group did, from the broker's own log of it (__consumer_offsets): each offset that was ever committed, in
order, with its metadata and time, and each generation. Nobody can forget to look at the right moment."""

import struct
from dataclasses import dataclass

from cluster import Cluster

LOG = "__consumer_offsets"
OFFSET_KEYS, GROUP_KEY = (0, 1), 2


@dataclass(frozen=True)
class Committed:
    topic: str
    partition: int
    offset: int
    metadata: str
    at_ms: int


@dataclass(frozen=True)
class Generation:
    number: int
    at_ms: int


class Fields:
    """Kafka's fixed-size fields, one after the other."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def number(self, form: str) -> int:
        value, = struct.unpack_from(f">{form}", self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def text(self) -> str | None:
        size = self.number("h")
        if size < 0:
            return None
        self.at += size
        return self.data[self.at - size:self.at].decode()


def offset_of(key: Fields, value: bytes) -> Committed:
    topic, partition = key.text(), key.number("i")
    fields = Fields(value)
    version, offset = fields.number("h"), fields.number("q")
    if version >= 3:
        fields.number("i")  # leader epoch
    metadata, at_ms = fields.text(), fields.number("q")
    return Committed(topic, partition, offset, metadata or "", at_ms)


def read_group(cluster: Cluster, group: str) -> tuple[list[Committed], list[Generation]]:
    """Offsets as read_committed readers see them, in log order; generations in which a group became stable."""
    offsets, generations = [], []
    for record in cluster.read(LOG):
        if record.key is None or record.value is None:
            continue
        key = Fields(record.key)
        kind = key.number("h")
        if key.text() != group:
            continue
        if kind in OFFSET_KEYS:
            offsets.append(offset_of(key, record.value))
        elif kind == GROUP_KEY:
            value = Fields(record.value)
            value.number("h"), value.text()  # version, protocol type
            number = value.number("i")
            if not generations or generations[-1].number != number:
                generations.append(Generation(number, record.timestamp))
    return offsets, generations
