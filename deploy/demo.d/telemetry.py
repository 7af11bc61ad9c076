"""Generated customer telemetry: good records, and one maker for each kind of fault that is planted.

Everything is a function of the record's number, so that a checker knows afterwards what was written where.
The contract of these records is schemas/contracts/customer_telemetry.schema.json.
"""

import hashlib
import time
from dataclasses import dataclass
from typing import Callable

TYPES = ("page_view", "search", "purchase", "login")
COUNTRIES = ("DE", "FR", "US", "JP", "BR", "IN")
RECORD_BYTES_MAX = 16 * 1024  # limits.record of the demo's stream
DAY_MS = 86_400_000


def rfc3339(time_ms: int) -> str:
    seconds, ms = divmod(time_ms, 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{ms:03d}Z"


def customer(n: int) -> str:
    return f"C-{(n * 7919) % 100_000:06d}"


def key(n: int) -> bytes:
    return customer(n).encode()


def uuid(n: int) -> str:
    digest = hashlib.md5(b"%d" % n, usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def record(n: int, time_ms: int, **changed: str) -> bytes:
    """A good record. `changed` replaces a member's JSON text; "" leaves the member out."""
    members = {
        "messageId": f'"{uuid(n)}"',
        "customerId": f'"{customer(n)}"',
        "eventTime": f'"{rfc3339(time_ms)}"',
        "type": f'"{TYPES[n % 4]}"',
        "country": f'"{COUNTRIES[n % 6]}"',
        "email": f'"customer{n}@example.com"',
        "loyaltyPoints": str(n % 5000),
        "amount": f"{n % 1000}.{n % 100:02d}",
        "device": '{"os":"android","version":"13.%d"}' % (n % 10),
        "tags": '["newsletter","été"]',
    }
    members.update(changed)
    return ("{" + ",".join(f'"{name}":{text}' for name, text in members.items() if text) + "}").encode()


@dataclass(frozen=True)
class Fault:
    name: str
    code: int
    code_name: str
    make: Callable[[int, int], bytes]
    told: str  # one line for people


def invalid_utf8(n: int, time_ms: int) -> bytes:
    return record(n, time_ms, tags='["caf@"]').replace(b"@\"", b"\xe9\"")


FAULTS = (
    Fault("truncated", 1102, "RECORD_TRUNCATED", lambda n, t: record(n, t)[:-25], "the record ends in the middle"),
    Fault("malformed", 1101, "JSON_MALFORMED", lambda n, t: record(n, t, amount="NaN"), "a number that is not JSON"),
    Fault("encoding", 1103, "ENCODING_INVALID", invalid_utf8, "Latin-1 bytes in a UTF-8 text"),
    Fault("control", 1104, "UNPRINTABLE_CHARS", lambda n, t: record(n, t, tags='["bell\x07"]'), "a raw control character"),
    Fault("oversize", 1105, "RECORD_OVERSIZE",
          lambda n, t: record(n, t, tags='["' + "x" * RECORD_BYTES_MAX + '"]'), "larger than limits.record"),
    Fault("duplicate_key", 1107, "DUPLICATE_KEY",
          lambda n, t: record(n, t, tags='[],"customerId":"C-000000"'), "customerId stands there twice"),
    Fault("enum", 2106, "ENUM_UNKNOWN", lambda n, t: record(n, t, type='"teleport"'), "a type that nobody agreed on"),
    Fault("range", 2107, "VALUE_OUT_OF_RANGE", lambda n, t: record(n, t, loyaltyPoints="-5"), "fewer points than none"),
    Fault("format", 2108, "FORMAT_INVALID", lambda n, t: record(n, t, messageId='"not-a-uuid"'), "an id that is no UUID"),
    Fault("stale", 3101, "TS_STALE",
          lambda n, t: record(n, t, eventTime=f'"{rfc3339(t - 30 * DAY_MS)}"'), "an event of last month"),
    Fault("future", 3103, "TS_FUTURE",
          lambda n, t: record(n, t, eventTime=f'"{rfc3339(t + 2 * 3_600_000)}"'), "an event of two hours ahead"),
)


def fault_of(n: int, one_in: int) -> Fault | None:
    """One of `one_in` records is faulty, each time at another place; the kinds take turns."""
    group, place = divmod(n, one_in)
    return FAULTS[group % len(FAULTS)] if place == group * 37 % one_in else None


def order(n: int, time_ms: int) -> bytes:
    """A record of the other stream (schemas/contracts/order.schema.json)."""
    return (f'{{"orderId":{n},"customerId":"{customer(n)}","placedAt":"{rfc3339(time_ms)}",'
            f'"total":{n % 500}.90,"currency":"EUR"}}').encode()


def points_as_text(n: int, time_ms: int) -> bytes:
    """What the producer sends after its release: loyaltyPoints became a text."""
    return record(n, time_ms, loyaltyPoints=f'"{n % 5000}"')


def without_customer(n: int, time_ms: int) -> bytes:
    """A critical element is missing: whose record is it?"""
    return record(n, time_ms, customerId="")
