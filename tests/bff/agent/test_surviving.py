"""What is typed survives the process; what the core cannot answer is a 502."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.settings import Settings
from bff.app import Mounted, create_channels
from bff.core.transport import CoreAway, Received, Sent
from bff.settings import Settings as ChannelSettings
from tests.bff.agent.conftest import Desk, browser, running
from tests.bff.conftest import PUBLIC
from tests.bff.sessions import channel_of, cookie, sign_in
from tests.people import People

pytestmark = pytest.mark.anyio


async def test_a_contact_in_progress_survives_a_crash(core_settings: Settings, city: People) -> None:
    draft, typed = uuid4(), {"title": "Lien", "content": {"notes": "belt terug", "step": 2}}
    async with running(core_settings, city) as before:
        kept = await before["agent"].put(f"/contactDrafts/{draft}", json=typed, headers={"If-Match": '"0"'})
        assert kept.status_code == 200, kept.text
    async with running(core_settings, city) as after:
        shown = (await after["agent"].get("/screens/contact")).json()
        assert str(draft) in [one["id"] for one in shown["drafts"]["items"]]
        read = await after["agent"].get(f"/contactDrafts/{draft}")
        assert read.json()["content"] == typed["content"]


async def test_without_postgresql_a_screen_is_a_502(desk: Desk, core_settings: Settings, city: People) -> None:
    broken = Settings(
        data=core_settings.data, database_url="postgresql+asyncpg://x@127.0.0.1:1/x", redis_url=core_settings.redis_url
    )
    async with running(broken, city) as away:
        response = await away["agent"].get("/screens/start")
        assert response.status_code == 502
        assert response.headers["content-type"] == "application/problem+json"
        wrapped = await away["agent"].post(
            "/screens/wrapUp", json={"contact": {"channel": "phone"}}, headers={"Idempotency-Key": str(uuid4())}
        )
        assert wrapped.status_code == 502
    assert (await desk["agent"].get("/screens/start")).status_code == 200


class Silent:
    """A core that never answers in time, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def send(self, request: Sent) -> Received:
        self.asked.append(f"{request.method} {request.path}")
        raise CoreAway("TimeoutError")

    async def close(self) -> None:
        """Nothing to let go of."""


async def test_a_time_out_is_a_502_and_nothing_is_asked_twice(core_settings: Settings, city: People) -> None:
    silent = Silent()
    settings = ChannelSettings(keys=str(Path(core_settings.data) / "keys"), public_url=PUBLIC, channels=("agent",))
    mounted: Any = Mounted(create_channels(settings, lambda: silent))
    async with mounted.running():
        signed = await sign_in(channel_of(mounted, "agent"), str(city.users["agent"]))
        client: httpx.AsyncClient = browser(mounted, {**cookie(signed), "X-CSRF": "1"})
        response = await client.post(
            "/screens/wrapUp", json={"contact": {"channel": "phone"}}, headers={"Idempotency-Key": str(uuid4())}
        )
        assert response.status_code == 502
        assert silent.asked == ["POST /contacts"]
