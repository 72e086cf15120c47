"""The agents' screens through their BFF, each in one call: with the core in the same process, and in one of its own.

Processor time is that of channel, core and PostgreSQL together. Every call of the core is one transaction; statements
are those that PostgreSQL logs in them, BEGIN (with whose request it is) and COMMIT left out.
"""

import asyncio
import http.client
import itertools
import random
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from backend.kit.embedded.places import free_port
from bff.session.sessions import Sessions
from bff.session.store import store_of
from scripts.benchmarks.machine import cpu_seconds, percentile
from scripts.benchmarks.stack import START_SECONDS, Stack, served

EMBEDDED, CORE, CHANNELS = "bff.embedded:create_app", "backend.app:create_app", "bff.app:create_app"
WARM = 60
_EXECUTED = re.compile(rb"LOG:  duration: [\d.]+ ms  (?:statement|execute [^:]*):\s*(\w+)")

Known = list[tuple[str, str, str]]


def environment(running: Stack) -> dict[str, str]:
    """What the channels are told, beside what the core is."""
    return {
        **running.environment,
        "ONTHAAL_BFF_KEYS": str(running.data / "keys"),
        "ONTHAAL_BFF_SESSIONS_URL": running.redis.url(),
        "ONTHAAL_BFF_CHANNELS": "agent",
    }


def session(running: Stack, user: str) -> str:
    """The cookie of a session of this user, as a login would have made it."""

    async def start() -> str:
        sessions = Sessions("agent", store_of(running.redis.url(), "agent"))
        try:
            token, _ = await sessions.start(str(running.people.users[user]), user)
        finally:
            await sessions.close()
        return f"{sessions.cookie}={token}"

    return asyncio.run(start())


@contextmanager
def embedded(running: Stack) -> Iterator[tuple[int, list[int]]]:
    """Channel and core in one process; gives port and processes."""
    with served(running, EMBEDDED, workers=1, environment=environment(running)) as (port, pid):
        yield port, [pid]


@contextmanager
def split(running: Stack) -> Iterator[tuple[int, list[int]]]:
    """The channel in a process of its own, which knows the core by its address only."""
    with served(running, CORE, workers=1) as (core_port, core):
        given = {
            name: value for name, value in environment(running).items() if name not in {"DATABASE_URL", "REDIS_URL"}
        }
        given["ONTHAAL_BFF_CORE_URL"] = f"http://127.0.0.1:{core_port}"
        port = free_port("127.0.0.1")
        command = [
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1"),
            *("--port", str(port), "--workers", "1", "--no-log", "--loop", "uvloop", CHANNELS),
        ]
        process = subprocess.Popen(command, env=given, start_new_session=True)
        try:
            _wait(port)
            yield port, [process.pid, core]
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def _wait(port: int) -> None:
    for _ in range(START_SECONDS * 10):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/agent/doc/openapi.json", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the channel did not start")


class Screens:
    """Asks for screens on one connection.

    Args:
        running: the platform.
        port: of the channel.
        processes: channel and core.
        cookie: of the session.
    """

    def __init__(self, running: Stack, port: int, processes: list[int], cookie: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Cookie": cookie}
        self._processes = [*processes, running.postgres]
        self._log = running.data / "log" / "postgresql.log"

    def ask(self, path: str) -> float:
        """Milliseconds.

        Raises:
            RuntimeError: the answer is no 200.
        """
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path}: {answer.status} {body[:500]!r}")
        return (time.perf_counter() - began) * 1000

    def many(self, paths: Iterator[str], count: int) -> dict[str, float]:
        """Median, 95th percentile and processor time of a request."""
        self._connection.close()
        for path in itertools.islice(paths, WARM):
            self.ask(path)
        before = cpu_seconds(self._processes)
        taken = [self.ask(path) for path in itertools.islice(paths, count)]
        cpu = (cpu_seconds(self._processes) - before) * 1000 / count
        return {
            "p50Ms": round(percentile(taken, 0.5), 2),
            "p95Ms": round(percentile(taken, 0.95), 2),
            "cpuMs": round(cpu, 3),
        }

    def statements(self, paths: Iterator[str]) -> dict[str, int]:
        """What PostgreSQL executes for one screen: how many transactions, and how many statements in them.

        Other screens go before it: a new connection asks PostgreSQL once about the types it meets.
        """
        for path in itertools.islice(paths, WARM):
            self.ask(path)
        time.sleep(0.3)
        before = self._log.stat().st_size
        self.ask(next(paths))
        time.sleep(0.3)
        with self._log.open("rb") as log:
            log.seek(before)
            kinds = [kind.upper() for kind in _EXECUTED.findall(log.read())]
        begun = kinds.count(b"BEGIN")
        return {
            "coreTransactions": begun,
            "statements": len([one for one in kinds if one not in {b"BEGIN", b"COMMIT"}]),
        }


def paths(known: Known) -> dict[str, Iterator[str]]:
    """The screens of an agent's day, each time about somebody else."""

    def about(template: str, place: int) -> Iterator[str]:
        return (template.format(random.choice(known)[place]) for _ in itertools.count())

    return {
        "start": itertools.repeat("/agent/screens/start"),
        "contact": itertools.repeat("/agent/screens/contact"),
        "customer": about("/agent/screens/customers/{}", 0),
        "question": about("/agent/screens/questions/{}", 1),
        "worklist": itertools.repeat("/agent/screens/worklists/department"),
        "monitor": itertools.repeat("/agent/screens/monitor"),
    }


def measure(running: Stack, known: Known, count: int) -> dict[str, Any]:
    """Every screen, embedded and split."""
    found: dict[str, Any] = {}
    for name, way in (("embedded", embedded), ("split", split)):
        with way(running) as (port, processes):
            asked = {user: Screens(running, port, processes, session(running, user)) for user in ("agent", "lead")}
            found[name] = {
                screen: asked["lead" if screen == "monitor" else "agent"].many(path, count)
                for screen, path in paths(known).items()
            }
    return found


def statements(running: Stack, known: Known) -> dict[str, dict[str, int]]:
    """What each screen costs PostgreSQL, while it logs."""
    with embedded(running) as (port, processes):
        asked = {user: Screens(running, port, processes, session(running, user)) for user in ("agent", "lead")}
        return {
            screen: asked["lead" if screen == "monitor" else "agent"].statements(path)
            for screen, path in paths(known).items()
        }
