"""Other people's documents through `fracas check`: JSONTestSuite and the JSON Schema test suite."""

import json
import os
import pathlib

import pytest
from program import DONE, FINDINGS, fracas

CASES = json.loads((pathlib.Path(__file__).parent / "json_test_suite.json").read_text())["cases"]
LONG = [{"name": "n_structure_100000_opening_arrays", "input": "[" * 100_000},
        {"name": "n_structure_open_array_object", "input": '[{"":' * 50_000 + "\n"}]
DRAFT_7 = pathlib.Path(os.environ.get("FRACAS_JSON_SCHEMA_DRAFT7", "/usr/share/json-schema-test-suite"))
SUITES = {"draft2020-12": os.environ.get("FRACAS_JSON_SCHEMA_SUITE"), "draft7": str(DRAFT_7)}
DRAFTS = {"draft2020-12": "2020-12", "draft7": "7"}


def test_json_test_suite(tmp_path):
    for case in CASES + LONG:
        data = case["input"].encode().replace("\ufffd".encode(), b"\xe5")
        (tmp_path / f"{case['name']}.json").write_bytes(data)
    files = sorted(tmp_path.iterdir())
    done = fracas("check", "--output", "json", *files)
    assert done.code == FINDINGS, done
    verdicts = {pathlib.Path(line["file"]).stem: line for line in done.lines()}
    assert len(verdicts) == len(files) > 280
    wrong = [name for name, line in verdicts.items()
             if line["verdict"] != {"y": "pass", "n": "fail"}[name[0]]]
    assert not wrong
    uncoded = [name for name, line in verdicts.items() if line["verdict"] == "fail" and not line["findings"]]
    assert not uncoded


def groups(folder: pathlib.Path):
    for path in sorted(folder.glob("*.json")):
        for group in json.loads(path.read_text()):
            yield path.stem, group


@pytest.mark.parametrize("draft", SUITES)
def test_json_schema_suite(tmp_path, draft):
    root = SUITES[draft] and pathlib.Path(SUITES[draft])
    if not root or not (root / "tests" / draft).is_dir():
        pytest.skip(f"no suite of {draft}: set FRACAS_JSON_SCHEMA_SUITE")
    contract = tmp_path / "contract.json"
    wrong, tests = [], 0
    for name, group in groups(root / "tests" / draft):
        contract.write_text(json.dumps(group["schema"]))
        documents = "".join(json.dumps(test["data"]) + "\n" for test in group["tests"]).encode()
        done = fracas("check", "--output", "json", "--contract", contract, "--ndjson",
                      "--draft", DRAFTS[draft], "--schemas", f"http://localhost:1234/={root / 'remotes'}", "-", stdin=documents)
        expected = ["pass" if test["valid"] else "fail" for test in group["tests"]]
        tests += len(expected)
        if [line["verdict"] for line in done.lines()] != expected or done.code not in (DONE, FINDINGS):
            wrong.append((name, group["description"], done.err[:300]))
    assert not wrong, f"{len(wrong)} groups of {tests} tests: {wrong[:10]}"
    assert tests > 400
