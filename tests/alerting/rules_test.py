"""The shipped files alone: rules, their unit tests, routes, runbooks, dashboards; nothing is started."""

import concurrent.futures
import copy
import functools
import json
import os
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



@functools.cache
def groups() -> list[dict]:
    """All of them, what the others are made of first."""
    found = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    return sorted(found, key=lambda group: group["name"] != "fracas.recording")


@functools.cache
def unit_test_of(name: str) -> dict:
    return yaml.safe_load((PROMETHEUS / "tests" / f"{name}.yaml").read_text())


def rules() -> list[dict]:
    return [rule for group in groups() for rule in group["rules"]]


def alerts() -> list[dict]:
    return [rule for rule in rules() if "alert" in rule]


NAMES = [rule["alert"] for rule in alerts()]
# A comparison with a number that stands in a rule.
LIMIT = re.compile(r"(>=|>|<) (?!0$)(\d+(?:\.\d+)?)(?=$| \* )", re.MULTILINE)
HASTE = {"GOGC": "800", "GOMAXPROCS": "1"}  # for promtool, of which two run at a time
RATIO = "job_stream:fracas_records_failed:ratio_rate"
# Alert, what its expressions remember or look at, and what they would see without it.
MEMORIES = [
    ("FracasDeadLettersCritical", "last_over_time(fracas_alert_threshold[10m])", "fracas_alert_threshold"),
    ("FracasErrorBudgetBurnFast", f"{RATIO}5m\n", f"{RATIO}1h\n"),
    ("FracasErrorBudgetBurnFast", f"{RATIO}30m\n", f"{RATIO}6h\n"),
    ("FracasErrorBudgetBurnFast", "clamp_max(14.4 *", "(14.4 *"),
    ("FracasErrorBudgetBurnSlow", f"{RATIO}2h\n", f"{RATIO}1d\n"),
    ("FracasStreamRed", "last_over_time(job_stream_code:fracas_breaker_cause:latched[7d])",
     "job_stream_code:fracas_breaker_cause:latched"),
    ("FracasStreamRed", "fracas_trips:increase2m > bool", "fracas_trips:increase1m > bool"),
    ("FracasStreamRed", "[1h] offset 1m", "[1m] offset 1m"),
    ("FracasStreamRed", "(last_over_time(fracas_stream_info[1h]))", "(fracas_stream_info)"),
    ("FracasSchemaDrift", "[1h] offset 15m", "[1m] offset 15m"),
    ("FracasDown", "fracas_instances:count[7d]", "fracas_instances:count[1d]"),
    ("FracasInstanceMissing", "fracas_build_info[7d]", "fracas_build_info[1d]"),
    ("FracasNoData", "last_over_time(fracas_last_record_timestamp_seconds[1d])",
     "fracas_last_record_timestamp_seconds"),
]


