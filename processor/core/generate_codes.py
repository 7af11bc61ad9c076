#!/usr/bin/env python3
"""Generates from schemas/failure_codes.yaml: the C++ table (--inc FILE) and the reference page (--md FILE).

Refuses a file that is not in order: unknown or missing fields, numbers not unique and ascending, a value
outside its closed set. Files are only rewritten when their content changes.
"""
import argparse
import os
import sys

import yaml

ORIGINS = ["source", "destination", "replication", "platform", "unknown"]
TYPES = ["data", "schema", "quality", "config", "system", "transient", "capacity", "cancelled"]
RECOVERABILITY = ["recoverable", "hard", "conditional"]
RETRYABLE = ["false", "true", "unknown"]
DISPOSITIONS = ["warn", "dead_letter", "hold"]
FIELDS = ["number", "name", "origin", "type", "recoverability", "retryable", "disposition", "severity",
          "summary", "message", "explanation", "next_step"]


def fail(text):
    sys.exit(f"failure_codes.yaml: {text}")


def enumerator(text):
    return "k" + "".join(part.capitalize() for part in text.lower().split("_"))


def load(path):
    with open(path, encoding="utf-8") as file:
        codes = yaml.safe_load(file)["codes"]
    last = 0
    for code in codes:
        name = code.get("name", "?")
        if sorted(code) != sorted(FIELDS):
            fail(f"{name}: fields are {sorted(code)}, must be {sorted(FIELDS)}")
        if not last < code["number"] < 10000:
            fail(f"{name}: number {code['number']} is not ascending")
        last = code["number"]
        code["retryable"] = str(code["retryable"]).lower()
        for field, allowed in (("origin", ORIGINS), ("type", TYPES), ("recoverability", RECOVERABILITY),
                               ("retryable", RETRYABLE), ("disposition", DISPOSITIONS)):
            if code[field] not in allowed:
                fail(f"{name}: {field} is {code[field]!r}, must be one of {allowed}")
        if not 1 <= code["severity"] <= 10:
            fail(f"{name}: severity {code['severity']} is not 1 to 10")
        for field in ("summary", "message", "explanation", "next_step"):
            code[field] = " ".join(str(code[field]).split())
            if len(code[field]) < 10:
                fail(f"{name}: {field} says nothing")
    if len({code["name"] for code in codes}) != len(codes):
        fail("a name is used twice")
    return codes


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def inc(codes):
    lines = ["// Generated from schemas/failure_codes.yaml by core/generate_codes.py. Do not edit."]
    for code in codes:
        row = "FRACAS_CODE(" + ", ".join(["{}"] * 9) + ",\n            {}" * 4 + ")"
        lines.append(row.format(
            code["number"], enumerator(code["name"]), quote(code["name"]), enumerator(code["origin"]),
            enumerator(code["type"]), enumerator(code["recoverability"]), enumerator(code["retryable"]),
            enumerator(code["disposition"]), code["severity"], quote(code["summary"]),
            quote(code["message"]), quote(code["explanation"]), quote(code["next_step"])))
    return "\n".join(lines) + "\n"


def markdown(codes):
    lines = ["# Failure codes", "",
             "Generated from [failure_codes.yaml](failure_codes.yaml) by processor/core/generate_codes.py; "
             "`fracas codes CODE` prints the same. Numbers and names are frozen. "
             "[README.md](README.md) says what the columns mean.", "",
             "| code | name | origin | type | heals | retryable | default | severity | seen |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for code in codes:
        lines.append("| {number} | {name} | {origin} | {type} | {recoverability} | {retryable} | {disposition} "
                     "| {severity} | {summary} |".format(**code))
    for code in codes:
        lines += ["", "## {number} {name}".format(**code), "", code["explanation"], "",
                  "*To the data's user:* " + code["message"], "", "*What to do now:* " + code["next_step"]]
    return "\n".join(lines) + "\n"


def write(path, text):
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("--inc", help="the C++ table")
    parser.add_argument("--md", help="the reference page")
    parser.add_argument("--check", help="fails when this reference page is not what --md would write")
    arguments = parser.parse_args()
    codes = load(arguments.source)
    if arguments.inc:
        write(arguments.inc, inc(codes))
    if arguments.md:
        write(arguments.md, markdown(codes))
    if arguments.check:
        with open(arguments.check, encoding="utf-8") as file:
            if file.read() != markdown(codes):
                sys.exit(f"{arguments.check} is not current: run {sys.argv[0]} {arguments.source} "
                         f"--md {arguments.check}")


if __name__ == "__main__":
    main()
