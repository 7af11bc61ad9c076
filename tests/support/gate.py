"""deploy/airflow/fracas_gate.py without Airflow: its tasks are called as they are, with the `fracas` under test."""

import contextlib
import os
import pathlib
import sys
import types

from program import ROOT, binary


class FailException(Exception):
    """In the place of airflow.exceptions.AirflowFailException."""


def _task(function=None, **_options):
    """Calls to a task inside the DAG only order it; the function is kept to be called."""
    def keep(wrapped):
        def ordered():
            return Ordered()
        TASKS[wrapped.__name__] = wrapped
        return ordered
    return keep(function) if function else keep


class Ordered:
    def __rshift__(self, other):
        return other


TASKS: dict = {}
CONFIGURED: list[str] = []  # file and pipeline


def _modules(config: str, pipeline: str) -> dict:
    values = {"fracas_config": config, "fracas_pipeline": pipeline}
    _task.sensor = _task
    made = {"airflow": {}, "airflow.sensors": {},
            "airflow.decorators": {"dag": lambda **_options: lambda function: function, "task": _task},
            "airflow.exceptions": {"AirflowFailException": FailException},
            "airflow.models": {"Variable": types.SimpleNamespace(get=values.get)},
            "airflow.sensors.base": {"PokeReturnValue": lambda is_done: types.SimpleNamespace(is_done=is_done)}}
    modules = {}
    for name, members in made.items():
        modules[name] = types.ModuleType(name)
        vars(modules[name]).update(members)
    return modules


@contextlib.contextmanager
def _path():
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{pathlib.Path(binary()).resolve().parent}:{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def load(config: str, pipeline: str) -> dict:
    """The tasks of the DAG by name, with the two variables set."""
    TASKS.clear()
    CONFIGURED[:] = [config, pipeline]
    modules = _modules(config, pipeline)
    before = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        path = ROOT / "deploy" / "airflow" / "fracas_gate.py"
        exec(compile(path.read_text(), str(path), "exec"), {"__name__": "fracas_gate"})
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    return dict(TASKS)


def call(tasks: dict, name: str):
    with _path():
        return tasks[name]()


def opens(tasks: dict) -> None:
    assert call(tasks, "recovered").is_done
    call(tasks, "verified")


def stays_shut(tasks: dict, why: str) -> None:
    """One look: the task behind it would wait for minutes, as long as nothing says no."""
    assert not call(tasks, "recovered").is_done
    module = tasks["recovered"].__globals__
    with _path():
        good, report = module["verify"](*CONFIGURED)
    assert not good and why in module["missing"](report), report
