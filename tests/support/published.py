"""What a running instance answers, held against the schema that is published for it, in both directions: every member
that is required is there, and no member is there that the schema does not describe."""

import copy
import json

import jsonschema
from program import ROOT, get
from streams import PIPELINE

SCHEMA = ROOT / "schemas" / "outputs" / "state.schema.json"


def closed(schema):
    """The same, but nothing may be there that is not described."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        made["additionalProperties"] = False
    return made


def holds(definition: str, document) -> None:
    schema = closed(json.loads(SCHEMA.read_text()))
    only = {**copy.deepcopy(schema), "$ref": f"#/$defs/{definition}"}
    only.pop("anyOf")
    jsonschema.Draft202012Validator(only, format_checker=jsonschema.FormatChecker()).validate(document)


def answers_as_published(port: int, stream: str) -> None:
    for path, definition in (("streams", "streams"), (f"breakers/{PIPELINE}/{stream}", "breaker"),
                             ("quarantine", "quarantine"), ("tickets", "tickets"), ("dead_letters", "dead_letters"),
                             ("authority", "authority"), ("digest", "digest")):
        code, text = get(f"http://127.0.0.1:{port}/state/{path}")
        assert code == 200, f"GET /state/{path}: {code} {text}"
        holds(definition, json.loads(text))
