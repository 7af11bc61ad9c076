"""When a stream was RED, from the changelog itself (<group>.state; the bytes are described in state/format/codec.h).
Only what is needed for that is read: whose breaker it is, and its state."""

from checker import Window
from cluster import Cluster, Record

RED, PROBE = 1, 2
FOREVER = 1 << 62


class Value:
    """Varints and texts behind the two bytes of the version."""

    def __init__(self, data: bytes):
        assert data[0] == 1, f"format {data[0]}.{data[1]}"
        self.data, self.at = data, 2

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def skip_text(self) -> None:
        size = self.number()
        self.at += size


def breaker_state(value: bytes) -> int:
    fields = Value(value)
    fields.number(), fields.number()  # version, control offset
    fields.skip_text()                # command id
    fields.number()                   # time
    return fields.number()


def key_of(stream: str) -> bytes:
    return b"b" + stream.encode() + b"\0\0"


def windows_of(records: list[Record], stream: str) -> list[Window]:
    """From each record that made the breaker RED to the next that says otherwise."""
    windows, red = [], None
    for record in records:
        if record.key != key_of(stream) or not record.value:
            continue
        state = breaker_state(record.value)
        if state == RED and red is None:
            red = record.offset
        elif state != RED and red is not None:
            windows.append(Window(red, record.offset))
            red = None
    return windows if red is None else [*windows, Window(red, FOREVER)]


def red_windows(cluster: Cluster, prefix: str, stream: str) -> list[Window]:
    return windows_of(cluster.read(f"{prefix}.state"), stream)
