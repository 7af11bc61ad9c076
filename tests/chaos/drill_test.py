"""A drill that hangs, or breaks, says so within its limit and leaves nothing behind."""

import threading
import time

from drill import Drill, Plan, Result, within

PLAN = Plan("hangs", 1, 10, (1,), 1, (), 1)


class Healed:
    """Stands for brokers and instances: remembers that it was put in order."""

    def __init__(self):
        self.instances, self.done = [], []

    def kill(self) -> None:
        self.done.append("killed")

    def heal(self) -> None:
        self.done.append("healed")


class Hanging(Drill):
    def __init__(self, go_wrong):  # pylint: disable=super-init-not-called
        self.plan, self.result, self.lanes, self.over = PLAN, Result(PLAN), [], threading.Event()
        self.fleet = self.nodes = Healed()
        self.run_through = go_wrong

    def standing(self) -> str:
        return "s0: committed [3] of [10]"


def test_what_hangs_is_told_with_where_it_stands_and_put_in_order():
    forever = threading.Event()
    drill = Hanging(forever.wait)
    begin = time.monotonic()
    result = drill.run(0.2)
    assert time.monotonic() - begin < 5
    violation, = result.violations
    assert violation.kind == "STUCK" and "committed [3] of [10]" in violation.text
    assert "forever.wait" in violation.text or "in wait" in violation.text
    assert drill.fleet.done == ["killed", "healed"] and drill.over.is_set()
    forever.set()


def test_what_breaks_is_told_with_its_trace():
    def breaks() -> None:
        raise RuntimeError("of the harness itself")
    drill = Hanging(breaks)
    violation, = drill.run(5).violations
    assert violation.kind == "HARNESS" and "of the harness itself" in violation.text


def test_a_question_that_is_not_answered_is_left():
    assert within(0.1, threading.Event().wait) == "no answer within 0.1 s"
    assert within(5, lambda: 1 / 0).startswith("ZeroDivisionError")
    assert within(5, lambda: "here") == "here"
