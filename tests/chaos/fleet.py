"""Several `fracas run` of one group, each with its own name, ports and state folder; killed, paused and restarted."""

import json
import os
import pathlib
import signal
import socket
import time

import control
import streams
from cluster import wait_until
from program import DONE, FAILED, Daemon, fracas, get, write_config

STOP_SECONDS_MAX = 15  # SIGTERM to exit, on a busy machine
AUTHORITY_SECONDS_MAX = 30
FAILED_STARTS_MAX = 5  # of an instance; brokers are not away for longer


class Instance:
    """One name; each start is a process with a log of its own, which stays."""

    def __init__(self, name: str, config: pathlib.Path, folder: pathlib.Path, port: int):
        self.name, self.config, self.folder, self.port = name, config, folder, port
        self.state = folder / f"state-{name}"
        self.daemon: Daemon | None = None
        self.starts = 0
        self.failed_starts = 0         # as at the wrong moment: whoever supervises it starts it again
        self.troubles: list[str] = []  # other ends that nobody asked for

    def start(self) -> None:
        self.note_end()
        if self.daemon is None:
            self.starts += 1
            self.daemon = Daemon(self.config, self.folder / f"{self.name}.{self.starts}.jsonl")

    def has_authority(self) -> bool:
        """As it says itself."""
        if self.daemon is None or not self.daemon.running():
            return False
        code, text = get(f"http://127.0.0.1:{self.port}/state/authority", 2)
        return code == 200 and json.loads(text)["active"]

    def tail(self, lines: int) -> str:
        """The end of the log of the last start."""
        path = self.folder / f"{self.name}.{self.starts}.jsonl"
        return "\n".join(path.read_text(errors="backslashreplace").splitlines()[-lines:]) if path.exists() else ""

    def note_end(self) -> None:
        """A process that has ended by itself, once it worked, is a trouble; a start that met dead brokers may fail
        with a message. What asked for an end has let go of the process."""
        if self.daemon is None or self.daemon.running():
            return
        met_dead_brokers = self.daemon.process.returncode == FAILED and "partitions_assigned" not in self.daemon.text()
        if met_dead_brokers and self.failed_starts < FAILED_STARTS_MAX:
            self.failed_starts += 1
        else:
            self.troubles.append(f"{self.name} ended by itself with {self.daemon.process.returncode}:\n"
                                 f"{self.daemon.tail()}")
        self.daemon = None

    def kill(self) -> None:
        self.note_end()
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon = None

    def stop(self) -> None:
        """SIGTERM, which must lead to exit 0 within its time."""
        self.note_end()
        if self.daemon is None:
            return
        daemon, self.daemon = self.daemon, None
        begin = time.monotonic()
        try:
            code = daemon.stop(STOP_SECONDS_MAX)
        except Exception:  # pylint: disable=broad-except
            daemon.kill()
            self.troubles.append(f"{self.name} did not end within {STOP_SECONDS_MAX} s\n{daemon.tail()}")
            return
        if code != DONE:
            self.troubles.append(f"{self.name} ended with {code} after SIGTERM ({time.monotonic() - begin:.1f} s)\n"
                                 f"{daemon.tail()}")

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        self.note_end()
        if self.daemon is not None:
            os.kill(self.daemon.process.pid, number)


class Fleet:
    """Instances node-1 … node-N of one configuration."""

    def __init__(self, folder: pathlib.Path, prefix: str, brokers: str, made: dict, count: int, **top):
        self.folder, self.prefix = folder, prefix
        self.instances: list[Instance] = []
        for n in range(1, count + 1):
            name, port = f"node-{n}", free_port()
            content = {**streams.config(prefix, made, brokers, instance=name, http=streams.http(port), **top),
                       "roles": control.roles(), "state": {"dir": str(folder / f"state-{name}")}}
            self.instances.append(Instance(name, write_config(folder, content, f"{name}.yaml"), folder, port))

    @property
    def config(self) -> pathlib.Path:
        return self.instances[0].config

    def create_topics(self) -> None:
        done = fracas("topics", "--create", "-c", self.config, seconds=120)
        assert done.code == DONE, done

    def start(self) -> None:
        for instance in self.instances:
            instance.start()

    def stop(self) -> None:
        for instance in self.instances:
            instance.stop()

    def authority(self) -> Instance:
        """The instance that applies commands; while nobody does, the first that will."""
        found: list[Instance] = []

        def sought() -> bool:
            found[:] = [i for i in self.instances if i.has_authority()]
            return bool(found)
        wait_until(sought, AUTHORITY_SECONDS_MAX, "no instance has the authority")
        return found[0]

    def swap_states(self, place: int) -> None:
        """Two instances that stand get each other's folder: a group's state is the same everywhere."""
        one, two = self.instances[place].state, self.instances[(place + 1) % len(self.instances)].state
        aside = self.folder / "aside"
        for old, new in ((one, aside), (two, one), (aside, two)):
            if old.exists():
                old.rename(new)

    def troubles(self) -> list[str]:
        for instance in self.instances:
            instance.note_end()
        return [trouble for instance in self.instances for trouble in instance.troubles]

    def supervise(self) -> None:
        """Starts again what failed to start."""
        for instance in self.instances:
            instance.note_end()
            if instance.daemon is None and instance.failed_starts and not instance.troubles:
                instance.start()

    def running(self) -> list[Instance]:
        return [i for i in self.instances if i.daemon is not None and i.daemon.running()]

    def __enter__(self) -> "Fleet":
        return self

    def kill(self) -> None:
        for instance in self.instances:
            if instance.daemon is not None and instance.daemon.running():
                instance.daemon.process.send_signal(signal.SIGCONT)
                instance.daemon.kill()

    def __exit__(self, *_) -> None:
        self.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


