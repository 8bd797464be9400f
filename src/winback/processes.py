"""Which process is at work, and whether it is still there: known by machine, number and birth."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any


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
