#!/usr/bin/env python3
"""Holds the golden bytes of the wire formats against schemas/outputs, and the schemas against faults."""
import copy
import json
import pathlib
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "wire"


def schema(name):
    return json.loads((ROOT / "schemas" / "outputs" / f"{name}.schema.json").read_text())


def block(name):
    lines = (GOLDEN / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


EXAMPLES = [
    ("failure_event", json.loads((GOLDEN / "failure_event.v1.json").read_text())),
    ("summary", json.loads((GOLDEN / "summary.v1.json").read_text())),
    ("offset_metadata", json.loads((GOLDEN / "offset_metadata.v1.json").read_text())),
    *(("control", json.loads(line)) for line in (GOLDEN / "control.v1.jsonl").read_text().splitlines()),
    ("journal", json.loads((GOLDEN / "journal.v1.json").read_text())),
    ("dead_letter_headers", block("dead_letter.v1.txt")),
    ("dead_letter_headers", block("dead_letter_oversize.v1.txt")),
]


# Members that may be absent.
OPTIONAL = {
    "summary": {"code"},
    "offset_metadata": {"partitions"},
    "dead_letter_headers": {"fracas.pointer", "fracas.schema", "fracas.payload.size",
                            "fracas.payload.sha256"},
    "control": {"not_after", "instead_of", "expected_version", "planned", "until", "contract", "reload", "divert",
                "divert_for_ms", "expires", "code", "cause", "record", "version"},
    "journal": {"since", "code", "cause", "reason", "who", "planned", "planned_until", "contract",
                "reload", "diversion", "retry", "losses", "record", "record_failures", "oldest", "until",
                "why", "next"},
}


def members(value, path=()):
    """The paths of all members of objects inside `value`."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield path + (key,)
            yield from members(child, path + (key,))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from members(child, path + (index,))


def parent(value, path):
    for step in path[:-1]:
        value = value[step]
    return value


class Outputs(unittest.TestCase):
    def test_schemas_are_schemas(self):
        for path in sorted((ROOT / "schemas" / "outputs").glob("*.schema.json")):
            with self.subTest(path.name):
                jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))

    def test_golden_bytes_pass(self):
        for name, example in EXAMPLES:
            with self.subTest(name):
                jsonschema.Draft202012Validator(schema(name)).validate(example)

    def test_every_member_is_described(self):
        # Nothing is written that the schema does not know: additive fields are for other versions.
        for name, example in EXAMPLES:
            closed = schema(name)
            self.close(closed)
            with self.subTest(name):
                jsonschema.Draft202012Validator(closed).validate(example)

    def close(self, node):
        if isinstance(node, dict):
            if "properties" in node and "required" in node:
                node.setdefault("additionalProperties", False)
            for child in node.values():
                self.close(child)

    def test_every_member_has_a_type(self):
        # A member that becomes another kind of value is refused, wherever it is.
        for name, example in EXAMPLES:
            validator = jsonschema.Draft202012Validator(schema(name))
            for path in members(example):
                with self.subTest(name=name, path=path):
                    broken = copy.deepcopy(example)
                    was_object = isinstance(parent(broken, path)[path[-1]], dict)
                    parent(broken, path)[path[-1]] = [] if was_object else {"unexpected": []}
                    self.assertFalse(validator.is_valid(broken))

    def test_required_members_are_missed(self):
        for name, example in EXAMPLES:
            validator = jsonschema.Draft202012Validator(schema(name))
            for path in members(example):
                if path[0] == "codes" and len(path) > 1 or path[-1] in OPTIONAL.get(name, ()):
                    continue
                with self.subTest(name=name, path=path):
                    broken = copy.deepcopy(example)
                    del parent(broken, path)[path[-1]]
                    self.assertFalse(validator.is_valid(broken))


if __name__ == "__main__":
    unittest.main()
