"""What a running instance answers and what commands print, held against the schema that is published for it, in both
directions: every member that is required is there, and no member is there that the schema does not describe."""

import copy
import json

import jsonschema
from program import ROOT, get
from streams import PIPELINE

OUTPUTS = ROOT / "schemas" / "outputs"
SCHEMA = OUTPUTS / "state.schema.json"


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


def inside(schema, name: str):
    """The same as the definition `name` of a document that holds all of them; `urn:` is nothing to join with."""
    if isinstance(schema, list):
        return [inside(each, name) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: inside(value, name) for key, value in schema.items() if key not in ("$id", "$schema")}
    if isinstance(schema.get("$ref"), str):
        whose, _, pointer = schema["$ref"].partition("#")
        made["$ref"] = f"#/$defs/{whose.split(':')[-2] if whose else name}{pointer}"
    return made


def printed(name: str, document, definition: str | None = None):
    """What a command printed, by the schema of that name or one definition of it; references lead to the others."""
    schemas = {path.name.split(".")[0]: json.loads(path.read_text()) for path in OUTPUTS.glob("*.schema.json")}
    whole = {"$ref": f"#/$defs/{name}" + (f"/$defs/{definition}" if definition else ""),
             "$defs": {each: inside(closed(schema), each) for each, schema in schemas.items()}}
    jsonschema.Draft202012Validator(whole).validate(document)
    return document


def answers_as_published(port: int, stream: str) -> None:
    for path, definition in (("streams", "streams"), (f"breakers/{PIPELINE}/{stream}", "breaker"),
                             ("quarantine", "quarantine"), ("tickets", "tickets"), ("dead_letters", "dead_letters"),
                             ("authority", "authority"), ("digest", "digest")):
        code, text = get(f"http://127.0.0.1:{port}/state/{path}")
        assert code == 200, f"GET /state/{path}: {code} {text}"
        holds(definition, json.loads(text))
