"""How the story is told: plain lines, colours only on a terminal, every claim a check."""

import os
import sys
import time

from cluster import wait_until

COLOURS = {"bold": "1", "good": "32", "bad": "31", "dim": "2", "warn": "33"}


class Failed(Exception):
    """A claim of the story did not hold."""


class Telling:
    def __init__(self, out=sys.stdout):
        self.out = out
        self.coloured = out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self.begin = time.monotonic()
        self.checks = 0
        self.number = 0

    def styled(self, style: str, text: str) -> str:
        return f"\033[{COLOURS[style]}m{text}\033[0m" if self.coloured else text

    def print(self, text: str = "") -> None:
        print(text, file=self.out, flush=True)

    def step(self, title: str) -> None:
        self.number += 1
        seconds = time.monotonic() - self.begin
        self.print()
        self.print(self.styled("bold", f"{self.number}. {title}") + self.styled("dim", f"  [{seconds:.0f} s]"))

    def say(self, text: str) -> None:
        self.print(f"   {text}")

    def show(self, rows: list[tuple]) -> None:
        widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            self.print("     " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())

    def show_text(self, text: str) -> None:
        """What a command said, as it said it."""
        for line in text.rstrip().splitlines():
            self.print((self.styled("dim", "     | ") + line).rstrip())

    def check(self, claim: str, holds, seen: str = "") -> None:
        if not holds:
            self.print("   " + self.styled("bad", "NOT SO") + f"  {claim}" + (f": {seen}" if seen else ""))
            raise Failed(claim)
        self.checks += 1
        self.print("   " + self.styled("good", "ok") + f"  {claim}")

    def wait(self, claim: str, holds, seconds: float, seen=lambda: "") -> None:
        """The claim may need a moment to become true."""
        try:
            wait_until(holds, seconds, claim)
        except TimeoutError:
            self.check(claim, False, f"not within {seconds:.0f} s {seen()}")
        self.check(claim, True)
