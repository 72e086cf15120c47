"""A small installation with a database of its own: forms are really committed, the worker's handlers really run."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import altcha
import httpx
import msgspec
import pytest
from aiosmtpd.smtp import SMTP

from backend.app import Platform, development_issuer
from backend.kit.db import Row
from backend.kit.embedded.cluster import Cluster
from backend.kit.embedded.mailsink import Keeper, list_mails, read_mail
from backend.kit.outbox import Dispatcher, Effect
from backend.kit.reach import EVERYTHING
from backend.notifications.service import Mailer
from backend.platform import channel_issuer
from backend.settings import Settings
from backend.worker import handlers
from tests.applications import running
from tests.conftest import Client
from tests.description import DescriptionCheck
from tests.people import People, add_people

FORM: dict[str, Any] = {
    "givenName": "Jef",
    "familyName": "Maes",
    "email": "jef.maes@voorbeeld.be",
    "address": {"street": "Kerkstraat", "number": "12", "postcode": "9000", "municipality": "Gent"},
    "subject": "Vuilnis",
    "text": "Wanneer komt de vuilniswagen?",
}


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class Counter:
    """The website's counter.

    Attributes:
        failures: why effects failed, in order.
    """

    def __init__(self, platform: Platform, people: People, client: Client, maildir: Path) -> None:
        self.platform = platform
        self.people = people
        self.maildir = maildir
        self.failures: list[str] = []
        self._client = client

    def visitor(self, network: str = "") -> Client:
        """Somebody unknown, from a network of its own unless told."""
        issuer = channel_issuer(self.platform.settings, "widget")
        return self._client.as_user(issuer.token("visitor", net=network or uuid4().hex))

    def customer(self, customer_id: str) -> Client:
        """A customer who is logged in."""
        issuer = channel_issuer(self.platform.settings, "widget")
        return self._client.as_user(issuer.token(customer_id, net=uuid4().hex))

    def staff(self, name: str = "agent") -> Client:
        """A colleague."""
        return self._client.as_user(self.people.tokens[name])

    async def proof(self, client: Client) -> dict[str, str]:
        """What a browser calculates before it sends the form."""
        response = await client.post("/intake/challenges", json={})
        assert response.status_code == 200, response.text
        challenge = altcha.Challenge.from_dict(response.json()["challenge"])
        solution = altcha.solve_challenge(challenge)
        assert solution is not None
        payload = {"challenge": challenge.to_dict(), "solution": solution.to_dict()}
        return {"kind": "proofOfWork", "value": base64.b64encode(json.dumps(payload).encode()).decode()}

    async def send(
        self, client: Client | None = None, *, key: str = "", proof: dict[str, str] | None = None, **form: Any
    ) -> httpx.Response:
        """A form of somebody unknown, with a good proof."""
        client = client or self.visitor()
        body = {**FORM, **form, "proof": proof or await self.proof(client)}
        body = {name: value for name, value in body.items() if value is not None}
        return await client.post("/intake/forms", json=body, headers={"Idempotency-Key": key or uuid4().hex})

    async def work(self) -> None:
        """Run what waits in the outbox, as the worker does, until nothing does."""
        dispatcher = Dispatcher(self.platform.database, handlers(self.platform), self._failed)
        for _ in range(10):
            effects = await dispatcher.lease(50)
            for effect in effects:
                await dispatcher.run(effect)
            if not effects:
                return

    def _failed(self, effect: Effect, reason: str, _dead: bool) -> None:
        self.failures.append(f"{effect.topic} {reason}")

    async def fetch(self, sql: str, *args: object) -> list[Row]:
        """Look into the database."""
        async with self.platform.database.begin(EVERYTHING) as uow:
            return await uow.fetch(sql, *args)

    async def execute(self, sql: str, *args: object) -> None:
        """Arrange something in the database."""
        async with self.platform.database.transaction(EVERYTHING) as uow:
            await uow.execute(sql, *args)

    def mails(self, to: str) -> list[EmailMessage]:
        """What was mailed to this address, the oldest first."""
        return [read_mail(self.maildir, one.id) for one in list_mails(self.maildir) if to in one.to]


def administrator(counter: Counter, cluster: Cluster) -> str:
    """The database of the counter for somebody who may do what the application may not."""
    name = counter.platform.settings.database_url.split("@/")[1].split("?")[0]
    return cluster.url("postgres", name).replace("+asyncpg", "")


async def until_one_waits(counter: Counter) -> None:
    """Until some transaction waits for another."""
    async with asyncio.timeout(20):
        while True:
            (row,) = await counter.fetch(WAITING)
            if row["count"]:
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def opened(
    settings: Settings, database_url: str, maildir: Path, check: DescriptionCheck
) -> AsyncIterator[Counter]:
    """The counter, open."""
    here = msgspec.structs.replace(
        settings,
        database_url=database_url,
        form_cost=1,
        form_wait_seconds=0,
        match_seconds_least=0,
        match_seconds_most=0,
        widget_url="https://www.zonderwater.example/contact",
    )
    platform = Platform(here)
    keeper = Keeper(maildir)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(keeper, hostname="localhost"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    platform.mailer = Mailer(f"smtp://127.0.0.1:{port}", here.mail_from, here.city)
    async with running(platform) as app, Client(app, check) as client:
        async with platform.database.transaction(EVERYTHING) as uow:
            people = await add_people(uow, development_issuer(here))
        yield Counter(platform, people, client, maildir)
    server.close()
    await server.wait_closed()


@pytest.fixture
async def counter(
    settings: Settings, own_database: str, tmp_path: Path, description: DescriptionCheck
) -> AsyncIterator[Counter]:
    async with opened(settings, own_database, tmp_path / "mail", description) as made:
        yield made
