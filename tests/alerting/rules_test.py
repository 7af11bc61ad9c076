"""The shipped files alone: rules, their unit tests, routes, runbooks, dashboards; nothing is started."""

import json
import pathlib
import re
import subprocess

import metrics_page
import pytest
import yaml
from program import ROOT, binary

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yaml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yaml"))
RUNBOOKS = ROOT / "deploy" / "runbooks"
ALERTMANAGER = ROOT / "deploy" / "alertmanager" / "alertmanager.yaml"
# Exported by job tracking; `up` is Prometheus' own.
OTHERS = {"up", "fracas_job_attempts_total", "fracas_job_duration_seconds"}
STREAM_LESS = {"fracas.instances", "fracas.state", "fracas.brokers"}


def groups() -> list[dict]:
    return [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]


def rules() -> list[dict]:
    return [rule for group in groups() for rule in group["rules"]]


def alerts() -> list[dict]:
    return [rule for rule in rules() if "alert" in rule]


NAMES = [rule["alert"] for rule in alerts()]


def run(*command) -> str:
    done = subprocess.run([str(c) for c in command], text=True, capture_output=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_takes_the_rules():
    assert "FAILED" not in run("promtool", "check", "rules", *RULES)


def test_promtool_takes_the_example_configuration():
    run("promtool", "check", "config", "--syntax-only", PROMETHEUS / "prometheus.yaml")


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_do_what_their_tests_say(path):
    run("promtool", "test", "rules", path)


def resolves(checks: list[dict]) -> bool:
    """An alert that one check expects, and a later one no more."""
    seen = [[alert["exp_labels"] for alert in check.get("exp_alerts") or []] for check in checks]
    return any(labels not in later for n, now in enumerate(seen) for labels in now for later in seen[n + 1:])


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_is_tested_in_every_case(name):
    tests = yaml.safe_load((PROMETHEUS / "tests" / f"{name}.yaml").read_text())["tests"]
    series = [s["series"] for test in tests for s in test["input_series"]]
    told = [case for test in tests for case in test["alert_rule_test"] if case["alertname"] == name]
    fired = [alert["exp_labels"] for case in told for alert in case.get("exp_alerts") or []]
    assert fired, "a test in which it fires"
    assert any(resolves(test["alert_rule_test"]) for test in tests), "a test in which it resolves"
    for case in ("below", "restart", "missing"):
        assert any(case in s for s in series) or any(case in test["name"] for test in tests), case
    assert any("stale" in s["values"] or "_x" in s["values"] for t in tests for s in t["input_series"]) \
        or name in ("FracasQuarantineOld", "FracasInstanceRestarting"), "a gap"


@pytest.mark.parametrize("rule", alerts(), ids=NAMES)
def test_an_alert_says_what_people_need(rule):
    labels, notes = rule["labels"], rule["annotations"]
    assert labels["severity"] in ("critical", "warning", "info")
    assert labels["origin"], "whose it is to mend"
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert "{{" in notes["summary"], "numbers or names"
    assert notes["runbook_url"].endswith(f"/{rule['alert']}.md")
    assert (RUNBOOKS / f"{rule['alert']}.md").is_file()
    waits = {"FracasInstanceRestarting", "FracasJobCompleted", "FracasStreamRedUnattended"}
    assert "for" in rule or rule["alert"] in waits


def test_the_page_lists_each_alert_and_its_metrics():
    page = (PROMETHEUS / "README.md").read_text()
    uses = metrics_page.metrics_by_alert()
    for rule in alerts():
        name = rule["alert"]
        row = re.search(rf"^\| \[{name}\].* \| (\w+) \| (\w+) \| (.*) \|$", page, re.MULTILINE)
        assert row and row.groups()[:2] == (rule["labels"]["severity"], str(rule.get("for", 0))), name
        assert set(re.findall(r"`(\w+)`", row.group(3))) == {m.removeprefix("fracas_") for m in uses[name]}, name


def test_the_page_of_metrics_is_current():
    rows = run(pathlib.Path(binary()).parents[1] / "tests" / "observability" / "list_metrics")
    assert metrics_page.PAGE.read_text() == metrics_page.page(rows), "build the target write_metrics_page"


def test_alerts_on_streams_name_their_owner():
    for group in groups():
        for rule in group["rules"]:
            if "alert" in rule:
                assert ("owner" in rule["labels"]) == (group["name"] not in STREAM_LESS), rule["alert"]


def test_every_metric_is_documented():
    page = (PROMETHEUS / "METRICS.md").read_text()
    known = set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) | OTHERS
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for place, expr in [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()] + dashboard_queries():
        for name in metrics_page.names_in(expr):
            if ":" in name:
                assert name in recorded, f"{place}: {name} is not recorded"
            else:
                assert name in known, f"{place}: {name} is not in METRICS.md"


# ---- Alertmanager --------------------------------------------------------------------------------------------


def test_amtool_takes_the_configuration():
    run("amtool", "check-config", ALERTMANAGER)


@pytest.mark.parametrize("labels, receivers", [
    ("severity=critical origin=source owner=crm-team", "crm-team,on-call"),
    ("severity=critical origin=platform owner=data-platform", "on-call"),
    ("severity=warning origin=source owner=crm-team", "crm-team,platform-channel"),
    ("severity=warning origin=source owner=", "platform-channel"),
    ("severity=warning origin=platform owner=data-platform", "platform-channel"),
    ("severity=info origin=source owner=crm-team", "nobody")])
def test_routes(labels, receivers):
    run("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}",
        f"--verify.receivers={receivers}", *labels.split())


def test_inhibitions_name_alerts_that_exist():
    for rule in yaml.safe_load(ALERTMANAGER.read_text())["inhibit_rules"]:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            for name in re.findall(r"Fracas\w+", matcher):
                assert name in NAMES, name


# ---- Dashboards ----------------------------------------------------------------------------------------------


def dashboards() -> list[tuple[pathlib.Path, dict]]:
    return [(path, json.loads(path.read_text()))
            for path in sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))]


def dashboard_queries() -> list[tuple[str, str]]:
    return [(f"{path.stem}: {panel['title']}", target["expr"]) for path, board in dashboards()
            for panel in board["panels"] for target in panel.get("targets", [])]


def test_dashboards_are_whole():
    boards = dashboards()
    assert len(boards) == 2
    assert len({board["uid"] for _, board in boards}) == len({board["title"] for _, board in boards}) == 2
    for _, board in boards:
        assert board["id"] is None and board["schemaVersion"] >= 38 and "__inputs" not in board
        kinds = {variable["name"]: variable["type"] for variable in board["templating"]["list"]}
        assert kinds["datasource"] == "datasource"
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids))
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert at["x"] + at["w"] <= 24 and not cells & taken, f"{panel['title']} lies on another"
            taken |= cells
            if panel["type"] != "row":
                assert panel["targets"] and panel["datasource"]["uid"] == "${datasource}"
                assert len({t["refId"] for t in panel["targets"]}) == len(panel["targets"])
                for used in re.findall(r"\$\{?(\w+)", " ".join(t["expr"] for t in panel["targets"])):
                    assert used in kinds, used


def test_provisioning_is_yaml():
    for path in (ROOT / "deploy" / "grafana" / "provisioning").rglob("*.yaml"):
        assert yaml.safe_load(path.read_text())["apiVersion"] == 1
