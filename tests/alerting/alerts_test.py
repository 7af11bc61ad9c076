"""Each trouble for real, on a running program and a real Kafka: its alert arrives at the right receiver with the right
labels, once, and is resolved by the recovery that its runbook names. A rule's minute is a second here."""

import time

import monitoring
import pytest
import telemetry
from cluster import wait_until
from rules_test import dashboard_queries
from watched import JOB, negative_points, unexpected_field

SOURCE = {"job": JOB, "origin": "source", "owner": "crm-team"}
FEW, MANY = 20, 400
QUARANTINED = [telemetry.customer(9_000_000 + n) for n in range(12)]
# Nothing of these happens in this story; the panels are empty until it does.
EMPTY_WHILE_WELL = ("Replays", "Retention left", "Broker throttle and errors")


def holds_labels(told, **expected) -> None:
    labels = dict(told.labels)
    assert {name: labels.get(name, "") for name in expected} == expected, told
    assert told.runbook.endswith(f"/{labels['alertname']}.md")


def test_a_calm_system_tells_nobody(watched):
    """Through a restart too: that is what `for` and keep_firing_for are for."""
    watched.send("quiet", telemetry.record, 5)
    wait_until(lambda: watched.monitoring.query("sum(fracas_records_published_total) > 20"), 40, watched.daemon.tail)
    assert watched.monitoring.firing() == {}
    assert watched.receiver.told == []


def test_quarantine_grew(watched):
    watched.apply("quarantine", "add", "--id", *QUARANTINED, "--expires", "20s", stream="drifts")
    holds_labels(watched.told("FracasQuarantineGrew", "drifts"), severity="warning", **SOURCE)


def test_no_data_then_one_record(watched):
    told = watched.told("FracasNoData", "quiet", receiver="crm-team")
    holds_labels(told, severity="critical", stream="tests/quiet", **SOURCE)
    watched.told("FracasNoData", "quiet", receiver="on-call")
    watched.trickling["quiet"] = (telemetry.record, 2)
    watched.recovered("FracasNoData", "quiet")


def test_red_pages_the_owner_of_the_cause_and_ends_with_the_reset(watched):
    for name in ("broken", "unattended"):
        watched.send(name, telemetry.points_as_text, 10)
    told = watched.told("FracasStreamRed", "broken", receiver="on-call")
    holds_labels(told, severity="critical", stream="tests/broken", **SOURCE)
    assert "TYPE_MISMATCH" in told.summary, told.summary
    watched.told("FracasStreamRed", "broken", receiver="crm-team")
    holds_labels(watched.told("FracasStreamRedUnattended", "unattended"), severity="critical", **SOURCE)
    assert not watched.receiver.of("FracasStreamRedUnattended", "tests/broken"), "not for so long"
    # RED outlives a restart, and nobody is told again.
    watched.restart("second")
    watched.console.wait_for("broken", "RED")
    time.sleep(5)
    assert "FracasStreamRed" in watched.monitoring.firing()
    # The runbook: correct the contract, reset with --reload --wait.
    watched.mend_the_contract()
    for name in ("broken", "unattended"):
        watched.apply("breaker", "reset", "--reload", "--wait", stream=name)
    watched.recovered("FracasStreamRed", "broken")
    watched.recovered("FracasStreamRed", "unattended")
    watched.recovered("FracasStreamRedUnattended", "unattended")
    for consequence in ("FracasStreamStalled", "FracasNoData"):
        assert not watched.receiver.of(consequence, "tests/broken"), consequence


