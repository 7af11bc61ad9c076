"""The real program as a process: started, watched, stopped, killed."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "demo.d"))

from cluster import PATIENCE, wait_until  # noqa: E402

DONE, FAILED, USAGE, FINDINGS = 0, 1, 2, 3  # exit codes of every command


def binary() -> str:
    return os.environ.get("FRACAS_BINARY", str(ROOT / "build" / "release" / "processor" / "fracas"))


class Finished:
    """What a command that has ended left behind."""

    def __init__(self, done: subprocess.CompletedProcess, seconds: float):
        self.code, self.out, self.err, self.seconds = done.returncode, done.stdout, done.stderr, seconds

    def json(self):
        return json.loads(self.out)

    def lines(self) -> list:
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self) -> str:
        return f"exit {self.code} after {self.seconds:.1f} s\n{self.out[-3000:]}\n{self.err[-3000:]}"


def fracas(*arguments, stdin: bytes | None = None, cwd=None, env=None, seconds: float = 60) -> Finished:
    """Runs a command to its end."""
    begin = time.monotonic()
    done = subprocess.run([binary(), *map(str, arguments)], input=stdin, capture_output=True, cwd=cwd,
                          env={**os.environ, **(env or {})}, timeout=seconds * PATIENCE, check=False)
    done.stdout, done.stderr = (b.decode("utf-8", "backslashreplace") for b in (done.stdout, done.stderr))
    return Finished(done, time.monotonic() - begin)


class Daemon:
    """`fracas run` until stopped. Its log (JSON lines, as standard error is no terminal) is kept."""

    def __init__(self, config: pathlib.Path, log: pathlib.Path, env=None):
        self.log_path = log
        self.log = open(log, "ab")
        self.process = subprocess.Popen([binary(), "run", "-c", str(config)], stdout=self.log, stderr=self.log,
                                        cwd=config.parent, env={**os.environ, **(env or {})})

    def text(self) -> str:
        return self.log_path.read_text(errors="backslashreplace")

    def entries(self) -> list[dict]:
        return [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]

    def wait_for_log(self, pattern: str, seconds: float = 30) -> None:
        def seen() -> bool:
            if re.search(pattern, self.text()):
                return True
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode} before {pattern!r}\n{self.tail()}")
            return False
        wait_until(seen, seconds, lambda: f"no {pattern!r} in the log\n{self.tail()}")

    def tail(self) -> str:
        return self.text()[-4000:]

    def running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30 * PATIENCE)
        self.log.close()

    def stop(self, seconds: float = 15) -> int:
        """SIGTERM, then its exit code."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds * PATIENCE)
        self.log.close()
        return code

    def __enter__(self) -> "Daemon":
        return self

    def __exit__(self, *_) -> None:
        if self.running():
            self.process.kill()
        self.process.wait(30 * PATIENCE)


def write_config(folder: pathlib.Path, content: dict, name: str = "fracas.yaml") -> pathlib.Path:
    path = folder / name
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return path


def get(url: str, seconds: float = 5) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=seconds * PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""  # nobody listens yet


def metrics(port: int) -> dict[str, float]:
    """Each series as Prometheus writes it, with its labels, and its value."""
    _, text = get(f"http://127.0.0.1:{port}/metrics")
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if line and not line.startswith("#")}
