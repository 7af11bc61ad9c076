"""`fracas codes`: what a code means, told to a person and to a program."""

import re

import yaml
from program import DONE, FAILED, ROOT, USAGE, fracas

TABLE = yaml.safe_load((ROOT / "schemas" / "failure_codes.yaml").read_text())["codes"]


def test_every_code_is_listed_and_explained():
    done = fracas("codes")
    assert done.code == DONE, done
    for code in TABLE:
        assert str(code["number"]) in done.out and code["name"] in done.out


def test_one_code_by_number_and_name():
    wanted = next(code for code in TABLE if code["name"] == "TYPE_MISMATCH")
    for query in ("2103", "TYPE_MISMATCH", "type_mismatch"):
        done = fracas("codes", query)
        assert done.code == DONE, done
        text = " ".join(done.out.split())
        assert "2103" in text and " ".join(wanted["next_step"].split())[:40] in text


def test_json_has_the_table():
    listed = fracas("codes", "--output", "json").json()
    listed = listed if isinstance(listed, list) else listed["codes"]
    assert [int(code.get("number", code.get("code"))) for code in listed] == [code["number"] for code in TABLE]


def test_unknown_code_suggests():
    done = fracas("codes", "TYPE_MISMATHC")
    assert done.code in (FAILED, USAGE), done
    assert "TYPE_MISMATCH" in done.out + done.err


def test_no_placeholder_is_left():
    for code in TABLE:
        for field in ("message", "explanation", "next_step"):
            assert len(code[field]) > 20, (code["name"], field)


def test_version_names_the_libraries():
    done = fracas("--version")
    assert done.code == DONE and "librdkafka" in done.out, done
    declared = re.search(r"project\(fracas VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert declared in done.out
