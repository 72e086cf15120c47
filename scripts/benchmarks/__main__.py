"""The command line of the benchmarks."""

import asyncio
import itertools
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from backend.kit.search import Engine
from backend.kit.search.measure import measure
from backend.kit.search.meilisearch.faults import Fault
from scripts.benchmarks import customers as finding
from scripts.benchmarks import flows as guiding
from scripts.benchmarks import match as matching
from scripts.benchmarks import screens
from scripts.benchmarks import search as searching
from scripts.benchmarks import worklist as listing
from scripts.benchmarks.backlog import fill as fill_backlog
from scripts.benchmarks.history import Reader, figures, fill_one
from scripts.benchmarks.load import Outcome, Request, run
from scripts.benchmarks.machine import commit, cpu_seconds, machine, percentile
from scripts.benchmarks.search_http import over_http
from scripts.benchmarks.seed import fill
from scripts.benchmarks.stack import Stack, served, stack
from scripts.benchmarks.wake import delays

Known = list[tuple[str, str, str]]
WARM_SECONDS = 3.0
FLOWS = Path(__file__).parents[2] / "backend" / "assistant" / "data"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _figures(outcome: Outcome, cpu: float) -> dict[str, Any]:
    done = len(outcome.latencies)
    return {
        "requests": done,
        "perSecond": round(done / outcome.seconds, 1),
        "p50Ms": round(percentile(outcome.latencies, 0.5), 2),
        "p95Ms": round(percentile(outcome.latencies, 0.95), 2),
        "p99Ms": round(percentile(outcome.latencies, 0.99), 2),
        "cpuMsPerRequest": round(cpu * 1000 / done, 3),
        "statuses": outcome.statuses,
    }


def _measure(
    running: Stack,
    requests: Callable[[], Iterator[Request]],
    clients: int,
    seconds: float,
    target: str = "backend.app:create_app",
    workers: int = 2,
    token: str = "",
) -> dict[str, Any]:
    """Serve, warm up, load, count; as an agent without another token."""
    token = token or running.people.tokens["agent"]
    with served(running, target, workers=workers) as (port, pid):
        asyncio.run(run(port, token, requests, clients, WARM_SECONDS))
        before = cpu_seconds([pid, running.postgres])
        outcome = asyncio.run(run(port, token, requests, clients, seconds))
        return _figures(outcome, cpu_seconds([pid, running.postgres]) - before)


def _registrations(known: Known) -> Callable[[], Iterator[Request]]:
    def requests() -> Iterator[Request]:
        while True:
            customer, _, _ = random.choice(known)
            body = {
                "channel": "phone",
                "customerId": customer,
                "questions": [{"subject": "Wanneer wordt het grofvuil opgehaald?", "text": "Ik heb een oude matras."}],
            }
            yield "POST", "/contacts", msgspec.json.encode(body), {"Idempotency-Key": str(uuid.uuid4())}

    return requests


def _reads(known: Known, kind: str) -> Callable[[], Iterator[Request]]:
    def request(one: tuple[str, str, str]) -> Request:
        customer, question, email = one
        if kind == "file":
            return "GET", f"/customers/{customer}/file", b"", {}
        if kind == "question":
            return "GET", f"/questions/{question}", b"", {}
        return "POST", "/customers/query", msgspec.json.encode({"email": email}), {}

    return lambda: (request(random.choice(known)) for _ in itertools.count())


