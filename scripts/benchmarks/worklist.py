"""Worklists, counts, the monitor and claiming over HTTP, on one connection, in a city with a backlog.

Processor time is that of the API and of PostgreSQL, apart. Statements are those that PostgreSQL logs, BEGIN (with whose
request it is) and COMMIT included.
"""

import http.client
import re
import time
from collections.abc import Iterable, Iterator
from itertools import cycle
from typing import Any

import asyncpg
import msgspec

from scripts.benchmarks.backlog import Backlog
from scripts.benchmarks.machine import cpu_seconds, percentile
from scripts.benchmarks.stack import Stack

WARM = 60
DEEP = 5_000
_EXECUTED = re.compile(rb"LOG:  duration: [\d.]+ ms  (?:statement|execute [^:]*):")

Call = tuple[str, str, dict[str, str]]
"""Method, path, extra headers."""


class Measured:
    """Asks the platform and looks at what that costs.

    Args:
        running: the platform.
        port: of the API.
        api: process of the API.
        user: who asks.
    """

    def __init__(self, running: Stack, port: int, api: int, user: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {running.people.tokens[user]}"}
        self._processes = (api, running.postgres)
        self._log = running.data / "log" / "postgresql.log"

    def ask(self, call: Call) -> tuple[float, Any]:
        """Milliseconds, and the answer.

        Raises:
            RuntimeError: the answer is no 200.
        """
        method, path, headers = call
        began = time.perf_counter()
        self._connection.request(method, path, headers=self._headers | headers)
        answer = self._connection.getresponse()
        body = answer.read()
        taken = (time.perf_counter() - began) * 1000
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path}: {answer.status} {body[:500]!r}")
        return taken, msgspec.json.decode(body)

    def many(self, calls: Iterable[Call], count: int, *, warm: int = WARM) -> dict[str, float]:
        """Median, 95th percentile and processor time per request."""
        asked = iter(calls)
        self._connection.close()  # it may have been idle for too long
        for _ in range(warm):
            self.ask(next(asked))
        before = [cpu_seconds([one]) for one in self._processes]
        taken = [self.ask(next(asked))[0] for _ in range(count)]
        api, database = (
            (cpu_seconds([one]) - was) * 1000 / count for one, was in zip(self._processes, before, strict=True)
        )
        return {
            "p50Ms": round(percentile(taken, 0.5), 2),
            "p95Ms": round(percentile(taken, 0.95), 2),
            "apiCpuMs": round(api, 3),
            "postgresqlCpuMs": round(database, 3),
            "cpuMs": round(api + database, 3),
        }

    def statements(self, call: Call) -> int:
        """How many statements PostgreSQL executes for one request."""
        if call[0] == "GET":
            self.ask(call)  # directory and person are in memory from then on
        time.sleep(0.3)
        before = self._log.stat().st_size
        self.ask(call)
        time.sleep(0.3)
        with self._log.open("rb") as log:
            log.seek(before)
            return len(_EXECUTED.findall(log.read()))

    def walk(self, path: str, most: float) -> tuple[str, int]:
        """The path of the page after so many questions, at the latest the last page, and how many lie before it."""
        passed, cursor = 0, ""
        self._connection.close()
        while True:
            _, page = self.ask(("GET", f"{path}&limit=100{cursor}", {}))
            if "next" not in page or passed + len(page["items"]) > most:
                return f"{path}&limit=25{cursor}", passed
            passed, cursor = passed + len(page["items"]), f"&cursor={page['next']}"


async def log_statements(running: Stack) -> None:
    """Have PostgreSQL log every statement of connections that are made from now on."""
    connection = await asyncpg.connect(running.administrator(), timeout=5)
    try:
        await connection.execute("ALTER DATABASE onthaal SET log_min_duration_statement = 0")
    finally:
        await connection.close()


def paths(expert: Measured, backlog: Backlog) -> tuple[dict[str, str], dict[str, int]]:
    """The pages that are measured, and how deep those are that lie deep; of the busiest department."""
    department = f"/worklists/department?department={backlog.departments[0]}"
    by_deadline = f"{department}&sort=deadline"
    deep, depth = expert.walk(by_deadline, min(DEEP, backlog.busiest // 2))
    last, length = expert.walk(by_deadline, float("inf"))
    since = "2020-01-01T00:00:00Z"
    found = {
        "byDeadlineFirst": f"{by_deadline}&limit=25",
        "byDeadlineDeep": deep,
        "byDeadlineLast": last,
        "byPriority": f"{department}&limit=25",
        "byMovement": f"{department}&sort=moved&limit=25",
        "filtered": f"{by_deadline}&kind=complaint&channel=email&priority=high&limit=25",
        "filteredInState": f"{by_deadline}&state=waitingForCustomer&createdSince={since}&limit=25",
    }
    for name in ("unassigned", "dueSoon", "overdue", "waiting", "escalated", "callBacks"):
        found[name] = f"/worklists/{name}?department={backlog.departments[0]}&limit=25"
    return found, {"byDeadlineDeep": depth, "byDeadlineLast": length}


def claims(expert: Measured, backlog: Backlog) -> Iterator[Call]:
    """Claims of questions that nobody has, as the list shows them."""
    path = f"/worklists/unassigned?department={backlog.departments[0]}&sort=deadline&limit=100"
    while True:
        _, page = expert.ask(("GET", path, {}))
        for one in page["items"]:
            yield "POST", f"/questions/{one['id']}/claim", {"If-Match": f'"{one["version"]}"'}


def measure(expert: Measured, agent: Measured, backlog: Backlog, count: int) -> dict[str, Any]:
    """All figures of one backlog."""
    pages, depths = paths(expert, backlog)
    found: dict[str, Any] = {
        "open": backlog.open,
        "busiestDepartment": backlog.busiest,
        "depths": depths,
        "page": {name: expert.many(cycle([("GET", path, {})]), count) for name, path in pages.items()},
        "counts": expert.many(cycle([("GET", f"/worklists/counts?department={backlog.departments[0]}", {})]), count),
    }
    found["countingMs"] = round(agent.ask(("GET", "/monitor", {}))[0], 1)  # nobody counted before: this one does
    found["monitor"] = agent.many(cycle([("GET", "/monitor", {})]), count)
    for bucket in ("open", "ageOver10", "unmovedOver7", "pingPong"):
        path = f"/monitor/questions?bucket={bucket}&limit=25"
        found.setdefault("monitorQuestions", {})[bucket] = agent.many(cycle([("GET", path, {})]), count)
    found["claim"] = expert.many(claims(expert, backlog), min(count, backlog.busiest // 8), warm=10)
    return found


def statements(expert: Measured, agent: Measured, backlog: Backlog) -> dict[str, int]:
    """How many statements a request costs, while PostgreSQL logs them."""
    page: Call = ("GET", f"/worklists/department?department={backlog.departments[0]}&sort=deadline", {})
    return {
        "page": expert.statements(page),
        "counts": expert.statements(("GET", "/worklists/counts", {})),
        "monitor": agent.statements(("GET", "/monitor", {})),
        "monitorQuestions": agent.statements(("GET", "/monitor/questions?bucket=open", {})),
        "claim": expert.statements(next(claims(expert, backlog))),
    }


def growth(smaller: dict[str, Any], larger: dict[str, Any], figure: str) -> dict[str, float]:
    """How many times as much each page costs in the larger backlog."""
    pages = larger["page"]
    return {name: round(pages[name][figure] / smaller["page"][name][figure], 2) for name in pages}
