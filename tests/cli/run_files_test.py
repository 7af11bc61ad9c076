"""`fracas run --input`: the same engine on files, without Kafka."""

import json
import os
import subprocess

import pytest
import telemetry
from program import DONE, FAILED, FINDINGS, USAGE, binary, fracas, write_config
from streams import config, customers, raw, schema_file, stream

TIME_MS = 1_750_000_000_000


def ndjson(records) -> bytes:
    return b"".join(record + b"\n" for record in records)


def run(tmp_path, content: dict, data: bytes, *options):
    path = write_config(tmp_path, content)
    (tmp_path / "in.ndjson").write_bytes(data)
    done = fracas("run", "-c", path, "--input", tmp_path / "in.ndjson", "--out", tmp_path / "out",
                  "--output", "json", *options, cwd=tmp_path)
    files = {f.name: f.read_bytes() for f in (tmp_path / "out").rglob("*") if f.is_file()} \
        if (tmp_path / "out").is_dir() else {}
    return done, files


def file_with(files: dict[str, bytes], word: str) -> bytes:
    found = [data for name, data in sorted(files.items()) if word in name]
    assert found, f"no file named like {word!r} in {sorted(files)}"
    return b"".join(found)


def test_good_records_are_copied_byte_by_byte(tmp_path):
    data = ndjson(b'{"id":%d , "x":"\\u00e9"}' % n for n in range(1000))
    schema = schema_file(tmp_path, '{"type":"object","required":["id"]}')
    done, files = run(tmp_path, config("t", {"s": stream("t", "s", schema)}), data)
    assert done.code == DONE, done
    assert file_with(files, "published") == data


def test_bad_records_become_dead_letters_with_their_codes(tmp_path):
    # Without times and sizes: a line of a file has no Kafka timestamp.
    faults = [fault for fault in telemetry.FAULTS if fault.name not in ("stale", "future", "malformed")]
    now = TIME_MS
    records = [telemetry.record(n, now) for n in range(20)]
    records[5:5] = [fault.make(100 + n, now) for n, fault in enumerate(faults)]
    stream_ = customers("t")
    del stream_["event_time"]
    done, files = run(tmp_path, config("t", {"customers": stream_}), ndjson(records))
    assert done.code in (DONE, FINDINGS), done
    letters = file_with(files, "dlq").decode("utf-8", "replace")
    assert letters.count("\n") == len(faults)
    for fault in faults:
        assert str(fault.code) in letters, fault.name


def test_hold_stops_the_stream_there(tmp_path):
    records = [telemetry.record(n, TIME_MS) for n in range(10)] + [telemetry.points_as_text(10, TIME_MS)]
    stream_ = customers("t", batch={"records": 5})
    del stream_["event_time"]
    done, files = run(tmp_path, config("t", {"customers": stream_}), ndjson(records))
    assert done.code == FINDINGS, done
    assert "TYPE_MISMATCH" in done.out + done.err + file_with(files, "failures").decode()
    copied = b"".join(data for name, data in files.items() if "published" in name)
    assert copied == ndjson(records[:10])


def test_empty_input(tmp_path):
    done, _ = run(tmp_path, config("t", {"s": stream("t", "s")}), b"")
    assert done.code == DONE, done


def test_input_that_is_not_there(tmp_path):
    path = write_config(tmp_path, config("t", {"s": stream("t", "s")}))
    done = fracas("run", "-c", path, "--input", tmp_path / "none.ndjson", "--out", tmp_path / "out")
    assert done.code != DONE and "none.ndjson" in done.err, done


def test_out_that_cannot_be_written(tmp_path):
    path = write_config(tmp_path, config("t", {"s": stream("t", "s")}))
    (tmp_path / "in.ndjson").write_bytes(b"{}\n")
    (tmp_path / "out").write_text("a file, not a folder")
    done = fracas("run", "-c", path, "--input", tmp_path / "in.ndjson", "--out", tmp_path / "out")
    assert done.code != DONE and "out" in done.err and done.seconds < 15, done


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody who may not write")
def test_out_in_a_read_only_folder(tmp_path):
    path = write_config(tmp_path, config("t", {"s": stream("t", "s")}))
    (tmp_path / "in.ndjson").write_bytes(b"{}\n")
    for folder in (tmp_path, *tmp_path.parents):  # pytest makes them for root alone
        folder.chmod(0o755)
        if folder.name.startswith("pytest-of-"):
            break
    done = subprocess.run([binary(), "run", "-c", path, "--input", tmp_path / "in.ndjson", "--out", tmp_path / "out"],
                          capture_output=True, text=True, user="nobody", timeout=15, check=False)
    assert done.returncode in (FAILED, USAGE), done
    assert str(tmp_path / "out") in done.stderr and "ermission" in done.stderr, done


def test_two_streams_need_a_choice(tmp_path):
    two = {"a": stream("t", "a"), "b": stream("t", "b")}
    done, _ = run(tmp_path, config("t", two), b"{}\n")
    assert done.code == USAGE and "--stream" in done.err, done
    done, _ = run(tmp_path, config("t", two), b"{}\n", "--stream", "b")
    assert done.code == DONE, done
    assert raw("t", "b")


def test_sensitive_values_are_nowhere_but_in_the_records(tmp_path):
    canary = "canary-5f1e@example.com"
    schema = schema_file(tmp_path, json.dumps(
        {"properties": {"email": {"type": "string", "maxLength": 3}, "n": {"type": "integer"}}}))
    content = config("t", {"s": stream("t", "s", schema, sensitive=["/email"],
                                       dispositions={"TYPE_MISMATCH": "dead_letter",
                                                     "VALUE_OUT_OF_RANGE": "dead_letter",
                                                     "FORMAT_INVALID": "dead_letter"})})
    data = ('{"email":"%s","n":"%s"}\n' % (canary, "x") + '{"email":{"deep":"%s"}}\n' % canary).encode()
    done, files = run(tmp_path, content, data)
    assert canary not in done.out + done.err, done
    for name, found in files.items():
        if "dlq" not in name and "published" not in name:
            assert canary.encode() not in found, name