def run(*command) -> str:
    done = subprocess.run([str(c) for c in command], text=True, capture_output=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_takes_the_rules():
    assert "FAILED" not in run("promtool", "check", "rules", *RULES)


def test_promtool_takes_the_example_configuration():
    run("promtool", "check", "config", "--syntax-only", PROMETHEUS / "prometheus.yaml")


# ---- Unit tests ----------------------------------------------------------------------------------------------


def texts(rule: dict) -> str:
    """All that a rule evaluates: its expression, and what its labels and annotations ask for."""
    return "\n".join([rule["expr"], *rule.get("labels", {}).values(), *rule.get("annotations", {}).values()])


def needed(name: str) -> list[dict]:
    """The groups with that alert and what it is made of, and nothing else: evaluated in a tenth of the time."""
    made, more = {name}, [rule for rule in rules() if rule.get("alert") == name]
    while more:
        names = metrics_page.names_in("\n".join(texts(rule) for rule in more)) - made
        made |= names
        more = [rule for rule in rules() if rule.get("record") in names]
    kept = [{**group, "rules": [rule for rule in group["rules"] if rule.get("alert", rule.get("record")) in made]}
            for group in groups()]
    return copy.deepcopy([group for group in kept if group["rules"]])


def unit_test(folder: pathlib.Path, name: str, made: list[dict], tests: list[dict]) -> subprocess.CompletedProcess:
    """Some of an alert's unit tests with these groups instead of the shipped files."""
    folder.mkdir(exist_ok=True)
    (folder / "rules.yaml").write_text(json.dumps({"groups": made}))
    (folder / "test.yaml").write_text(json.dumps(unit_test_of(name) | {
        "rule_files": ["rules.yaml"], "group_eval_order": [group["name"] for group in made], "tests": tests}))
    return subprocess.run(["promtool", "test", "rules", str(folder / "test.yaml")], text=True, capture_output=True,
                          check=False, timeout=280, env={**os.environ, **HASTE})


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_do_what_their_tests_say(name, tmp_path):
    done = unit_test(tmp_path, name, needed(name), unit_test_of(name)["tests"])
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_its_test():
    assert sorted(NAMES) == [path.stem for path in TESTS]
    for path in TESTS:
        files = [(PROMETHEUS / "tests" / file).resolve() for file in unit_test_of(path.stem)["rule_files"]]
        assert PROMETHEUS / "rules" / "recording.yaml" in files and set(files) <= set(RULES)


def loosened(match: re.Match) -> str:
    return f"{match[1]} {float(match[2]) * (2 if match[1] == '<' else 0.5):g}"


def mutants(name: str) -> dict[str, list[dict]]:
    """Rules with which an alert's unit test should fail: without its waits, with a limit or a bridge less."""
    rule = next(rule for rule in alerts() if rule["alert"] == name)
    made = {f"{name} without {key}": (key, None) for key in ("for", "keep_firing_for") if key in rule}
    for match in LIMIT.finditer(rule["expr"]):
        changed = rule["expr"][:match.start()] + loosened(match) + rule["expr"][match.end():]
        made[f"{name} with {loosened(match)} instead of {match[0]}"] = ("expr", changed)

    def with_change(key: str, value: str | None) -> list[dict]:
        other = needed(name)
        mutant = next(rule for group in other for rule in group["rules"] if rule.get("alert") == name)
        mutant.pop(key)
        return [group for group in other if mutant.update({key: value} if value else {}) is None]
    return {what: with_change(*change) for what, change in made.items()}


def shorter_memories() -> list[tuple[str, str, list[dict]]]:
    """Likewise, with what bridges gaps within the expressions taken out."""
    made = []
    for name, old, new in MEMORIES:
        other = needed(name)
        found = [rule for group in other for rule in group["rules"] if old in rule["expr"]]
        assert found, f"{name}: no rule has {old}"
        for rule in found:
            rule["expr"] = rule["expr"].replace(old, new)
        made.append((name, f"{name} with {new} instead of {old}", other))
    return made


def cost(test: dict) -> int:
    """Of a unit test, roughly: how many minutes of how many series."""
    checks = [*test.get("alert_rule_test", []), *test.get("promql_expr_test", [])]
    parts = [re.findall(r"(\d+)([hm])", check["eval_time"]) for check in checks]
    lasts = max(sum(int(number) * {"h": 60, "m": 1}[unit] for number, unit in part) for part in parts)
    return lasts * len(test["input_series"])


def test_each_bridge_and_each_limit_is_held_by_a_unit_test(tmp_path):
    """A test that cannot fail is a decoration."""
    made = [(name, what, groups) for name in NAMES for what, groups in mutants(name).items()]
    made += shorter_memories()

    def survives(n: int) -> str:
        """The quickest tests first: one of them says mostly what is wrong."""
        name, what, changed = made[n]
        for test in sorted(unit_test_of(name)["tests"], key=cost):
            if unit_test(tmp_path / str(n), name, changed, [test]).returncode:
                return ""
        return what

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert [what for what in pool.map(survives, range(len(made))) if what] == []


def resolves(checks: list[dict]) -> bool:
    """An alert that one check expects, and a later one no more."""
    seen = [[alert["exp_labels"] for alert in check.get("exp_alerts") or []] for check in checks]
    return any(labels not in later for n, now in enumerate(seen) for labels in now for later in seen[n + 1:])


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_is_tested_in_every_case(name):
    tests = unit_test_of(name)["tests"]
    series = [s["series"] for test in tests for s in test["input_series"]]
    told = [case for test in tests for case in test.get("alert_rule_test", []) if case["alertname"] == name]
    fired = [alert["exp_labels"] for case in told for alert in case.get("exp_alerts") or []]
    assert fired, "a test in which it fires"
    assert any(resolves(test.get("alert_rule_test", [])) for test in tests), "a test in which it resolves"
    for case in ("below", "restart", "missing"):
        assert any(case in s for s in series) or any(case in test["name"] for test in tests), case
    assert any("stale" in s["values"] or "_x" in s["values"] for t in tests for s in t["input_series"]) \
        or name in ("FracasQuarantineOld", "FracasInstanceRestarting"), "a gap"


@pytest.mark.parametrize("rule", alerts(), ids=NAMES)
def test_an_alert_says_what_people_need(rule):
    labels, notes = rule["labels"], rule["annotations"]
    assert labels["severity"] in ("critical", "warning", "info")
    assert labels["origin"], "whose it is to mend"
    assert "_owner:info" in labels["owner"], "and who that is"
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert re.search(r"\$value|\| value", notes["summary"]), "numbers"
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
    ("severity=critical origin=destination owner=warehouse-team", "warehouse-team,on-call"),
    ("severity=critical origin=destination owner=", "on-call"),
    ("severity=info origin=source owner=crm-team", "nobody")])
def test_routes(labels, receivers):
    run("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}",
        f"--verify.receivers={receivers}", *labels.split())


INHIBITIONS = yaml.safe_load(ALERTMANAGER.read_text())["inhibit_rules"]
# What follows from these; the others that they silence have causes of their own and may go on when it is over.
CONSEQUENCES = {"FracasDown": {"FracasInstanceMissing"},  # nothing else begins without series
                "FracasStreamRed": {"FracasStreamStalled", "FracasNoData"},  # the others are about committed records
                "FracasStreamRedUnattended": {"FracasStreamStalled", "FracasNoData"}}


