"""What tests ask of the control commands, and whether the program has them."""

import functools

from program import fracas


@functools.cache
def commands() -> frozenset[str]:
    """The commands that `fracas --help` lists."""
    out = fracas("--help").out
    listed = out[out.index("Subcommands:"):].splitlines()[1:]
    return frozenset(line.split()[0] for line in listed if line.startswith("  ") and line.strip())


def has(command: str) -> bool:
    return command in commands()


def roles() -> list[str]:
    return ["pipeline", "control", "api"] if has("breaker") else ["pipeline", "api"]
