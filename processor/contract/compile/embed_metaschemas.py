#!/usr/bin/env python3
"""Writes JSON files as C++ string literals: one FRACAS_METASCHEMA(uri, bytes) line each, by their $id."""
import json
import os
import sys


def literal(data):
    """Pieces of 80 characters: compilers bound the length of one literal, not of their sum."""
    pieces = [data[i:i + 80] for i in range(0, len(data), 80)]
    escape = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})
    return "\n    ".join('"' + piece.translate(escape) + '"' for piece in pieces)


def main():
    *sources, target = sys.argv[1:]
    lines = ["// Generated from schemas/metaschemas. Do not edit."]
    for source in sources:
        with open(source, encoding="utf-8") as file:
            text = file.read()
        uri = json.loads(text)["$id"].rstrip("#")
        lines.append(f'FRACAS_METASCHEMA("{uri}",\n    {literal(text)})')
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
