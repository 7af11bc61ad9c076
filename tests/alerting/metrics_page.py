"""deploy/prometheus/METRICS.md from the program's table of metrics and from the rules that use them.

usage: metrics_page.py --rows PROGRAM [--update]

PROGRAM is what the target list_metrics makes. Without --update the page is printed.
"""

import argparse
import pathlib
import re
import subprocess
import sys

import yaml

PROMETHEUS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
PAGE = PROMETHEUS / "METRICS.md"
HEAD = """# Metrics

Generated from the table in processor/observability/metric_table.cc and the alerts in `rules/` (the target
`write_metrics_page` writes it); a test holds them together. `GET /metrics` answers in the Prometheus text format 0.0.4.

`stream` is `pipeline/stream` as configured; `code` is the name of a failure code. There are no other labels with values
from records, so series are bounded by configured streams × codes. Counters only count committed work: an aborted round
counts nothing. What concerns the whole group (breakers, retention, quarantine, dead letters) is exported by the
instance that holds the authority: aggregate it with `max by (stream)`. An alert stands beside every metric that its
expression uses, through recording rules as well.

| metric | type | labels | unit | what it is | alerts |
| --- | --- | --- | --- | --- | --- |
"""


def rules() -> list[dict]:
    """Every rule of every group, in the order of the files."""
    files = sorted((PROMETHEUS / "rules").glob("*.yaml"))
    return [rule for path in files for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def names_in(expr: str) -> set[str]:
    """Metrics and recorded series that an expression reads; a histogram's by the name of the whole."""
    names = re.findall(r"(?<![\w:])((?:\w+:)?fracas_\w+(?::\w+)?|process_\w+|up\b)", re.sub(r'"[^"]*"', '""', expr))
    return {name if ":" in name else re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


def metrics_by_alert() -> dict[str, set[str]]:
    """Each alert's metrics, its recording rules resolved."""
    recorded: dict[str, set[str]] = {}
    for rule in rules():
        if "record" in rule:
            recorded.setdefault(rule["record"], set()).update(names_in(rule["expr"]))

    def resolve(expr: str) -> set[str]:
        seen: set[str] = set()  # a recording rule may look back at itself
        new = names_in(expr)
        while new:
            seen |= new
            new = {inner for name in new for inner in recorded.get(name, ())} - seen
        return seen - recorded.keys()

    return {rule["alert"]: resolve(rule["expr"]) for rule in rules() if "alert" in rule}


def page(rows: str) -> str:
    """`rows`: what list_metrics prints, a metric a line: name, type, labels, unit, help, by tabs."""
    alerts: dict[str, list[str]] = {}
    for alert, metrics in metrics_by_alert().items():
        for metric in metrics:
            alerts.setdefault(metric, []).append(f"[{alert}](../runbooks/{alert}.md)")
    text = HEAD
    for row in rows.splitlines():
        name, *rest = row.split("\t")
        text += f"| `{name}` | {' | '.join(rest)} | {', '.join(sorted(alerts.get(name, [])))} |\n"
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", required=True, type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    text = page(subprocess.run([options.rows], text=True, capture_output=True, check=True).stdout)
    if options.update:
        PAGE.write_text(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
