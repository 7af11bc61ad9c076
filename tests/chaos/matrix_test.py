"""Exactly once while instances and brokers die, pause and come back (chaos/run runs longer ones, and other seeds)."""

import os
import time

import matrix
import pytest
from cluster import PATIENCE
from drill import Drill
from nodes import Nodes

SECONDS_MAX = 300 * PATIENCE  # of all drills; when some are stuck, the others have what is left
BEGIN = time.monotonic()
SEED = int(os.environ.get("FRACAS_CHAOS_SEED", matrix.SHORT_SEED))


@pytest.mark.parametrize("plan", matrix.short(SEED), ids=lambda plan: plan.name.replace(" ", "-"))
def test_exactly_once(plan, nodes: Nodes, unique, tmp_path):
    left = SECONDS_MAX - (time.monotonic() - BEGIN)
    assert left > plan.seconds, f"no time is left for {plan.name}: the drills before it were stuck"
    drill = Drill(plan, nodes, tmp_path, unique)
    result = drill.run(left)
    print(result)
    assert not result.violations, drill.report()
