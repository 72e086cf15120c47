"""Split: the core, and the citizens' channel as a process of its own that knows neither its database nor its Redis."""

import asyncio
import base64
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import altcha
import httpx
import psutil
import pytest

from backend.kit.db import Database
from backend.kit.embedded.places import free_port
from backend.kit.embedded.processes import end, group_of
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.contract.city import add_city
from tests.contract.served import serving
from tests.reliability.running import environment_of

HOST = "127.0.0.1"
SECONDS = 60
SECRETS = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "SMTP_URL", "ONTHAAL_DATA")
FORM = {
    "givenName": "Noor",
    "familyName": "Desmet",
    "email": "noor@voorbeeld.be",
    "subject": "Scheve boom",
    "text": "Wie kan komen kijken?",
}


@contextlib.contextmanager
def program(*words: str, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """`onthaal` with this environment and nothing else of ours, until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "backend.cli", *words],
            env={**environment_of(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            end(group_of(process.pid), 2.0)


def eventually(look: Any, what: str) -> Any:
    """Look again until something is there."""
    until = time.monotonic() + SECONDS
    while not (found := look()):
        assert time.monotonic() < until, what
        time.sleep(0.1)
    return found


def proof(channel: httpx.Client) -> dict[str, str]:
    """What a browser calculates."""
    told = channel.post("/widget/challenges", json={}).raise_for_status().json()
    challenge = altcha.Challenge.from_dict(told["challenge"])
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    payload = {"challenge": challenge.to_dict(), "solution": solution.to_dict()}
    return {"kind": "proofOfWork", "value": base64.b64encode(json.dumps(payload).encode()).decode()}


@pytest.fixture
def own_settings(own_database: str, redis_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data=str(tmp_path / "data"), database_url=own_database, redis_url=redis_url, smtp_url="smtp://127.0.0.1:1"
    )


def test_a_citizen_asks_through_a_channel_without_a_database(own_settings: Settings, tmp_path: Path) -> None:
    asyncio.run(add_city(own_settings))
    port, url = free_port(HOST), own_settings.database_url
    core_environment = {"DATABASE_URL": url, "REDIS_URL": own_settings.redis_url, "SMTP_URL": own_settings.smtp_url}
    with contextlib.ExitStack() as stack:
        core = stack.enter_context(serving(own_settings))
        stack.enter_context(
            program("worker", log=tmp_path / "worker.log", ONTHAAL_DATA=own_settings.data, **core_environment)
        )
        channel_log = tmp_path / "bff.log"
        process = stack.enter_context(
            program(
                *("bff", "--port", str(port), "--channels", "widget"),
                log=channel_log,
                ONTHAAL_BFF_CORE_URL=core.url,
                ONTHAAL_BFF_KEYS=f"{own_settings.data}/keys",
            )
        )
        held = psutil.Process(process.pid).environ()
        assert not [name for name in SECRETS if name in held], "the channel knows something of the core's servers"
        channel = stack.enter_context(
            httpx.Client(base_url=f"http://{HOST}:{port}", headers={"X-CSRF": "1"}, timeout=20)
        )
        eventually(lambda: answers(channel), f"the channel did not start: {channel_log.read_text()[-2000:]}")
        body = {**FORM, "proof": proof(channel)}
        sent = channel.post("/widget/forms", json=body, headers={"Idempotency-Key": uuid4().hex})
        assert sent.status_code == 202, sent.text
        told = sent.json()
        eventually(lambda: reference_of(url, told["reference"]), "the form did not become a question")
        status = channel.post("/widget/status", json=told)
        assert status.json()["label"] == "ontvangen"
        assert channel.get("/agent/session").status_code == 404, "a channel that is not served here"


def answers(channel: httpx.Client) -> bool:
    """Whether it answers at all."""
    try:
        return channel.get("/widget/doc/openapi.json").is_success
    except httpx.HTTPError:
        return False


def reference_of(url: str, reference: str) -> str | None:
    """The question, as the database has it."""

    async def look() -> str | None:
        async with Database(url, role=APPLICATION, size=1) as database, database.begin(EVERYTHING) as uow:
            found: str | None = await uow.fetchval("SELECT reference FROM question WHERE reference = $1", reference)
            return found

    return asyncio.run(look())
