"""`fracas lint` and `fracas config show`: what is wrong with a configuration, where, and what holds."""

import json

import pytest
import yaml
from program import DONE, USAGE, fracas, write_config
from streams import config, customers, schema_file, stream

GOOD = """
group: shop
kafka: { bootstrap.servers: 127.0.0.1:9092 }
pipelines:
  ingest:
    streams:
      crm.contacts:
        topics: [crm.contacts.raw]
        publish: { mode: copy, topic: crm.contacts }
"""
PUBLISH = "mode: copy, topic: crm.contacts }"
BROKERS = "bootstrap.servers: 127.0.0.1:9092"


def lint(tmp_path, text: str, **options):
    path = tmp_path / "fracas.yaml"
    path.write_text(text)
    return fracas("lint", "-c", path, **options)


def test_good_configuration(tmp_path):
    done = lint(tmp_path, GOOD)
    assert done.code == DONE, done


def test_examples_of_tests_are_good(tmp_path):
    path = write_config(tmp_path, config("t", {"customers": customers("t"), "orders": stream("t", "orders")}))
    done = fracas("lint", "-c", path)
    assert done.code == DONE, done


@pytest.mark.parametrize("old, new, line, words", [
    ("group: shop", "group: shop\ngruop: x", 3, ["gruop", "group"]),
    ("publish: {", "publsh: {", 9, ["publsh", "publish"]),
    ("mode: copy", "mode: cpoy", 9, ["cpoy", "copy"]),
    ("group: shop", "group: shop\ngroup: other", 3, ["group", "twice"]),
    ("topics: [crm.contacts.raw]", "topics: crm.contacts.raw", 8, ["topics", "list"]),
    (PUBLISH, PUBLISH + "\n        batch: { records: 010 }", 10, ["010"]),
    (PUBLISH, PUBLISH + "\n        batch: { interval: 100 }", 10, ["100ms"]),
    (PUBLISH, "mode: copy, topic: crm.contacts.raw }", 9, ["crm.contacts.raw"]),
    (PUBLISH, PUBLISH + "\n        contract: missing.json", 10,
     ["missing.json"]),
    (BROKERS, BROKERS + ", consumer: { isolation.level: read_uncommitted }", 3, ["isolation.level"]),
    (BROKERS, BROKERS + ", producer: { enable.idempotence: 'false' }", 3, ["enable.idempotence"]),
    ("127.0.0.1:9092", "'${NOT_SET_ANYWHERE}'", 3, ["NOT_SET_ANYWHERE"]),
])
def test_mistake_is_named_with_its_place(tmp_path, old, new, line, words):
    done = lint(tmp_path, GOOD.replace(old, new, 1))
    text = done.out + done.err
    assert done.code == USAGE, done
    assert f"fracas.yaml:{line}:" in text, done
    for word in words:
        assert word in text, done


def test_dead_letter_metrics_need_the_ledger_beside_the_authority(tmp_path):
    """Whoever holds the authority exports what is true of the whole group, dead letters included."""
    for roles, warned in (("pipeline, control, api", True), ("control", True), ("pipeline, api", False),
                          ("pipeline, control, ledger, api", False), ("pipeline, ledger", False)):
        done = lint(tmp_path, GOOD.replace("group: shop", f"group: shop\nroles: [{roles}]"))
        assert done.code == DONE, done
        told = done.out + done.err
        assert ("fracas_dead_letters" in told and "fracas.yaml:3:" in told) == warned, (roles, done)


def test_every_problem_is_told_at_once(tmp_path):
    done = lint(tmp_path, GOOD.replace("mode: copy", "mode: cpoy").replace("kafka:", "workrs: 2\nkafka:"))
    assert "cpoy" in done.out + done.err and "workrs" in done.out + done.err


def test_broken_contract_is_named(tmp_path):
    schema_file(tmp_path, '{"type": "object", "properties": {"a": {"pattern": "(?!x)"}}}', "c.json")
    done = lint(tmp_path, GOOD + "        contract: c.json\n", cwd=tmp_path)
    assert done.code == USAGE, done
    assert "c.json" in done.out + done.err and "pattern" in done.out + done.err


def test_json_output(tmp_path):
    path = tmp_path / "fracas.yaml"
    path.write_text(GOOD.replace("mode: copy", "mode: cpoy"))
    done = fracas("lint", "-c", path, "--output", "json")
    assert done.code == USAGE
    assert "cpoy" in json.dumps(done.json())


def test_environment_and_defaults(tmp_path):
    text = GOOD.replace("127.0.0.1:9092", "'${FRACAS_TEST_HOST:-localhost}:9092'")
    path = tmp_path / "fracas.yaml"
    path.write_text(text)
    assert "localhost:9092" in fracas("config", "show", "-c", path).out
    assert "broker-7:9092" in fracas("config", "show", "-c", path, env={"FRACAS_TEST_HOST": "broker-7"}).out


def test_show_applies_defaults_and_hides_secrets(tmp_path):
    secret = tmp_path / "password"
    secret.write_text("correct-horse-battery\n")
    path = tmp_path / "fracas.yaml"
    path.write_text(GOOD.replace("bootstrap.servers: 127.0.0.1:9092",
                                 "bootstrap.servers: 127.0.0.1:9092, security.protocol: sasl_plaintext, "
                                 "sasl.mechanism: PLAIN, sasl.username: a, sasl.password: "
                                 f"'${{file:{secret}}}'") + "defaults: { batch: { records: 321 } }\n")
    done = fracas("config", "show", "-c", path)
    assert done.code == DONE, done
    assert "321" in done.out and "crm.contacts.raw" in done.out
    assert "correct-horse-battery" not in done.out + done.err
    shown = yaml.safe_load(done.out)
    assert shown["group"] == "shop"


def test_missing_file_is_wrong_usage(tmp_path):
    done = fracas("run", "-c", tmp_path / "nowhere.yaml")
    assert done.code == USAGE and "nowhere.yaml" in done.err, done
