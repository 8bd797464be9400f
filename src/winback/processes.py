"""Which process is at work, and whether it is still there: known by machine, number and birth."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

LAPSES: Final = timedelta(minutes=10)
"""How long another machine may be silent; clocks of two machines may differ by some."""


def this_process() -> dict[str, Any]:
    """Return what this process is known by: `host` for people; `machine`, `pid` and `born`.

    Examples
    --------
    >>> sorted(this_process())
    ['born', 'host', 'machine', 'pid']
    """
    pid = os.getpid()
    return {
        "host": socket.gethostname(),
        "machine": machine(),
        "pid": pid,
        "born": born(pid) or "",
    }


@cache
def machine() -> str:
    """Tell machines, their starts, and containers with process numbers of their own apart."""
    boot, space = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    with suppress(OSError):
        return f"{socket.gethostname()} {boot.read_text().strip()} {space.stat().st_ino}"
    return socket.gethostname()


def born(pid: int) -> str | None:
    """Return when a process of this machine began, to know it from a later one of its number.

    None where there is none any more; empty where the system does not tell.

    Examples
    --------
    >>> born(2**30) is None
    True
    """
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except OSError:  # somebody else's process
            return ""
        return ""
    return None if after_name[0] in "ZX" else after_name[19]


def lives(on: str, pid: int, birth: str, beat: str) -> bool:
    """Whether a process is there; of another machine, whether it gave a sign of late.

    Parameters
    ----------
    on, pid, birth
        Its `machine`, `pid` and `born`, as `this_process` told them there.
    beat
        When it last gave a sign, in ISO 8601 with its zone.

    Examples
    --------
    >>> me = this_process()
    >>> lives(me["machine"], me["pid"], me["born"], "2024-01-01T00:00:00+00:00")
    True
    >>> lives("elsewhere", me["pid"], me["born"], "2024-01-01T00:00:00+00:00")
    False
    """
    if on == machine():
        return born(pid) == birth
    return datetime.now(UTC) - datetime.fromisoformat(beat) < LAPSES
