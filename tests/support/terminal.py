"""A terminal for programs that look at where they write: as wide as a test wants it."""

import fcntl
import os
import pty
import struct
import termios

import pytest


def can_be_had() -> bool:
    """A bare container may have none to give."""
    try:
        for descriptor in pty.openpty():
            os.close(descriptor)
    except OSError:
        return False
    return True


needed = pytest.mark.skipif(not can_be_had(), reason="no pseudo-terminal here (/dev/pts is not mounted)")


def screen(program, *arguments, columns: int = 80) -> str:
    """What a person sees, styles included."""
    process, descriptor = pty.fork()
    if process == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        os.execve(program, [str(program), *map(str, arguments)], {**os.environ, "TERM": "xterm"})
    seen = b""
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # the other side is closed
            chunk = b""
        if not chunk:
            break
        seen += chunk
    os.waitpid(process, 0)
    os.close(descriptor)
    return seen.decode().replace("\r\n", "\n")
