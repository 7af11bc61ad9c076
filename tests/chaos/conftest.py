"""What the drills share: three brokers for all of them, and a last limit."""

import faulthandler
import os
import shutil
import sys
import threading

import pytest
from cluster import PATIENCE
from nodes import Nodes

os.environ.setdefault("FRACAS_KAFKA_HEAP", "384m")  # three nodes beside three instances
SECONDS_MAX = 340 * PATIENCE  # of everything here; each drill has a limit of its own, long before


def give_up(running: Nodes) -> None:
    """Something hangs where no exception reaches it: a client library. It is told where, and the brokers are ended."""
    print(f"\nnot done in {SECONDS_MAX:.0f} s:", file=sys.__stderr__, flush=True)
    faulthandler.dump_traceback(sys.__stderr__)
    running.end()
    os._exit(1)


@pytest.fixture(scope="session")
def nodes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("brokers")
    with Nodes(folder / "kafka") as running:
        watch = threading.Timer(SECONDS_MAX, give_up, (running,))
        watch.daemon = True
        watch.start()
        yield running
        watch.cancel()
    shutil.rmtree(folder, ignore_errors=True)