def test_dead_letters_pass_ratio_and_budget(watched):
    watched.send("few", negative_points, FEW)
    watched.send("letters", telemetry.record, 1200)
    watched.send("letters", negative_points, MANY)
    told = watched.told("FracasDeadLettersWarning", "few", receiver="platform-channel")
    holds_labels(told, severity="warning", stream="tests/few", **SOURCE)
    assert f"{FEW} open dead letters" in told.summary, told.summary
    for told in (watched.told("FracasDeadLettersCritical", "letters", receiver="on-call"),
                 watched.told("FracasErrorBudgetBurnFast", "letters", receiver="on-call")):
        holds_labels(told, severity="critical", **SOURCE)
    # The runbook: discard what is worthless, with the reason.
    watched.discard_letters("few", FEW)
    watched.discard_letters("letters", MANY)
    watched.recovered("FracasDeadLettersWarning", "few")
    watched.recovered("FracasDeadLettersCritical", "letters")
    watched.recovered("FracasErrorBudgetBurnFast", "letters")
    assert not watched.receiver.of("FracasPassRatioLow", "tests/few"), "pass_ratio: off"


def test_schema_drift(watched):
    watched.send("drifts", unexpected_field, 7)
    told = watched.told("FracasSchemaDrift", "drifts", receiver="crm-team")
    holds_labels(told, severity="warning", code="FIELD_UNEXPECTED", stream="tests/drifts", **SOURCE)
    watched.recovered("FracasSchemaDrift", "drifts")


def test_diversion(watched):
    watched.apply("breaker", "trip", stream="few")
    watched.console.wait_for("few", "RED")
    watched.apply("breaker", "reset", "--divert", "TYPE_MISMATCH", "--for", "10m", stream="few")
    watched.console.wait_for("few", "GREEN")
    told = watched.told("FracasDiversionActive", "few")
    holds_labels(told, severity="warning", origin="platform", owner="data-platform", job=JOB)
    watched.apply("breaker", "divert-end", stream="few")
    watched.recovered("FracasDiversionActive", "few")


def test_quarantine_is_old_and_past_its_time(watched):
    """The authority looks once a minute; a rule's week is half a minute here."""
    holds_labels(watched.told("FracasQuarantineOld", "drifts", 90), severity="warning", **SOURCE)
    holds_labels(watched.told("FracasQuarantineExpired", "drifts", 90), severity="warning", **SOURCE)
    watched.apply("quarantine", "release", "--id", *QUARANTINED, stream="drifts")
    watched.recovered("FracasQuarantineExpired", "drifts")
    watched.recovered("FracasQuarantineOld", "drifts")
    watched.recovered("FracasQuarantineGrew", "drifts")


def test_all_are_resolved_and_were_told_once(watched):
    for alert, stream in watched.to_be_resolved:
        watched.resolved(alert, stream)
    watched.to_be_resolved.clear()


PANELS = dashboard_queries()


@pytest.mark.parametrize("panel, expr", PANELS, ids=[f"{n}-{panel}" for n, (panel, _) in enumerate(PANELS)])
def test_each_panel_has_data(watched, panel, expr):
    """Of the streams of this story, over the time of it."""
    found = []
    for stream in ("broken", "letters", "drifts"):
        asked = monitoring.faster_windows(expr.replace("$job", JOB).replace("$stream", f"tests/{stream}"))
        found += watched.monitoring.query_range(asked, watched.begin, time.time())
    assert found or panel.split(": ")[1] in EMPTY_WHILE_WELL, expr


def test_no_instance_is_one_page(watched):
    before = len(watched.receiver.told)
    watched.daemon.stop(30)
    told = watched.told("FracasDown", receiver="on-call")
    holds_labels(told, severity="critical", origin="platform", job=JOB)
    time.sleep(8)
    silenced = {t.label("alertname") for t in watched.receiver.told[before:] if t.status == "firing"}
    assert silenced == {"FracasDown"}, "what follows from it is silenced"
    assert "FracasInstanceMissing" in watched.monitoring.firing()
    watched.daemon = watched.setup.start("third")
    watched.resolved("FracasDown")


def test_each_alert_was_told_once(watched):
    for name in {t.label("alertname") for t in watched.receiver.told}:
        for stream in {t.label("stream") for t in watched.receiver.of(name)}:
            assert len(watched.receiver.episodes(name, stream)) == 1, (name, stream, watched.receiver.of(name, stream))
