"""`data-patcher inspect` and `secure-clean` on files, without Kafka: what is wrong, what mends it, who may see it."""

import functools
import json
import os
import pathlib
import re
import shlex
import stat
import subprocess

import jsonschema
import pytest
import streams
import terminal
from program import DONE, FAILED, FINDINGS, ROOT, USAGE, Finished, binary, fracas, write_config

ORDER = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["id", "points"],
         "properties": {"id": {"type": "string"}, "points": {"type": "integer", "minimum": 0},
                        "email": {"type": "string", "maxLength": 40}, "note": {"type": "string"}}}
GOOD = b'{"id":"a","messageId":"m-1","idempotency_key":"k-1","points":41,"email":"ann@secret.example","note":"x"}'


@functools.cache
def schema(name: str) -> dict:
    return json.loads((ROOT / "schemas" / "outputs" / f"{name}.schema.json").read_text())


def valid(name: str, text: str) -> dict:
    answer = json.loads(text)
    jsonschema.Draft202012Validator(schema(name)).validate(answer)
    return answer


def patcher(*arguments, stdin: bytes | None = None, env=None, cwd=None) -> Finished:
    """Under its own name: the link that the build makes beside the program."""
    link = pathlib.Path(binary()).with_name("data-patcher")
    assert link.is_symlink(), link
    done = subprocess.run([str(link), *map(str, arguments)], input=stdin, capture_output=True, cwd=cwd,
                          env={**os.environ, **(env or {})}, timeout=60, check=False)
    done.stdout, done.stderr = (b.decode("utf-8", "backslashreplace") for b in (done.stdout, done.stderr))
    return Finished(done, 0)


@pytest.fixture
def config(tmp_path) -> pathlib.Path:
    contract = streams.schema_file(tmp_path, json.dumps(ORDER))
    made = {"orders": streams.stream("t", "orders", contract, sensitive=["/email"],
                                     identity={"business_id": "/id", "message_id": "/messageId",
                                               "idempotency_key": "/idempotency_key"})}
    return write_config(tmp_path, streams.config("t", made))


def record(tmp_path, value: bytes, name: str = "record.json") -> pathlib.Path:
    path = tmp_path / name
    path.write_bytes(value)
    return path


# ---- Names -------------------------------------------------------------------------------------------------------


def test_one_program_under_two_names(tmp_path):
    path = record(tmp_path, b'{"a":"x\x1f"}')
    assert patcher("inspect", path).out == fracas("inspect", path).out
    assert "secure-clean" in patcher("--help").out and "lint" not in patcher("--help").out
    unknown = patcher("lint")
    assert unknown.code == USAGE and "data-patcher --help" in unknown.err, unknown
    for command in ("inspect", "secure-clean"):
        done = patcher(command, "--help")
        assert done.code == DONE and "Examples:" in done.out and f"data-patcher {command}" in done.out


# ---- Inspect -----------------------------------------------------------------------------------------------------


def test_inspect_names_the_character_and_its_place(tmp_path):
    path = record(tmp_path, b'{"customer":\n {"note":"ab\x1fcd"}}')
    done = patcher("inspect", path)
    assert done.code == FINDINGS, done
    text = " ".join(done.out.split())
    assert ("unprintable character U+001F INFORMATION SEPARATOR ONE at line 2, column 13, byte 25, /customer/note"
            in text), done
    shown = done.out.splitlines()
    window = next(i for i, line in enumerate(shown) if "\\x1F" in line and "note" in line)
    assert shown[window + 1].index("^") == shown[window].index("\\x1F"), "the mark stands below the place"
    assert re.search(r"secure-clean \S+ --remove-chars '\\x1F' --out", done.out), done


def test_inspect_passes_what_is_good_and_says_by_which_rules(tmp_path, config):
    path = record(tmp_path, GOOD)
    assert patcher("inspect", path).code == DONE
    done = patcher("inspect", path, "-c", config, "--output", "json")
    report = valid("inspection", done.out)["records"][0]
    assert done.code == DONE and report["passes"] and report["stream"] == "tests/orders", done
    assert (report["message_id"], report["idempotency_key"], report["business_id"]) == ("m-1", "k-1", "a")


