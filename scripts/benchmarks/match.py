"""Quality and speed of customer matching: the profiles of a file in an empty base, labelled queries against it."""

import asyncio
import gc
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg

from backend.app import Platform
from backend.crm.customers.schemas import AddressInput, ContactPointInput, CustomerCreate, NamesInput
from backend.crm.customers.service import CustomerService
from backend.crm.matching.rules import Match
from backend.crm.matching.service import CANDIDATES_BIG, MatchService
from backend.crm.rules import ContactPointType, contact_value
from backend.kit.db import UnitOfWork
from backend.kit.embedded.cluster import Cluster, temporary_cluster
from backend.kit.migrate import upgrade
from backend.kit.problems import ProblemError
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from scripts.benchmarks.machine import cpu_seconds, percentile
from scripts.matching.draw import born, rows, subject

KINDS: tuple[ContactPointType, ...] = ("email", "phone")
BULK_FROM = 150_000
BULK_TASKS = 3
BATCH = 200
WARM = 200
SURE = 0.95
TOP = 5
BANDS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.01)

Found = list[tuple[Any, float]]
"""(pid, probability) of the matches of a query, best first."""


@contextmanager
def platform() -> Iterator[tuple[Platform, str]]:
    """The parts of a process with an empty base of its own, and the URL of its administrator."""
    with temporary_cluster() as cluster, TemporaryDirectory() as data:
        asyncio.run(_create(cluster))
        url = cluster.url(APPLICATION, "onthaal")
        settings = Settings(data=data, database_url=url, redis_url="redis://127.0.0.1:1", smtp_url="smtp://127.0.0.1:1")
        yield Platform(settings), cluster.url("postgres", "onthaal").replace("+asyncpg", "")


async def _create(cluster: Cluster) -> None:
    connection = await asyncpg.connect(cluster.url("postgres", "postgres").replace("+asyncpg", ""))
    await connection.execute("CREATE DATABASE onthaal")
    await connection.close()
    await upgrade(cluster.url("postgres", "onthaal"))


def customer(row: dict[str, Any]) -> tuple[CustomerCreate, int]:
    """A line as somebody registers it, and how many of its values a registration refuses and so lack."""
    names = {name: row[field] for name, field in (("given", "first"), ("family", "last")) if row[field]}
    told = [ContactPointInput(type=kind, value=row[kind]) for kind in KINDS if row[kind]]
    points = tuple(one for one in told if _accepted(one))
    optional: dict[str, Any] = {}
    day = born(row["born"])
    if day and day <= date.today():  # noqa: DTZ011 as far as a draw goes
        optional["birth_date"] = day
    if row["street"]:
        house = {name: row[field] for name, field in (("number", "nr"), ("box", "box")) if row[field]}
        address = AddressInput(street=row["street"], postcode=row["pc"], municipality=row["city"], **house)
        optional["addresses"] = (address,)
    made = CustomerCreate(kind="person", names=NamesInput(**names), contact_points=points, **optional)
    return made, len(told) - len(points) + (bool(row["born"]) and "birth_date" not in optional)


def _accepted(point: ContactPointInput) -> bool:
    try:
        contact_value(point.type, point.value, name="value")
    except ProblemError:
        return False
    return True


async def load(running: Platform, profiles: Iterable[dict[str, Any]], *, bulk: bool) -> tuple[dict[UUID, Any], int]:
    """Register every line; gives pid by customer, and how many values were refused (a phone number that cannot be).

    Args:
        running: where.
        profiles: the lines.
        bulk: send the statements of many customers together and without waiting for each; the rows are the same.
    """
    owners: dict[UUID, Any] = {}
    refused = 0
    lines = iter(profiles)

    async def work() -> None:
        nonlocal refused
        while batch := list(islice(lines, BATCH)):
            async with running.database.transaction(EVERYTHING) as uow:
                held = together(uow) if bulk else []
                service = CustomerService(running.work(uow, None, "bench.match", "bench"))
                for row in batch:
                    made, left_out = customer(row)
                    owners[await service.register(made)] = row["pid"]
                    refused += left_out
                if held:
                    await flush(uow, held)

    await asyncio.gather(*(work() for _ in range(BULK_TASKS if bulk else 1)))
    return owners, refused


def together(uow: UnitOfWork) -> list[tuple[str, tuple[object, ...]]]:
    """Hold back what the services execute in this transaction; gives the list in which it gathers."""
    held: list[tuple[str, tuple[object, ...]]] = []

    async def gather(sql: str, *args: object) -> str:
        held.append((sql, args))
        return ""

    uow.execute = gather  # type: ignore[method-assign]
    return held


async def flush(uow: UnitOfWork, held: list[tuple[str, tuple[object, ...]]]) -> None:
    """Execute what was held back, every statement once per customer."""
    for sql in dict.fromkeys(sql for sql, _ in held):
        await uow._raw.executemany(sql, [args for statement, args in held if statement == sql])  # noqa: SLF001 pipelined


async def settle(running: Platform, administrator: str) -> None:
    """What background runs do: statistics, visibility, counts of names."""
    connection = await asyncpg.connect(administrator)
    try:
        for table in ("match_key", "match_profile", "customer"):
            await connection.execute(f"VACUUM (ANALYZE) {table}", timeout=1800)
        await connection.execute("CHECKPOINT", timeout=600)
    finally:
        await connection.close()
    async with running.database.transaction(EVERYTHING) as uow:
        await MatchService(running.work(uow, None, "bench.match", "bench")).count_names()


