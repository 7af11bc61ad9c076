"""What the tests of alerts share: a system that is watched by a real Prometheus and a real Alertmanager."""

import monitoring
import pytest
from watched import Watched


@pytest.fixture(scope="session", autouse=True)
def prometheus_is_installed():
    if not monitoring.is_installed():
        pytest.skip("no Prometheus: deploy/packages alerting")


@pytest.fixture(scope="module")
def watched(cluster, tmp_path_factory):
    made = Watched(cluster, tmp_path_factory.mktemp("watched"))
    yield made
    made.stop()