def matched(matchers: list[str]) -> list[str]:
    """The alerts that a rule's matchers mean."""
    names = set(NAMES)
    for matcher in matchers:
        key, operator, value = re.fullmatch(r'(\w+)(=~|!=|=)"(.*)"', matcher).groups()
        assert key == "alertname", matcher
        found = {name for name in NAMES if re.fullmatch(value, name)}
        assert found and ("." in value or len(found) == value.count("|") + 1), f"{matcher}: no such alert"
        names &= set(NAMES) - found if operator == "!=" else found
    return sorted(names)


def emitted(name: str) -> list[set[str]]:
    """The labels that an alert has in its unit tests."""
    return [{*alert["exp_labels"]} for test in unit_test_of(name)["tests"] for case in test.get("alert_rule_test", [])
            if case["alertname"] == name for alert in case.get("exp_alerts") or []]


def seconds(duration: str) -> int:
    return int(duration[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[duration[-1]]


@pytest.mark.parametrize("rule", INHIBITIONS, ids=lambda rule: rule["source_matchers"][0])
def test_what_is_inhibited_has_the_labels_that_must_be_equal(rule):
    """A label that neither has is equal: Alertmanager would silence other instances' and streams' alerts."""
    sources, targets = matched(rule["source_matchers"]), matched(rule["target_matchers"])
    assert sources and targets and not set(sources) & set(targets)
    for name in sources + targets:
        for labels in emitted(name):
            assert labels >= set(rule["equal"]), f"{name} has no {set(rule['equal']) - labels}"


@pytest.mark.parametrize("rule", INHIBITIONS, ids=lambda rule: rule["source_matchers"][0])
def test_a_consequence_begins_after_its_cause_and_ends_before_it(rule):
    by_name = {alert["alert"]: alert for alert in alerts()}
    for source in matched(rule["source_matchers"]):
        targets = set(matched(rule["target_matchers"]))
        assert targets >= CONSEQUENCES.get(source, set())
        for name in targets & CONSEQUENCES.get(source, targets):
            kept = seconds(by_name[name].get("keep_firing_for", "0s"))
            assert seconds(by_name[source]["keep_firing_for"]) >= kept, f"{name} is told when {source} is over"
    if matched(rule["source_matchers"]) == ["FracasBrokersUnreachable"]:
        for name in matched(rule["target_matchers"]):
            waits = re.findall(r"> (\d+)$", by_name[name]["expr"])  # seconds that something lasts
            begins = seconds(by_name[name].get("for", "0s")) + sum(int(number) for number in waits)
            assert begins >= seconds(by_name["FracasBrokersUnreachable"]["for"]) \
                or "red_unattended_seconds" in by_name[name]["expr"], f"{name} is told before its cause"


@pytest.mark.parametrize("status, title, text", [
    ("firing", "CRITICAL FracasStreamRed shop/orders (fracas)", "It is RED.\nA batch failed.\nRunbook: https://r/x.md"),
    ("resolved", "RESOLVED FracasStreamRed shop/orders (fracas)", "Resolved: FracasStreamRed shop/orders")])
def test_templates_say_what_people_need(status, title, text, tmp_path):
    labels = {"alertname": "FracasStreamRed", "job": "fracas", "stream": "shop/orders", "severity": "critical"}
    notes = {"summary": "It is RED.", "description": "A batch failed.", "runbook_url": "https://r/x.md"}
    (tmp_path / "data.json").write_text(json.dumps({
        "receiver": "on-call", "status": status, "commonLabels": labels, "groupLabels": {}, "commonAnnotations": notes,
        "externalURL": "", "alerts": [{"status": status, "labels": labels, "annotations": notes,
                                       "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2026-01-01T00:00:00Z"}]}))
    for name, expected in (("fracas.title", title), ("fracas.text", text)):
        said = run("amtool", "template", "render", f"--template.glob={ALERTMANAGER.parent / 'templates.tmpl'}",
                   '--template.text={{ template "%s" . }}' % name, f"--template.data={tmp_path / 'data.json'}")
        assert said.strip() == expected


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


def test_a_panel_without_data_says_so():
    """Instead of a number that looks well, and not in green."""
    for place, expr in dashboard_queries():
        assert not re.search(r"\bor\b (vector|\d|absent)", expr), f"{place}: a made-up value"
    for _, board in dashboards():
        for panel in board["panels"]:
            if panel["type"] == "stat":
                made = panel["fieldConfig"]["defaults"]
                assert made["noValue"], panel["title"]
                assert made["thresholds"]["steps"][0] == {"color": "text", "value": None}, panel["title"]


def test_provisioning_is_yaml():
    for path in (ROOT / "deploy" / "grafana" / "provisioning").rglob("*.yaml"):
        assert yaml.safe_load(path.read_text())["apiVersion"] == 1