async def ask(running: Platform, queries: Sequence[dict[str, Any]]) -> tuple[list[list[Match]], list[float], float]:
    """The matches of every query; how many milliseconds each took; processor milliseconds per query, on both sides.

    The first ones are asked twice, to warm up. Wall time suffers from whatever else runs, processor time hardly.
    """
    async with running.database.begin(EVERYTHING) as uow:
        service = MatchService(running.work(uow, None, "bench.match", "bench"))
        for row in queries[:WARM]:
            await service.find(subject(row))
        backend = await uow.fetchval("SELECT pg_backend_pid()")
        gc.collect()
        before = cpu_seconds([backend, os.getpid()])
        answers, times = [], []
        for row in queries:
            one = subject(row)
            started = perf_counter()
            answers.append(await service.find(one))
            times.append((perf_counter() - started) * 1000)
        used = cpu_seconds([backend]) + cpu_seconds([os.getpid()]) - before
    return answers, times, used * 1000 / len(queries)


async def candidates(running: Platform, queries: Sequence[dict[str, Any]]) -> float:
    """How many customers are scored per query, on average."""
    async with running.database.begin(EVERYTHING) as uow:
        service = MatchService(running.work(uow, None, "bench.match", "bench"))
        found = [len(await service.find(subject(row), most=CANDIDATES_BIG)) for row in queries]
    return sum(found) / len(found)


async def names(running: Platform, queries: Sequence[dict[str, Any]]) -> list[float]:
    """Milliseconds of finding by a name alone, as in the query box."""
    taken = []
    async with running.database.begin(EVERYTHING) as uow:
        service = MatchService(running.work(uow, None, "bench.match", "bench"))
        for row in queries:
            text = " ".join(filter(None, (row.get("first"), row.get("last"), row.get("name"))))
            started = perf_counter()
            await service.find_by_name(text, 20)
            taken.append((perf_counter() - started) * 1000)
    return taken


def figures(queries: Sequence[dict[str, Any]], answers: Sequence[list[tuple[Any, float]]]) -> dict[str, Any]:
    """Quality of (pid, probability) per query, best first, against the truth."""
    known = [(row, found) for row, found in zip(queries, answers, strict=True) if row["truth"] is not None]
    absent = [found for row, found in zip(queries, answers, strict=True) if row["truth"] is None]
    sure = [(row, found) for row, found in known if found and found[0][1] >= SURE]
    wrong = sum(bool(found) and found[0][1] >= SURE for found in absent)
    right = sum(found[0][0] == row["truth"] for row, found in sure)
    return {
        "top1": _share(sum(bool(found) and found[0][0] == row["truth"] for row, found in known), len(known)),
        "top5": _share(sum(row["truth"] in [pid for pid, _ in found[:TOP]] for row, found in known), len(known)),
        "precision95": _share(right, len(sure) + wrong),
        "precision95WhenPresent": _share(right, len(sure)),
        "cover95": _share(len(sure), len(known)),
        "falseWhenAbsent95": _share(wrong, len(absent)),
    }


def calibration(queries: Sequence[dict[str, Any]], answers: Sequence[list[tuple[Any, float]]]) -> list[dict[str, Any]]:
    """Of the first suggestion of every query, by probability: how many, and how many are right."""
    found = []
    for low, high in pairwise(BANDS):
        band = [
            (some[0][1], some[0][0] == row["truth"])
            for row, some in zip(queries, answers, strict=True)
            if some and low <= some[0][1] < high
        ]
        if band:
            mean, right = sum(chance for chance, _ in band) / len(band), sum(hit for _, hit in band) / len(band)
            found.append({"from": low, "n": len(band), "said": round(mean, 4), "right": round(right, 4)})
    return found


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def measure(profiles: Path, queries: Path, *, bulk: bool | None = None) -> dict[str, Any]:
    """Load, settle, ask; gives the figures."""
    asked = list(rows(queries))
    with platform() as (running, administrator):
        return asyncio.run(_measure(running, administrator, profiles, asked, bulk))


async def _measure(
    running: Platform, administrator: str, profiles: Path, asked: list[dict[str, Any]], bulk: bool | None
) -> dict[str, Any]:
    started = perf_counter()
    number = sum(1 for _ in rows(profiles))
    owners, refused = await load(running, rows(profiles), bulk=number > BULK_FROM if bulk is None else bulk)
    seconds = perf_counter() - started
    await settle(running, administrator)
    matches, times, used = await ask(running, asked)
    answers = [[(owners[match.customer_id], match.probability) for match in found] for found in matches]
    kinds: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(asked):
        kinds[row.get("scen", "")].append(place)
    by_name = await names(running, asked[:500])
    scored = await candidates(running, asked[:300])
    await running.database.close()
    return {
        "n": len(owners),
        "queries": len(asked),
        **figures(asked, answers),
        "calibration": calibration(asked, answers),
        "p50Ms": round(percentile(times, 0.5), 2),
        "p95Ms": round(percentile(times, 0.95), 2),
        "p99Ms": round(percentile(times, 0.99), 2),
        "cpuMsPerQuery": round(used, 2),
        "nameP50Ms": round(percentile(by_name, 0.5), 2),
        "nameP95Ms": round(percentile(by_name, 0.95), 2),
        "candidatesMean": round(scored, 1),
        "byKind": {
            kind: figures([asked[place] for place in places], [answers[place] for place in places])
            for kind, places in kinds.items()
        },
        "refusedValues": refused,
        "loadSeconds": round(seconds, 1),
    }
