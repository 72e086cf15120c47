"""A city without Mijn Burgerprofiel: nothing waits to be told."""

import pytest

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.settings import Settings
from backend.worker import handlers, sweeps
from tests.backend.cases.dossiers.conftest import TOPICS, Make, dossier, waiting

pytestmark = pytest.mark.anyio


@pytest.fixture
def coupled(settings: Settings) -> Settings:
    return settings


async def test_nothing_waits(customer: Make, ask: Make, platform: Platform, uow: UnitOfWork) -> None:
    question = await ask((await customer())["id"])
    assert await waiting(uow) == 0
    assert await dossier(uow, question) is None
    assert not set(TOPICS) & handlers(platform).keys()
    assert "dossiers" not in dict(sweeps(platform))
