"""Core and channels on a database of their own: the parts of a screen are read on several connections at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from backend.app import Platform, development_issuer
from backend.kit.embedded.cluster import Cluster
from backend.kit.roles import APPLICATION
from backend.settings import Settings as CoreSettings
from bff.settings import Settings
from tests.bff.conftest import PUBLIC, before_core
from tests.bff.sessions import channel_of, cookie, sign_in
from tests.conftest import _sql, copied
from tests.people import People, add_people
from tests.samples import PERSON

TOKEN = "switchboard-0123456789-0123456789"


class Desk(msgspec.Struct):
    """Running channels, and a browser for each colleague."""

    app: Any
    platform: Platform
    people: People
    browsers: dict[str, httpx.AsyncClient]

    def __getitem__(self, who: str) -> httpx.AsyncClient:
        return self.browsers[who]


@pytest.fixture(scope="module")
def core_settings(settings: CoreSettings, cluster: Cluster, template: str) -> Any:
    """A database that keeps what is committed, for the tests of a module."""
    name = f"desk_{uuid4().hex[:12]}"
    asyncio.run(_sql(cluster, copied(name, template)))
    yield msgspec.structs.replace(settings, database_url=cluster.url(APPLICATION, name))
    asyncio.run(_sql(cluster, f"DROP DATABASE {name} WITH (FORCE)"))


@asynccontextmanager
async def running(core_settings: CoreSettings, people: People, **chosen: Any) -> AsyncIterator[Desk]:
    """A process with the core and the channels."""
    platform = Platform(core_settings)
    settings = Settings(keys=str(Path(core_settings.data) / "keys"), public_url=PUBLIC, **chosen)
    async with before_core(platform, settings) as mounted:
        browsers = {"nobody": browser(mounted)}
        for who, user in people.users.items():
            signed = await sign_in(channel_of(mounted, "agent"), str(user))
            browsers[who] = browser(mounted, {**cookie(signed), "X-CSRF": "1"})
        yield Desk(mounted, platform, people, browsers)


def browser(app: Any, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A browser that shows our pages."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"{PUBLIC}/agent", headers=headers)


@pytest.fixture(scope="module")
async def city(core_settings: CoreSettings) -> People:
    """Departments and colleagues."""
    platform = Platform(core_settings)
    async with platform.database.begin() as uow:
        made = await add_people(uow, development_issuer(core_settings))
        await uow.commit()
    await platform.database.close()
    return made


@pytest.fixture
async def desk(core_settings: CoreSettings, city: People, tmp_path: Path) -> AsyncIterator[Desk]:
    """The running channels."""
    token = tmp_path / "token"
    token.write_text(TOKEN)
    async with running(core_settings, city, telephone_token_file=str(token)) as made:
        yield made


@pytest.fixture
async def question(desk: Desk) -> dict[str, Any]:
    """A question of a customer for civil affairs, registered at the desk."""
    return await register(desk, "burgerzaken")


async def register(desk: Desk, department: str) -> dict[str, Any]:
    """A contact with one question, through the channel."""
    made = await wrap_up(desk["agent"], contact(desk.people.departments[department]))
    assert made.status_code == 201, made.text
    question: dict[str, Any] = made.json()["contact"]["questions"][0]
    return question


def contact(department: UUID) -> dict[str, Any]:
    """What a colleague wraps up."""
    asked = {"subject": "Reispas", "text": "Hoe lang?", "departmentId": str(department)}
    return {"channel": "phone", "customer": PERSON, "questions": [asked]}


async def wrap_up(
    client: httpx.AsyncClient, body: dict[str, Any], draft: UUID | None = None, key: str = ""
) -> httpx.Response:
    """Send the wrap-up."""
    sent = {"contact": body, **({"draftId": str(draft)} if draft else {})}
    return await client.post("/screens/wrapUp", json=sent, headers={"Idempotency-Key": key or str(uuid4())})
