"""`fracas check`: documents in, verdicts out, without Kafka."""

import json
import os
import resource
import subprocess

import pytest
from documents import CODED, UNHARMED
from program import DONE, FAILED, FINDINGS, USAGE, binary, fracas

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "when": {"type": "string", "format": "date-time"},
                   "color": {"enum": ["red", "green"]}},
}


@pytest.fixture
def contract(tmp_path):
    path = tmp_path / "contract.schema.json"
    path.write_text(json.dumps(SCHEMA))
    return path


def verdicts(*arguments, **options):
    done = fracas("check", "--output", "json", *arguments, **options)
    return done, done.lines()


@pytest.mark.parametrize("name", UNHARMED)
def test_passes_unharmed(tmp_path, name):
    (tmp_path / "d.json").write_bytes(UNHARMED[name])
    done, lines = verdicts(tmp_path / "d.json")
    assert done.code == DONE, done
    assert [line["verdict"] for line in lines] == ["pass"]


@pytest.mark.parametrize("name", CODED)
def test_is_coded(tmp_path, name):
    document, code_name = CODED[name]
    (tmp_path / "d.json").write_bytes(document)
    done, lines = verdicts(tmp_path / "d.json")
    assert done.code == FINDINGS, done
    assert lines[0]["verdict"] == "fail"
    names = [finding["name"] for finding in lines[0]["findings"]]
    assert names and (code_name is None or code_name in names), names


def test_names_file_line_code_pointer_and_schema(tmp_path, contract):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('{"id": 1.0}')
    bad.write_text('{\n  "id": "7",\n  "color": "blue"\n}')
    done, lines = verdicts("--contract", contract, good, bad)
    assert done.code == FINDINGS, done
    assert [(line["file"], line["verdict"]) for line in lines] == [(str(good), "pass"), (str(bad), "fail")]
    found = {finding["pointer"]: finding for finding in lines[1]["findings"]}
    assert found["/id"]["name"] == "TYPE_MISMATCH" and int(found["/id"]["code"]) == 2103
    assert found["/color"]["name"] == "ENUM_UNKNOWN"
    assert "/properties/id/type" in found["/id"]["schema"]
    assert "integer" in found["/id"]["message"]


def test_ndjson_numbers_its_lines(tmp_path, contract):
    path = tmp_path / "d.ndjson"
    path.write_text('{"id":1}\n{"id":"x"}\n\n{"id":2}\n{"id":')
    done, lines = verdicts("--contract", contract, "--ndjson", path)
    assert done.code == FINDINGS
    assert [line["line"] for line in lines if line["verdict"] == "fail"] == [2, 5]
    assert sum(line["verdict"] == "pass" for line in lines) == 2


def test_standard_input(contract):
    done, lines = verdicts("--contract", contract, "--ndjson", "-", stdin=b'{"id":1}\n{}\n')
    assert (done.code, [line["verdict"] for line in lines]) == (FINDINGS, ["pass", "fail"])


def test_formats_are_asserted_on_demand(contract):
    document = b'{"id":1,"when":"yesterday"}'
    assert fracas("check", "--contract", contract, "-", stdin=document).code == DONE
    done, lines = verdicts("--contract", contract, "--assert-formats", "-", stdin=document)
    assert (done.code, lines[0]["findings"][0]["name"]) == (FINDINGS, "FORMAT_INVALID")


def test_remote_reference_from_a_folder(tmp_path):
    (tmp_path / "remote").mkdir()
    (tmp_path / "remote" / "id.json").write_text('{"type": "integer"}')
    contract = tmp_path / "c.json"
    contract.write_text('{"$ref": "https://example.com/schemas/id.json"}')
    without = fracas("check", "--contract", contract, "-", stdin=b"1")
    assert without.code == USAGE and "https://example.com/schemas/id.json" in without.err, without
    option = f"https://example.com/schemas/={tmp_path / 'remote'}"
    assert fracas("check", "--contract", contract, "--schemas", option, "-", stdin=b"1").code == DONE
    assert fracas("check", "--contract", contract, "--schemas", option, "-", stdin=b'"1"').code == FINDINGS


@pytest.mark.parametrize("schema, words", [
    ('{"type": "integr"}', ["integr"]),
    ('{"properties": 7}', ["properties"]),
    ('{"pattern": "(?=x)"}', ["pattern"]),
    ('{"type": ', ["line", "JSON"]),
    ('[]', []),
])
def test_contract_that_is_no_schema(tmp_path, schema, words):
    contract = tmp_path / "broken.schema.json"
    contract.write_text(schema)
    done = fracas("check", "--contract", contract, "-", stdin=b"1")
    assert done.code == USAGE, done
    assert "broken.schema.json" in done.err
    assert not words or any(word in done.err for word in words), done


def test_missing_file_is_named_and_the_others_are_checked(tmp_path):
    (tmp_path / "there.json").write_text("1")
    done = fracas("check", "--output", "json", tmp_path / "missing.json", tmp_path / "there.json")
    assert done.code in (FAILED, USAGE), done
    assert "missing.json" in done.err
    assert any(line.get("verdict") == "pass" for line in done.lines()), done


def test_wrong_usage_says_what_was_expected():
    done = fracas("check", "--no-such-option")
    assert done.code == USAGE and "--help" in done.err, done


def test_help_has_examples():
    for command in ("run", "check", "lint", "codes", "topics", "try", "config"):
        done = fracas(command, "--help")
        assert done.code == DONE and "fracas " in done.out, (command, done)


def test_long_input_needs_little_memory(tmp_path):
    """300 MB through a pipe stay far below 300 MB of memory."""
    megabytes = int(os.environ.get("FRACAS_LONG_INPUT_MB", "300"))
    line = b'{"id":12345,"color":"red","text":"' + b"x" * 960 + b'"}\n'
    contract = tmp_path / "c.json"
    contract.write_text(json.dumps(SCHEMA))
    with open(tmp_path / "out", "wb") as out:
        running = subprocess.Popen([binary(), "check", "--contract", contract, "--ndjson", "--output", "json", "-"],
                                   stdin=subprocess.PIPE, stdout=out)
        for _ in range(megabytes):
            running.stdin.write(line * 1024)
        running.stdin.close()
        _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == DONE
    assert usage.ru_maxrss < 128 * 1024, f"{usage.ru_maxrss} KiB"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
