"""Exactly once while instances and brokers die, pause and come back (chaos/run runs longer ones, and other seeds)."""

import os

import matrix
import pytest
from drill import Drill
from nodes import Nodes

SEED = int(os.environ.get("FRACAS_CHAOS_SEED", matrix.SHORT_SEED))


@pytest.mark.parametrize("plan", matrix.short(SEED), ids=lambda plan: plan.name.replace(" ", "-"))
def test_exactly_once(plan, nodes: Nodes, unique, tmp_path):
    drill = Drill(plan, nodes, tmp_path, unique)
    result = drill.run()
    print(result)
    assert not result.violations, drill.report()
