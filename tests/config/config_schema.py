"""schemas/config.schema.json from the reader's key tables: one declaration, two readers of it.

  config_schema.py PROBE            check that the file is what the tables say
  config_schema.py PROBE --update   write it
"""

import json
import pathlib
import re
import subprocess
import sys

import yaml

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "schemas" / "config.schema.json"
TOPIC = r"^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$"
POINTER = r"^(/([^~/]|~[01])*)+$"
HOLE = r"(topic|stream|dataset|pipeline|group|[1-9])"


class Yaml12(yaml.SafeLoader):
    """The core schema of YAML 1.2: yes is a text, 010 is ten."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", list("-+0123456789.")),
]:
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
Yaml12.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
Yaml12.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))


def load(text):
    return yaml.load(text, Yaml12)


def text(pattern):
    return {"type": "string", "pattern": pattern}


def quantity(units):
    return text(rf"^(0|[1-9][0-9]*)({units})$")


def base(key):
    """The schema of one value that is written out."""
    kind = key["type"]
    bounds = {"minimum": key["min"], "maximum": key["max"]}
    simple = {
        "text": {"type": "string", "minLength": 1},
        "path": {"type": "string", "minLength": 1},
        "name": text(rf"^(?!\.{{1,2}}$)[A-Za-z0-9._-]{{1,{min(key['max'], 249)}}}$"),
        "integer": {"type": "integer", **bounds},
        "ratio": {"type": "number", "minimum": 0, "maximum": 1},
        "fraction": {"type": "number", **bounds},
        "boolean": {"type": "boolean"},
        "choice": {"enum": key["choices"]},
        "duration": quantity("ms|s|m|h|d|w"),
        "size": quantity("B|KiB|MiB|GiB"),
        "rate": text(r"^[1-9][0-9]*/(s|m|h|d|w)$"),
        "start": {"anyOf": [{"enum": ["earliest", "latest"]},
                            text(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                                 r"(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$")]},
        "pointer": text(POINTER),
        "id_source": text(rf"^(key|header:.+|(key:)?{POINTER[1:-1]})$"),
        "replay_mark": text(rf"^(header:.+|body:{POINTER[1:-1]})$"),
        "zone": text(r"^(UTC|Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"),
        "address": text(r"^(\[[^\]]+\]|[^:\[\]/ ]+):(0|[1-9][0-9]{0,4})$"),
        "topic": text(TOPIC),
        "topic_template": text(rf"^([A-Za-z0-9._-]|\{{{HOLE}\}})+$"),
        "group_template": text(r"^([A-Za-z0-9._-]|\{group\})+$"),
        "pattern": text(r"^\^."),
    }
    return simple[kind]


def value(key):
    """As base, with `off` and substitutions where the type would not take them anyway."""
    plain = base(key)
    if plain == {"type": "string", "minLength": 1}:
        return dict(plain)
    if key["takes_off"]:
        plain = ({"enum": plain["enum"] + ["off"]} if "enum" in plain
                 else {"anyOf": [plain, {"const": "off"}]})
    choices = plain["anyOf"] if "anyOf" in plain else [plain]
    return {"anyOf": choices + [{"$ref": "#/$defs/substitution"}]}


def entry(key, kind):
    return value({**key, "type": kind, "takes_off": False})


def schema_of(key, codes, refused):
    kind = key["type"]
    if kind.endswith("_list"):
        schema = {"type": "array", "items": entry(key, kind[:-5]), "uniqueItems": True}
        if kind in ("topic_list", "choice_list"):
            schema["minItems"] = 1
    elif kind == "path_map":
        schema = {"type": "object", "propertyNames": {"pattern": "^[^:#]+:[^#]*$"},
                  "additionalProperties": {"type": "string", "minLength": 1}}
    elif kind == "dispositions":
        schema = {"type": "object", "additionalProperties": False, "properties": {
            code["code"]: {"anyOf": [{"enum": code["allowed"]}, {"$ref": "#/$defs/substitution"}]}
            for code in codes if code["allowed"]}}
    elif kind == "settings":
        schema = {"type": "object",
                  "properties": {row["refused"]: {"not": {}, "description": "Refused: " + row["about"]}
                                 for row in refused},
                  "patternProperties": {"_cb$": False, r"^test\.": False},
                  "additionalProperties": {"type": ["string", "number", "boolean"]}}
    else:
        schema = value(key)
    schema = {"description": key["about"], **schema}
    if key["initial"]:
        schema["default"] = load(key["initial"])
    if key["example"]:
        schema["examples"] = [load(key["example"])]
    return schema


def tree(rows, table):
    """The keys of one table nested by the dots in their paths, sections described."""
    sections = {row["section"]: row["about"] for row in rows
                if row.get("table") == table and "section" in row}
    codes = [row for row in rows if "code" in row]
    refused = [row for row in rows if "refused" in row]
    root = {}
    for key in (row for row in rows if row.get("table") == table and "path" in row):
        properties, path = root, key["path"].split(".")
        for depth, name in enumerate(path[:-1]):
            section = properties.setdefault(name, {
                "description": sections.get(".".join(path[:depth + 1]), ""), "type": "object",
                "additionalProperties": False, "properties": {}})
            properties = section["properties"]
        properties[path[-1]] = schema_of(key, codes, refused)
    return root


def build(rows):
    top = tree(rows, "root")
    top["kafka"]["required"] = ["bootstrap.servers"]
    stream = {"type": "object", "additionalProperties": False, "properties": tree(rows, "stream"),
              "not": {"required": ["topics", "topics_pattern"]}}
    name = {"pattern": r"^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$"}
    defaults = {"$ref": "#/$defs/stream"}
    top["defaults"] = {**defaults, "description": "Any key of a stream, for all streams; the nearest wins."}
    top["pipelines"] = {
        "description": "Flows of data, by name.", "type": "object", "minProperties": 1, "propertyNames": name,
        "additionalProperties": {
            "type": "object", "additionalProperties": False, "required": ["streams"],
            "properties": {
                "defaults": {
                    **defaults, "description": "Any key of a stream, for the streams of this pipeline."},
                "streams": {"description": "Datasets at one stage, by id.", "type": "object",
                            "minProperties": 1, "propertyNames": name,
                            "additionalProperties": {"$ref": "#/$defs/stream"}}}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:fracas:config",
        "title": "Configuration of fracas",
        "description": "Generated from the reader's key tables (tests/config/config_schema.py --update). "
                       "What no single value shows, `fracas lint` tells.",
        "type": "object", "additionalProperties": False, "required": ["group", "kafka", "pipelines"],
        "properties": top,
        "$defs": {"stream": stream, "substitution": {
            "description": "${NAME}, ${NAME:-default} or ${file:/run/secrets/NAME}",
            "type": "string", "pattern": r"\$\{"}}}


def from_probe(probe):
    lines = subprocess.run([probe, "keys"], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in lines.splitlines()]


def main():
    made = json.dumps(build(from_probe(sys.argv[1])), indent=2, ensure_ascii=False) + "\n"
    if "--update" in sys.argv:
        SCHEMA.write_text(made, encoding="utf-8")
    elif made != SCHEMA.read_text(encoding="utf-8"):
        sys.exit(f"{SCHEMA} is not what the key tables say: run {sys.argv[0]} {sys.argv[1]} --update")


if __name__ == "__main__":
    main()