def _print(result: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")


@click.group()
def main() -> None:
    """Measure Onthaal on this machine; each benchmark prints one JSON object."""


OPTIONS = [
    click.option("--clients", default=8, help="Connections at the same time."),
    click.option("--seconds", default=20.0, help="How long to measure."),
    click.option("--customers", default=100_000, help="Customers, contacts and questions there are."),
    click.option("--workers", default=2, help="API processes."),
]


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in OPTIONS:
        command = option(command)
    return command


@main.command()
@_options
def register(clients: int, seconds: float, customers: int, workers: int) -> None:
    """Registration of a contact with one question for a known customer, and the floor beside it."""
    with stack() as running:
        known = asyncio.run(fill(running, customers))
        requests = _registrations(known)
        ours = _measure(running, requests, clients, seconds, workers=workers)
        floor = _measure(running, requests, clients, seconds, "scripts.benchmarks.floor:create_app", workers)
        alone = _measure(running, requests, 1, min(seconds, 10), workers=workers)
    ratio = round(ours["cpuMsPerRequest"] / floor["cpuMsPerRequest"], 2)
    _print(
        {
            "benchmark": "register",
            "clients": clients,
            "register": ours,
            "floor": floor,
            "cpuRatioToFloor": ratio,
            "oneConnection": alone,
            "machine": machine(),
        }
    )


@main.command()
@_options
def read(clients: int, seconds: float, customers: int, workers: int) -> None:
    """Customer file, question page and customer by exact key."""
    with stack() as running:
        known = asyncio.run(fill(running, customers))
        kinds = ("file", "question", "exactKey")
        found = {kind: _measure(running, _reads(known, kind), clients, seconds, workers=workers) for kind in kinds}
    _print({"benchmark": "read", "clients": clients, **found, "machine": machine()})


@main.command()
@click.option("--entries", default=1_000, help="Entries in the history of the customer.")
@click.option("--customers", default=100_000, help="Other customers there are.")
@click.option("--count", default=300, help="First pages; the whole history is walked a tenth as often.")
@click.option("--workers", default=1, help="API processes.")
def history(entries: int, customers: int, count: int, workers: int) -> None:
    """History of one customer: the first page of 25 and of 100, and all pages of 100, on one connection."""
    with stack() as running:
        asyncio.run(fill(running, customers))
        customer = asyncio.run(fill_one(running, entries))
        with served(running, workers=workers) as (port, pid):
            reader = Reader(port, running.people.tokens["agent"], customer)
            for _ in range(30):
                reader.page(100)
            before = cpu_seconds([pid, running.postgres])
            first = [reader.page(25)[0] for _ in range(count)]
            cpu = (cpu_seconds([pid, running.postgres]) - before) * 1000 / count
            hundred = [reader.page(100)[0] for _ in range(count)]
            walks = [reader.walk(100) for _ in range(max(1, count // 10))]
    _print(
        {
            "benchmark": "history",
            "entries": walks[0][1],
            "customers": customers,
            "firstPage25": {**figures(first), "cpuMsPerRequest": round(cpu, 3)},
            "firstPage100": figures(hundred),
            "allPagesOf100": figures([milliseconds for milliseconds, _ in walks]),
            "commit": commit(),
            "machine": machine(),
        }
    )


@main.command()
@click.option("--questions", multiple=True, default=(10_000, 100_000), help="Questions there are; may be repeated.")
@click.option("--count", default=400, help="Requests of each kind.")
def worklist(questions: tuple[int, ...], count: int) -> None:
    """Pages of a worklist at any depth, counts, the monitor and claims, with one question in ten open."""
    found: dict[int, dict[str, Any]] = {}
    for number in sorted(questions):
        with stack() as running:
            began = time.monotonic()
            backlog = asyncio.run(fill_backlog(running, number))
            seconds = round(time.monotonic() - began, 1)
            with served(running, workers=1) as (port, pid):
                expert, agent = (listing.Measured(running, port, pid, user) for user in ("expert", "agent"))
                found[number] = {"seedSeconds": seconds, **listing.measure(expert, agent, backlog, count)}
            asyncio.run(listing.log_statements(running))
            with served(running, workers=1) as (port, pid):
                expert, agent = (listing.Measured(running, port, pid, user) for user in ("expert", "agent"))
                found[number]["statements"] = listing.statements(expert, agent, backlog)
    grown = {
        f"{small}-{large}": {name: listing.growth(found[small], found[large], name) for name in ("p50Ms", "cpuMs")}
        for small, large in itertools.pairwise(sorted(found))
    }
    sizes = {str(number): result for number, result in found.items()}
    _print({"benchmark": "worklist", **sizes, "growth": grown, "commit": commit(), "machine": machine()})


@main.command()
@click.option("--customers", default=100_000, help="Customers, contacts and questions there are.")
@click.option("--count", default=300, help="Requests of each screen.")
def bff(customers: int, count: int) -> None:
    """Every screen of the agents in one call, with the core in the same process and in one of its own."""
    with stack() as running:
        known = asyncio.run(fill(running, customers))
        found = screens.measure(running, known, count)
        asyncio.run(listing.log_statements(running))
        found["statements"] = screens.statements(running, known)
    _print({"benchmark": "bff", "customers": customers, **found, "commit": commit(), "machine": machine()})


@main.command()
@click.option("--count", default=200, help="Registrations.")
@click.option("--per-second", default=20.0, help="Registrations per second, one after the other.")
@click.option("--workers", default=2, help="API processes.")
def wake(count: int, per_second: float, workers: int) -> None:
    """From the answer to a registration until the worker starts on its mail."""
    with stack() as running, served(running, workers=workers) as (port, _):
        found = asyncio.run(delays(running, port, count, per_second))
    _print(
        {
            "benchmark": "wake",
            "registrations": count,
            "perSecond": per_second,
            "p50Ms": round(percentile(found, 0.5), 1),
            "p95Ms": round(percentile(found, 0.95), 1),
            "p99Ms": round(percentile(found, 0.99), 1),
            "mostMs": round(max(found), 1),
            "machine": machine(),
        }
    )


@main.command()
@click.argument("files", nargs=-1, type=FILE)
@click.option("--walks", default=200, help="Random walks through each flow; every step of them is taken.")
@click.option("--http", "over", is_flag=True, help="Also through POST /flows/{slug}/step of a platform of its own.")
@click.option("--seconds", default=10.0, help="How long to measure each flow over HTTP.")
def flows(files: tuple[Path, ...], walks: int, seconds: float, *, over: bool) -> None:
    """Steps of guided questions and their proof; without FILES the flows of the demo city."""
    paths = files or sorted(FLOWS.glob("*.json"))
    made = {path.stem: guiding.engine(path, walks) for path in paths}
    found = {name: figures for name, (_, _, figures) in made.items()}
    if over:
        with stack() as running:
            guiding.publishing(running, [flow for flow, _, _ in made.values()])
            for name, (flow, taken, _) in made.items():
                asked = guiding.requests(flow.flow, taken)
                found[name]["http"] = _measure(running, asked, 1, seconds, workers=1, token=guiding.visitor(running))
    _print({"benchmark": "flows", "walks": walks, **found, "commit": commit(), "machine": machine()})


@main.command()
@click.option("--profiles", required=True, type=FILE, help="Customers, one JSON object per line.")
@click.option("--queries", required=True, type=FILE, help="Who is looked for, one per line; `truth` is a pid or null.")
@click.option("--bulk/--one-by-one", default=None, help="How to load; by default in bulk above 150 000 profiles.")
def match(profiles: Path, queries: Path, *, bulk: bool | None) -> None:
    """Quality and speed of customer matching on a labelled draw, in an empty base of its own."""
    result = matching.measure(profiles, queries, bulk=bulk)
    _print({"benchmark": "match", **result, "commit": commit(), "machine": machine()})


@main.command()
@click.option("--profiles", required=True, type=FILE, help="Customers, one JSON object per line.")
@click.option("--seconds", default=10.0, help="How long to measure each key.")
@click.option("--clients", default=2, help="Connections at the same time.")
def customers(profiles: Path, seconds: float, clients: int) -> None:
    """Finding customers through the query box over HTTP, by each key; processor time is that of API and PostgreSQL."""
    with stack() as running:
        lines = asyncio.run(finding.fill(running, profiles))
        found = {
            key: {"goal": goal, **_measure(running, finding.requests(lines, key), clients, seconds, workers=1)}
            for key, (goal, *_) in finding.KEYS.items()
        }
    _print({"benchmark": "customers", "clients": clients, **found, "commit": commit(), "machine": machine()})


@main.command()
@click.option("--catalogue", required=True, type=FILE, help="Products, one JSON object per line.")
@click.option("--golden", required=True, type=FILE, help="Graded queries, one JSON object per line.")
@click.option("--engine", type=click.Choice(["embedded", "meilisearch"]), default="embedded")
@click.option("--synonyms", type=FILE, help="JSON object, key -> list of phrases; default: what the product ships.")
@click.option("--products", default=0, help="Add variations until there are this many products.")
@click.option("--http", "over", is_flag=True, help="Also through GET /products of a platform of its own.")
def search(catalogue: Path, golden: Path, engine: str, synonyms: Path | None, products: int, *, over: bool) -> None:
    """Quality and speed of the search on graded queries.

    `--engine meilisearch` uses the server at MEILISEARCH_URL with a key that may make an index, MEILISEARCH_ADMIN_KEY
    or else MEILISEARCH_KEY; the index is its own and removed afterwards.
    """
    url = os.environ.get("MEILISEARCH_URL", "")
    key = os.environ.get("MEILISEARCH_ADMIN_KEY") or os.environ.get("MEILISEARCH_KEY", "")
    if engine == "meilisearch" and not url:
        raise click.ClickException("MEILISEARCH_URL is not set; --engine meilisearch needs a server.")
    if over and (synonyms or engine != "embedded"):
        raise click.ClickException("--http measures the product as it is: no --synonyms, no other --engine.")
    try:
        rows = searching.grown(searching.lines(catalogue), products)
        held, cases = searching.documents(rows), searching.queries(searching.lines(golden))
        groups = searching.synonyms(synonyms)
    except (searching.Unusable, ValueError) as problem:
        raise click.ClickException(str(problem)) from problem
    try:
        with searching.engine(engine, held, groups, url, key) as (found, seconds):
            searching.warm(found, cases)
            result = measure(found, cases)
            if isinstance(found, Engine):
                result["patchSeconds"] = round(searching.patching(found, held), 3)
    except Fault as problem:
        raise click.ClickException(f"Meilisearch: {problem}") from problem
    if over:
        with over_http(held) as found:
            searching.warm(found, cases)
            through = measure(found, cases)
        result |= {"httpP50Ms": through.pop("p50Ms"), "httpP95Ms": through.pop("p95Ms"), "http": through}
    _print(
        {
            "benchmark": "search",
            **result,
            "engine": engine,
            "documents": len(held),
            "synonymGroups": len(groups),
            "buildSeconds": round(seconds, 3),
            "commit": commit(),
            "machine": machine(),
        }
    )


if __name__ == "__main__":
    main()
