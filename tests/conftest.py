"""What the tests of the real program share. FRACAS_BINARY names it, FRACAS_TEST_BROKERS a Kafka."""

import os
import pathlib
import socket
import sys
import uuid

import pytest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "chaos"))
sys.path.insert(0, str(HERE / "support"))
sys.path.insert(0, str(HERE.parent / "deploy" / "demo.d"))

import program  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def the_program_is_built():
    if not os.access(program.binary(), os.X_OK):
        pytest.exit(f"{program.binary()} is not there: build it, or set FRACAS_BINARY", 2)


@pytest.fixture(scope="session")
def cluster():
    brokers = os.environ.get("FRACAS_TEST_BROKERS")
    if not brokers:
        pytest.skip("no Kafka: deploy/kafka start, then FRACAS_TEST_BROKERS=127.0.0.1:19092")
    from cluster import Cluster
    return Cluster(brokers)


@pytest.fixture
def unique() -> str:
    """A word that no other test uses: prefix of groups and topics."""
    return f"t{uuid.uuid4().hex[:8]}"


@pytest.fixture
def free_port():
    """Makes ports that nobody listens on just now."""
    held = []

    def make() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            held.append(probe.getsockname()[1])
        return held[-1]
    return make

