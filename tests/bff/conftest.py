"""The channels before the core in one process, on the rolled-back platform of a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from backend.app import Platform
from bff import embedded
from bff.app import Mounted
from bff.settings import Settings
from tests.applications import lent

PUBLIC = "https://onthaal.test"


@pytest.fixture
def channel_settings(platform: Platform) -> Settings:
    """Settings of the channels beside the platform of the test; a folder may override what it needs."""
    return Settings(keys=str(Path(platform.settings.data) / "keys"), public_url=PUBLIC)


@asynccontextmanager
async def before_core(platform: Platform, settings: Settings) -> AsyncIterator[Mounted]:
    """Core and channels, running; the core is an application that tests take in turns."""
    with lent(platform) as core:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(embedded, "create_litestar", lambda _platform: core)
            made = embedded.mount(platform, settings)
        async with made.running():
            yield made


@pytest.fixture
async def mounted(platform: Platform, channel_settings: Settings) -> AsyncIterator[Mounted]:
    """Core and channels, running."""
    async with before_core(platform, channel_settings) as made:
        yield made


@pytest.fixture
async def http(mounted: Mounted) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of our own pages: https, and the header of every change."""
    transport = httpx.ASGITransport(app=mounted)  # type: ignore[arg-type] # the same protocol, typed by two
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers={"X-CSRF": "1"}) as client:
        yield client