def test_inspect_of_lines_and_of_standard_input(tmp_path):
    lines = GOOD + b'\n\n{"a":"\xe2\x80\x8b' + b'"}\n{"b":\n'
    path = record(tmp_path, lines)
    contract = streams.schema_file(tmp_path, json.dumps(ORDER))
    done = patcher("inspect", path, "--ndjson", "--contract", contract, "--output", "json")
    records = valid("inspection", done.out)["records"]
    assert [r["name"].rsplit(":", 1)[1] for r in records] == ["1", "3", "4"]
    assert [f["name"] for f in records[2]["findings"]] == ["RECORD_TRUNCATED"]
    assert patcher("inspect", "-", stdin=GOOD).code == DONE
    empty = patcher("inspect", "-", stdin=b"", )
    assert empty.code in (FAILED, FINDINGS), empty


def test_every_line_has_a_mending_command_of_its_own_that_works(tmp_path):
    path = record(tmp_path, GOOD + b'\n' + GOOD.replace(b"41", b'"41"') + b'\n' + GOOD.replace(b"41", b'"42"') + b'\n')
    contract = streams.schema_file(tmp_path, json.dumps(ORDER))
    done = patcher("inspect", path, "--ndjson", "--contract", contract)
    commands = [line.strip() for line in done.out.splitlines() if line.strip().startswith("data-patcher ")]
    assert len(commands) == 2 and len(set(commands)) == 2, done
    for command, mended, wanted in zip(commands, ("mended-2.json", "mended-3.json"), (41, 42)):
        typed = command.replace("data-patcher", shlex.quote(str(pathlib.Path(binary()).with_name("data-patcher"))), 1)
        ran = subprocess.run(["bash", "-c", typed], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert ran.returncode == DONE, (command, ran)
        assert json.loads((tmp_path / mended).read_bytes())["points"] == wanted


def test_the_hint_to_edit_says_what_sensitive_values_ask_for(tmp_path, config):
    path = record(tmp_path, GOOD[:-1])
    done = patcher("inspect", path, "-c", config)
    assert "--edit shows the whole record" in done.out and "--reveal --why" in done.out, done
    assert "ann@" not in done.out + done.err, done


def test_sensitive_values_stay_hidden(tmp_path, config):
    path = record(tmp_path, GOOD.replace(b"ann@", b"ann\x01@").replace(b"41", b'"41"'))
    for output in ("table", "json"):
        done = patcher("inspect", path, "-c", config, "--output", output)
        assert done.code == FINDINGS and "secret" not in done.out + done.err, done
        assert "/email" in done.out
    broken = record(tmp_path, b'{"id" "a","email":"ann@secret.example"}', "broken.json")
    done = patcher("inspect", broken, "-c", config)
    assert done.code == FINDINGS and "secret" not in done.out + done.err, done


def test_what_the_contract_forbids_is_removed(tmp_path):
    shapes = {
        "additionalProperties": ({"properties": {"id": {}}, "additionalProperties": False},
                                 b'{"id":"a","extra":{"b":1}}', ["--remove /extra"], b'{"id":"a"}'),
        "unevaluatedProperties": ({"allOf": [{"properties": {"id": {}}}], "unevaluatedProperties": False},
                                  b'{"extra":1,"id":"a","more":2}', ["--remove /extra", "--remove /more"],
                                  b'{"id":"a"}'),
        "propertyNames": ({"propertyNames": {"pattern": "^[a-z]+$"}}, b'{"id":"a","X1":1}', ["--remove /X1"],
                          b'{"id":"a"}'),
        "false": ({"properties": {"old": False}}, b'{"id":"a","old":1}', ["--remove /old"], b'{"id":"a"}'),
        "items": ({"properties": {"l": {"prefixItems": [{}], "items": False}}}, b'{"l":[1,2,3]}',
                  ["--remove /l/2 --remove /l/1"], b'{"l":[1]}'),
        "beside": ({"properties": {"n": {"type": "integer"}}, "additionalProperties": False},
                   b'{"extra":1,"n":"41"}', ["--remove /extra", "--set /n=41"], b'{"n":41}'),
    }
    for name, (contract, value, wanted, mended) in shapes.items():
        file = streams.schema_file(tmp_path, json.dumps({"type": "object", **contract}))
        path = record(tmp_path, value)
        report = valid("inspection", patcher("inspect", path, "--contract", file, "--output", "json").out)
        mend = report["records"][0]["mend"]
        assert all(option in mend["command"] for option in wanted) and "…" not in mend["command"], (name, mend)
        assert mend["complete"] and not mend["open"] and "forbids" in mend["notes"][0], (name, mend)
        words = shlex.split(mend["command"])
        done, out = clean(tmp_path, value, *words[words.index("--contract"):words.index("--out")])
        assert done.code == DONE and out == mended, (name, words, done)


def test_a_terminal_obeys_no_name_of_a_record(tmp_path, config):
    name = r"\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e"
    numbers = {**ORDER, "additionalProperties": {"type": "integer"}}
    contract = streams.schema_file(tmp_path, json.dumps(numbers), "c.json")
    value = f'{{"id":"a","points":1,"{name}":"x\\u0001","{name}2":{{"a":"b"}}}}'.encode()
    path = record(tmp_path, value)
    told = [patcher("inspect", path, "--contract", contract), patcher("inspect", path),
            patcher("secure-clean", path, "--contract", contract, "--remove-chars", r"\x01"),
            patcher("secure-clean", path, "--set", f"/{json.loads(chr(34) + name + chr(34))}x/y=1"),
            fracas("check", "--contract", contract, path, "--output", "table")]
    for done in told:
        for character in "\x1b\x07\x9b\u202e":
            assert character not in done.out + done.err, done
    assert r"\x1B[2J" in told[0].out and r"\x1B[2J" in told[2].out and "owned" in told[3].out + told[3].err


def test_ids_and_names_that_are_sensitive_stay_hidden(tmp_path):
    made = {"orders": streams.stream("t", "orders", sensitive=["/messageId", "/custom"])}
    config = write_config(tmp_path, streams.config("t", made))
    path = record(tmp_path, b'{"messageId":"m-secret","custom":{"secretname":"\x01","secretname":1}}')
    for output in ("table", "json"):
        done = patcher("inspect", path, "-c", config, "--output", output)
        assert done.code == FINDINGS and "secret" not in done.out + done.err, done
        assert "/custom/•••" in done.out, done
    done = patcher("secure-clean", path, "-c", config, "--remove-chars", r"\x01")
    assert "secret" not in done.out + done.err and "/custom/•••" in done.out, done
    made["orders"]["contract"] = str(streams.schema_file(tmp_path, json.dumps(
        {"properties": {"custom": {"propertyNames": {"maxLength": 3}, "additionalProperties": False}}})))
    config = write_config(tmp_path, streams.config("t", made))
    done = patcher("inspect", record(tmp_path, b'{"custom":{"secretname":1}}'), "-c", config)
    assert "--remove '/custom/•••'" in done.out and "--set" not in done.out, done
    assert "secret" not in done.out + done.err and "--reveal shows it" in done.out, done


def test_reveal_wants_a_reason_and_a_journal(tmp_path, config):
    path = record(tmp_path, GOOD.replace(b"ann@", b"ann\x01@"))
    without = patcher("inspect", path, "-c", config, "--reveal")
    assert without.code == USAGE and "--why" in without.err, without
    unreachable = patcher("inspect", path, "-c", config, "--reveal", "--why", "ticket 1")
    assert unreachable.code != DONE and "secret" not in unreachable.out, unreachable
    assert "journal" in unreachable.err


def test_inspect_says_what_source_means(tmp_path, config):
    for arguments, told in (((), "SOURCE"), (("no/such/file",), "no/such/file"), (("a.raw/0/17",), "-c FILE"),
                            (("-c", config), "--stream"), ((tmp_path,), "")):
        done = patcher("inspect", *arguments)
        assert done.code in (USAGE, FAILED) and done.err.startswith("error:") and told in done.err, done
        assert len(done.err.splitlines()) <= 2, done


# ---- Secure-clean ------------------------------------------------------------------------------------------------


def clean(tmp_path, value: bytes, *options, config=None, **more) -> tuple[Finished, bytes]:
    path, out = record(tmp_path, value), tmp_path / "out.json"
    out.unlink(missing_ok=True)
    context = ("-c", config) if config else ()
    done = patcher("secure-clean", path, *context, *options, "--out", out, **more)
    return done, out.read_bytes() if out.exists() else b""


@pytest.mark.parametrize("value, options, wanted", [
    (b'{"a":"x\x1fy"}', ["--remove-chars", r"\x1F"], b'{"a":"xy"}'),
    (b'{"a": "x\xe2\x80\x8by",  "b": 1.50}', ["--remove-chars", r"\u200B"], b'{"a": "xy",  "b": 1.50}'),
    (b'\xef\xbb\xbf{"a":1}', ["--remove-chars", "bom"], b'{"a":1}'),
    (b'{"a":"x\x01\x02y"}', ["--remove-chars", r"\x00-\x1F"], b'{"a":"xy"}'),
    (b'{"a":"x\xc2\xa0y"}', ["--replace-chars", r"\xA0= "], b'{"a":"x y"}'),
    (b'{"a":"x\ny"}', ["--escape-chars", r"\n"], b'{"a":"x\\u000ay"}'),
    (b'{"a":"caf\xe9"}', ["--transcode", "cp1252"], '{"a":"café"}'.encode()),
    ('{"a":"é"}'.encode("utf-16"), ["--transcode", "utf-16"], '{"a":"é"}'.encode()),
    (b'{"a":1,"b":2,"a":3}', ["--keep-duplicate", "last"], b'{"b":2,"a":3}'),
    (b'{"n": 1.500, "m": 1}', ["--set", "/m=2", "--set", '/o="x"', "--remove", "/n"], b'{"m": 2,"o": "x"}'),
])
def test_each_operation_changes_what_it_means_and_no_other_byte(tmp_path, value, options, wanted):
    done, out = clean(tmp_path, value, *options)
    assert done.code == DONE and out == wanted, (done, out)
    assert stat.S_IMODE((tmp_path / "out.json").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.partial"))


def test_patch_is_rfc_6902(tmp_path):
    patch = record(tmp_path, b'[{"op":"test","path":"/a","value":1.0},{"op":"move","from":"/a","path":"/b"}]', "p.json")
    done, out = clean(tmp_path, b'{"a":1}', "--patch", patch)
    assert done.code == DONE and out == b'{"b":1}', done
    done, out = clean(tmp_path, b'{"a":2}', "--patch", patch)
    assert done.code == FINDINGS and "operation 0" in done.out and out == b"", done


def test_the_result_is_judged_by_the_contract(tmp_path, config):
    bad = GOOD.replace(b"41", b'"41"').replace(b'"x"', b'"x\x07"')
    still, _ = clean(tmp_path, bad, "--remove-chars", "control", config=config)
    assert still.code == FINDINGS and "TYPE_MISMATCH" in still.out, still
    done, out = clean(tmp_path, bad, "--remove-chars", "control", "--set", "/points=41", config=config)
    assert done.code == DONE and out == GOOD, done
    report = patcher("secure-clean", tmp_path / "record.json", "-c", config, "--remove-chars", "control", "--set",
                     "/points=41", "--output", "json")
    record_ = valid("clean", report.out)["records"][0]
    assert record_["passes"] and len(record_["differences"]) == 2 and record_["sent"] is None, report
    assert {d["pointer"] for d in record_["differences"]} == {"/points", "/note"}


def test_ids_are_kept(tmp_path, config):
    for pointer in ("/messageId", "/idempotency_key", "/id"):
        done, _ = clean(tmp_path, GOOD, "--set", f'{pointer}="other"', config=config)
        assert done.code == FINDINGS and "would change" in done.out, done
        done, _ = clean(tmp_path, GOOD, "--set", f'{pointer}="other"', "--change-ids", config=config)
        assert done.code == DONE, done
        if pointer == "/messageId":
            assert "message id changed, idempotency key kept" in done.out, done
    done, _ = clean(tmp_path, GOOD, "--remove", "/idempotency_key", "--change-ids", config=config)
    assert "message id kept, idempotency key removed" in done.out, done


def test_a_sensitive_value_does_not_go_onto_the_command_line(tmp_path, config):
    typed, out = clean(tmp_path, GOOD, "--set", '/email="new@secret.example"', config=config)
    assert typed.code == USAGE and "ps" in typed.err and out == b"", typed
    secret = record(tmp_path, b'"new@secret.example"\n', "value")
    done, out = clean(tmp_path, GOOD, "--set", f"/email=@{secret}", config=config)
    assert done.code == DONE and b"new@secret" in out and "secret" not in done.out + done.err, done
    done, out = clean(tmp_path, GOOD, "--set", "/email=@-", config=config, stdin=b'"asked@secret.example"\n')
    assert done.code == DONE and b"asked@secret" in out and "secret" not in done.out + done.err, done


def test_edit_is_private_and_leaves_nothing(tmp_path):
    note = tmp_path / "seen"
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\nstat -c "%a %n" "$1" "$(dirname "$1")" > {note}\ncp "$1" "$1~"\n'
                      'sed -i s/NaN/0/ "$1"\n')
    editor.chmod(0o755)
    done, out = clean(tmp_path, b'{"a":NaN}', "--edit", env={"EDITOR": str(editor), "VISUAL": ""})
    assert done.code == DONE and out == b'{"a":0}', done
    (mode, file), (folder_mode, folder) = (line.split() for line in note.read_text().splitlines())
    assert (mode, folder_mode) == ("600", "700")
    assert not os.path.exists(file) and not os.path.exists(folder), "something was left behind"
    failed, out = clean(tmp_path, b'{"a":NaN}', "--edit", env={"EDITOR": "false", "VISUAL": ""})
    assert failed.code == FAILED and out == b"", failed
    unset = patcher("secure-clean", tmp_path / "record.json", "--edit", env={"EDITOR": "", "VISUAL": ""})
    assert unset.code == USAGE and "$EDITOR" in unset.err, unset


def test_edit_shows_sensitive_values_only_to_who_reveals(tmp_path, config):
    done = patcher("secure-clean", record(tmp_path, GOOD), "-c", config, "--edit", env={"EDITOR": "true"})
    assert done.code == USAGE and "--reveal" in done.err, done


def test_many_lines_at_once(tmp_path):
    lines = b'{"a":"x\x07"}\n{"a":"y"}\n{"a":\n'
    done, out = clean(tmp_path, lines, "--ndjson", "--limit", "10", "--remove-chars", "control")
    assert done.code == FINDINGS and out == b'{"a":"x"}\n{"a":"y"}\n{"a":\n', (done, out)
    more, out = clean(tmp_path, lines, "--ndjson", "--limit", "2", "--remove-chars", "control")
    assert more.code == USAGE and "--limit" in more.err and out == b"", "never acts on fewer than are meant"


@pytest.mark.parametrize("options, told", [
    ([], "--remove-chars"), (["--remove-chars", r"\xZZ"], r"\x1F"), (["--set", "a=1"], "/POINTER=JSON"),
    (["--transcode", "klingon"], "cp1252"), (["--patch", "/no/such"], "/no/such"),
    (["--set", "/status=bogus"], "wants its quotes"), (["--remove", "status"], "/tags/0"),
    (["--re-inject", "t.raw", "--remove-chars", "bom"], "--why"),
    (["--re-inject", "t.raw", "--why", "x", "--remove-chars", "bom"], "-c FILE"),
])
def test_wrong_usage_says_how_it_is_right(tmp_path, options, told):
    done, out = clean(tmp_path, b'{"a":"\xff"}', *options)
    assert done.code == USAGE and told in done.err and out == b"", done


def test_a_broker_that_is_away_is_one_line_in_time(tmp_path, config):
    send = ("--remove-chars", "bom", "--re-inject", "t.orders.raw", "--why", "x")
    for command in (("inspect",), ("secure-clean", *send)):
        done = fracas(command[0], "t.orders.raw/0/1", "-c", config, *command[1:], seconds=30)
        assert done.code == FAILED and done.seconds < 20, done
        assert len([line for line in done.err.splitlines() if line.startswith("error:")]) == 1, done


@terminal.needed
def test_on_a_terminal_the_difference_has_colours(tmp_path):
    path = record(tmp_path, b'{"a":"x\x1fy"}')
    link = pathlib.Path(binary()).with_name("data-patcher")
    seen = terminal.screen(link, "secure-clean", path, "--remove-chars", r"\x1F", columns=100)
    assert "\x1b[31m" in seen and "\x1b[32m" in seen, seen
    assert all(len(re.sub(r"\x1b\[\d*m", "", line)) <= 100 for line in seen.splitlines()), seen
