"""What bad records do to a stream that flows, for real: each alert arrives once and is resolved by the recovery that
its runbook names. A rule's minute is a second here."""

import pytest
import telemetry
from alerts_test import SOURCE, holds_labels
from watched import Watched, negative_points

LETTERS = {"dead_letters_warning": "off", "dead_letters_critical": "off"}
STREAMS = {"passes": LETTERS,
           "budget": LETTERS,
           "grows": {"dead_letters_warning": "off", "dead_letters_critical": 1000, "pass_ratio": "off"},
           "kept": {**LETTERS, "pass_ratio": "off"}}
KEPT_MS = 90_000
KEPT = 3


@pytest.fixture(scope="module")
def quality(cluster, tmp_path_factory):
    made = Watched(cluster, tmp_path_factory.mktemp("quality"), STREAMS, {"kept": KEPT_MS})
    yield made
    made.stop()


def some_negative(n: int, now: int) -> bytes:
    """4.5 %: more than three times the objective, less than six."""
    return (negative_points if n % 22 == 0 else telemetry.record)(n, now)


def test_dead_letters_grow(quality):
    """Thirty a second."""
    quality.send("kept", negative_points, KEPT)
    quality.trickling["grows"] = (negative_points, 30)
    holds_labels(quality.told("FracasDeadLettersGrowing", "grows"), severity="warning", **SOURCE)
    # The runbook: its owner stops what sends them.
    quality.trickling["grows"] = (telemetry.record, 2)
    quality.recovered("FracasDeadLettersGrowing", "grows")


def test_fewer_pass_than_agreed(quality):
    quality.send("passes", telemetry.record, 150)
    quality.send("passes", negative_points, 20)
    told = quality.told("FracasPassRatioLow", "passes", receiver="platform-channel")
    holds_labels(told, severity="warning", stream="tests/passes", **SOURCE)
    assert "% of the records of the last 15 minutes passed" in told.summary, told.summary
    quality.told("FracasPassRatioLow", "passes", receiver="crm-team")
    # The runbook: its owner mends it, and the window passes.
    quality.recovered("FracasPassRatioLow", "passes")


def test_the_budget_burns_slowly(quality):
    quality.send("budget", some_negative, 1540)
    quality.trickling["budget"] = (some_negative, 22)
    holds_labels(quality.told("FracasErrorBudgetBurnSlow", "budget", 120), severity="warning", **SOURCE)
    assert not quality.receiver.of("FracasErrorBudgetBurnFast", "tests/budget")
    # The runbook: the source mends its most frequent code.
    quality.trickling["budget"] = (telemetry.record, 2)
    quality.send("budget", telemetry.record, 20_000)
    quality.recovered("FracasErrorBudgetBurnSlow", "budget")


def test_letters_near_the_end_of_their_retention(quality):
    """90 s, which the topic had before there was a letter."""
    told = quality.told("FracasDeadLetterRetentionHalfGone", "kept", 120)
    holds_labels(told, severity="warning", origin="platform", owner="data-platform", stream="tests/kept")
    # The runbook: discard the oldest.
    quality.discard_letters("kept", KEPT)
    quality.recovered("FracasDeadLetterRetentionHalfGone", "kept")


def test_all_are_resolved_and_were_told_once(quality):
    for alert, stream in quality.to_be_resolved:
        quality.resolved(alert, stream, 90)
    for name in {t.label("alertname") for t in quality.receiver.told}:
        for stream in {t.label("stream") for t in quality.receiver.of(name)}:
            assert len(quality.receiver.episodes(name, stream)) == 1, (name, stream, quality.receiver.of(name, stream))
