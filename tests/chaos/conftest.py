"""What the drills share: three brokers for all of them."""

import os
import shutil

import pytest
from nodes import Nodes

os.environ.setdefault("FRACAS_KAFKA_HEAP", "384m")  # three nodes beside three instances


@pytest.fixture(scope="session")
def nodes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("brokers")
    with Nodes(folder / "kafka") as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)
