"""Configurations for tests: one pipeline, streams with short names, every topic under a unique prefix."""

import pathlib

from program import ROOT

CONTRACTS = ROOT / "schemas" / "contracts"
PIPELINE = "tests"


def config(prefix: str, streams: dict, brokers: str = "127.0.0.1:1", **top) -> dict:
    return {
        "group": prefix, "instance": "node-1", "workers": 1, "roles": ["pipeline", "api"],
        "kafka": {"bootstrap.servers": brokers},
        "http": http(0), **top,
        "pipelines": {PIPELINE: {"streams": streams}},
    }


def http(port: int) -> dict:
    """Listens on one port; 0 is a free one."""
    return {"listen": f"127.0.0.1:{port}", "metrics_listen": "127.0.0.1:0"}


def stream(prefix: str, name: str, contract=None, **more) -> dict:
    """Copies <prefix>.<name>.raw to <prefix>.<name>; dead letters in <prefix>.<name>.raw.dlq."""
    made = {"topics": [raw(prefix, name)], "publish": {"mode": "copy", "topic": published(prefix, name)}, **more}
    if contract is not None:
        made["contract"] = str(contract)
    return made


def customers(prefix: str, name: str = "customers", **more) -> dict:
    """The telemetry of deploy/demo.d, with every rule that its planted faults break."""
    from telemetry import RECORD_BYTES_MAX
    return stream(prefix, name, CONTRACTS / "customer_telemetry.schema.json",
                  identity={"business_id": "/customerId", "message_id": "/messageId"},
                  event_time={"pointer": "/eventTime", "format": "rfc3339", "max_age": "7d", "max_future": "5m"},
                  critical=["/customerId", "/eventTime"], sensitive=["/email"],
                  limits={"record": f"{RECORD_BYTES_MAX // 1024}KiB"}, **more)


def raw(prefix: str, name: str) -> str:
    return f"{prefix}.{name}.raw"


def published(prefix: str, name: str) -> str:
    return f"{prefix}.{name}"


def dead_letters(prefix: str, name: str) -> str:
    return f"{prefix}.{name}.raw.dlq"


def failures(prefix: str) -> str:
    return f"{prefix}.failures"


def batches(prefix: str) -> str:
    return f"{prefix}.batches"


def schema_file(folder: pathlib.Path, text: str, name: str = "contract.schema.json") -> pathlib.Path:
    path = folder / name
    path.write_text(text)
    return path
