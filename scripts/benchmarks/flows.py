"""Steps of guided questions: the engine alone, and `POST /flows/{slug}/step` of a platform of its own; the proof too.

Answers are those of the seeded random walks of the proof: every step of every walk is taken, from the first question.
"""

import asyncio
import gc
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from uuid_utils.compat import uuid7

from backend.assistant.proof.rules import check
from backend.assistant.proof.rules.analysis import Analysis
from backend.assistant.proof.rules.candidates import Candidates
from backend.assistant.proof.rules.wander import Wanderer
from backend.assistant.rules import Flow, Program, compiled, countries, decode, reference_day, replay
from backend.platform import channel_issuer
from backend.settings import Settings
from scripts.benchmarks.load import Request
from scripts.benchmarks.machine import percentile
from scripts.benchmarks.stack import Stack

Answers = dict[str, Any]
Taken = list[tuple[Answers, date]]

_FLOW = "INSERT INTO flow (id, slug, last_number, created_at) VALUES ($1, $2, 1, now())"
_VERSION = """
INSERT INTO flow_version (id, flow_id, number, status, document, created_at, changed_at, submitted_at, published_at)
VALUES ($1, $2, 1, 'published', $3::text::jsonb, now(), now(), now(), now())
"""


def steps(program: Program, walks: int) -> Taken:
    """The answers at every step of so many walks, and the day of each."""
    analysis = Analysis(program)
    wanderer = Wanderer(analysis, Candidates(analysis))
    day = reference_day(program.flow, date.today())  # noqa: DTZ011 only for a flow that names no day
    taken: Taken = []
    for walk in wanderer.walks([day], walks):
        given = list(walk.answers.items())
        taken += [(dict(given[:number]), walk.day) for number in range(len(given) + 1)]
    return taken


def engine(path: Path, walks: int) -> tuple[Flow, Taken, dict[str, Any]]:
    """A flow, its steps, and how long each of them takes with nothing around it."""
    content = path.read_bytes()
    flow = decode(content)
    countries("nl")
    began = time.perf_counter()
    program = compiled(flow)
    made = time.perf_counter() - began
    taken = steps(program, walks)
    gc.collect()
    found = []
    for answers, day in taken:
        began = time.perf_counter()
        replay(program, answers, day)
        found.append((time.perf_counter() - began) * 1000)
    began = time.perf_counter()
    report = check(content, today=date.today())  # noqa: DTZ011 as above
    figures = {
        "questions": len(flow.questions),
        "outcomes": len(flow.outcomes),
        "compileMs": round(made * 1000, 2),
        "steps": len(found),
        "p50Ms": round(percentile(found, 0.5), 3),
        "p95Ms": round(percentile(found, 0.95), 3),
        "mostMs": round(max(found), 3),
        "proofSeconds": round(time.perf_counter() - began, 2),
        "findings": len(report.findings),
    }
    return flow, taken, figures


async def publish(running: Stack, flows: Sequence[Flow]) -> None:
    """These flows as published versions."""
    connection = await asyncpg.connect(running.administrator())
    for flow in flows:
        flow_id, document = uuid7(), msgspec.to_builtins(flow, builtin_types=())
        for own in ("version", "status"):
            del document[own]
        await connection.execute(_FLOW, flow_id, flow.flow)
        await connection.execute(_VERSION, uuid7(), flow_id, msgspec.json.encode(document).decode())
    await connection.close()


def requests(slug: str, taken: Taken) -> Callable[[], Iterator[Request]]:
    """The steps over HTTP, in their order and again; each is counted, as those of a visitor are."""

    def request(answers: Answers) -> Request:
        body: Answers = {"answers": answers}
        if answers:
            body["answered"] = next(reversed(answers))
        return "POST", f"/flows/{slug}/step", msgspec.json.encode(body), {}

    made = [request(answers) for answers, _ in taken]
    return lambda: itertools.cycle(made)


def visitor(running: Stack) -> str:
    """A token of somebody on the website, as the channel makes it for each of its calls."""
    issuer = channel_issuer(Settings(data=str(running.data)), "widget")
    issuer.prepare()
    return issuer.token("visitor", net="bench")


def publishing(running: Stack, flows: Sequence[Flow]) -> None:
    """`publish`, from outside a loop."""
    asyncio.run(publish(running, flows))
