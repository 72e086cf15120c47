"""Finding and ending processes that an earlier run left behind. Only processes known to be ours are touched."""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
import psutil

CLOCK_TOLERANCE = 2.0
"""Seconds by which a start time may differ between two readings (Linux derives it from an adjustable clock)."""


class Child(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A started process, recognisable after its parent died: a process id alone is reused by the system.

    Attributes:
        pid: process id, also the id of its process group.
        create_time: seconds since 1970, as psutil tells it.
        stop_signal: number of the signal that stops it gracefully.
    """

    pid: int
    create_time: float
    stop_signal: int = signal.SIGTERM

    @classmethod
    def of(cls, pid: int, stop_signal: int = signal.SIGTERM) -> "Child":
        """Describe the running process `pid`; psutil.NoSuchProcess when there is none."""
        return cls(pid=pid, create_time=psutil.Process(pid).create_time(), stop_signal=stop_signal)


def living_in(folder: Path, name: str) -> list[psutil.Process]:
    """Give the processes called `name` whose working directory is `folder`.

    PostgreSQL (every one of its processes) and Redis both change to their data folder and stay there, so this
    also finds what no process list on disk remembers.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == name and process.cwd() == str(folder):
                found.append(process)
        except psutil.Error:  # gone meanwhile, or somebody else's: not ours
            continue
    return found


def group_of(pid: int) -> list[psutil.Process]:
    """Give the living members of the process group `pid` (also when its leader is gone)."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == pid and _alive(process):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def members_of(child: Child) -> list[psutil.Process]:
    """Give what still runs of `child`: itself and the members of its group, or nothing if the id was reused."""
    members = group_of(child.pid)
    leader = next((process for process in members if process.pid == child.pid), None)
    if leader is None:
        # A group id stays reserved while the group has members, so younger members can only be its own.
        return [process for process in members if _created(process) >= child.create_time - CLOCK_TOLERANCE]
    return members if abs(_created(leader) - child.create_time) <= CLOCK_TOLERANCE else []


def end(processes: Iterable[psutil.Process], seconds: float, number: int = signal.SIGTERM) -> None:
    """Send signal `number` to the processes, wait at most `seconds`, then kill the ones that still run."""
    alive = list(processes)
    for step in (number, signal.SIGKILL):
        for process in alive:
            _send(process, step)
        deadline = time.monotonic() + seconds
        while (alive := [process for process in alive if _alive(process)]) and time.monotonic() < deadline:
            time.sleep(0.02)


def _alive(process: psutil.Process) -> bool:
    """Tell whether it runs; a zombie does not, although its new parent may take its time to reap it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _created(process: psutil.Process) -> float:
    try:
        return process.create_time()
    except psutil.Error:
        return 0.0


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)  # psutil checks that the id was not reused
    except psutil.NoSuchProcess:
        return
