"""Do schemas/config.schema.json (read by python3-jsonschema) and the reader agree on cases.txt?

Each case begins with `=== VERDICT KIND: title`. VERDICT: ok and refused are said by both; reader means that
only the reader can see what is wrong (a contradiction, or a spelling that JSON no longer shows). KIND: file
is a whole configuration, stream the keys of one stream, top further keys beside a minimal configuration.
Besides, every example and default of every key is read by both.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema

sys.dont_write_bytecode = True
import config_schema  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
HEAD = "group: g\nkafka: {bootstrap.servers: 'localhost:9092'}\n"
PIPELINES = "pipelines: {p: {streams: {s: {topics: [raw]}}}}\n"


def stream(keys):
    lines = keys if "topics" in keys else "topics: [raw]\n" + keys
    indented = "".join(f"        {line}\n" for line in lines.splitlines())
    return f"{HEAD}pipelines:\n  p:\n    streams:\n      s:\n{indented}"


def whole(kind, body):
    if kind == "stream":
        return stream(body)
    if kind == "top":
        head = "".join(line + "\n" for line in HEAD.splitlines() if line.split(":")[0] + ":" not in body)
        return head + PIPELINES + body
    return body


def cases():
    text = (HERE / "cases.txt").read_text(encoding="utf-8")
    parts = re.split(r"^=== (ok|refused|reader) (file|stream|top): (.*)\n", text, flags=re.M)
    for verdict, kind, title, body in zip(parts[1::4], parts[2::4], parts[3::4], parts[4::4]):
        yield verdict, title, whole(kind, body)


def nested(path, text):
    names = path.split(".")
    return "".join("  " * depth + f"{name}:\n" for depth, name in enumerate(names[:-1])) + \
        "  " * (len(names) - 1) + f"{names[-1]}: {text}\n"


def key_cases(rows):
    """Each key with its example and its default, alone."""
    for row in rows:
        if "path" not in row or row["path"].startswith("kafka"):
            continue
        for label in ("initial", "example"):
            if not row[label]:
                continue
            body = nested(row["path"], row[label])
            if row["table"] == "root":
                yield "ok", f"{label} of {row['path']}", whole("top", body)
                continue
            if row["path"] == "publish.mode":
                body += "  topic: t\n"
            if row["path"].startswith("event_time.") and row["path"] != "event_time.pointer":
                body = body.replace("event_time:\n", "event_time:\n  pointer: /t\n")
            yield "ok", f"{label} of {row['path']}", stream(body)


def verdict_of(validator, text):
    error = next(validator.iter_errors(config_schema.load(text)), None)
    return "ok" if error is None else "refused " + error.message


def main():
    probe = sys.argv[1]
    schema = json.loads(config_schema.SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    written = list(cases())
    if len(written) < 60:
        sys.exit(f"only {len(written)} cases were found in cases.txt")
    every = written + list(key_cases(config_schema.from_probe(probe)))
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, (_, _, text) in enumerate(every):
            files.append(pathlib.Path(folder) / f"{number}.yaml")
            files[-1].write_text(text, encoding="utf-8")
        reader = subprocess.run([probe, "verdicts", *files], check=True, capture_output=True, text=True)
    wrong = 0
    for (wanted, title, text), said in zip(every, reader.stdout.splitlines(), strict=True):
        by_schema = verdict_of(validator, text)
        want = {"ok": ("ok", "ok"), "refused": ("refused", "refused"), "reader": ("refused", "ok")}[wanted]
        if (said.split()[0], by_schema.split()[0]) != want:
            wrong += 1
            print(f"{title}: wanted {wanted}\n  reader: {said}\n  schema: {by_schema}\n{text}")
    print(f"{len(every)} cases, {wrong} wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
