"""Several at once, on connections of their own with real commits."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest

from backend.app import Platform, development_issuer
from backend.kit.access import Principal
from backend.kit.db import Database
from backend.kit.problems import ProblemError
from backend.kit.roles import APPLICATION
from backend.routing.rulesets.schemas import RuleSetCreate, RuleSetView
from backend.routing.rulesets.service import RuleSetService
from backend.settings import Settings
from tests.people import add_people

pytestmark = pytest.mark.anyio

Act = Callable[[RuleSetService], Awaitable[RuleSetView]]
Run = Callable[[Act], Awaitable[RuleSetView | int]]


@pytest.fixture
async def run(settings: Settings, own_database: str) -> AsyncIterator[Run]:
    """Does something in a transaction of its own, as an administrator; gives the set, or the status of the refusal."""
    async with Database(own_database, role=APPLICATION) as database:
        platform = Platform(settings, database)
        async with database.transaction() as uow:
            people = await add_people(uow, development_issuer(settings))
        roles = frozenset({"administrator"})
        who = Principal(id=people.users["administrator"], name="Administrator", roles=roles, departments={})

        async def act(what: Act) -> RuleSetView | int:
            try:
                async with database.transaction() as uow:
                    return await what(RuleSetService(platform.work(uow, who, "activateRuleSet", "t")))
            except ProblemError as error:
                return error.status

        yield act


async def draft(run: Run) -> UUID:
    made = await run(lambda sets: sets.create(RuleSetCreate(empty=True)))
    assert isinstance(made, RuleSetView)
    return made.id


async def test_one_draft_is_activated_once(run: Run) -> None:
    held = await draft(run)
    done = await asyncio.gather(*(run(lambda sets: sets.activate(held, "Beslist", 1)) for _ in range(2)))
    assert Counter(one if isinstance(one, int) else one.state for one in done) == {"active": 1, 412: 1}


async def test_of_two_drafts_at_once_one_is_activated(run: Run) -> None:
    one, other = await draft(run), await draft(run)
    done = await asyncio.gather(
        run(lambda sets: sets.activate(one, "Deze", 1)), run(lambda sets: sets.activate(other, "Of deze", 1))
    )
    assert Counter(one if isinstance(one, int) else one.state for one in done) == {"active": 1, 409: 1}


async def test_drafts_made_at_once_get_numbers_without_gaps(run: Run) -> None:
    made = await asyncio.gather(*(run(lambda sets: sets.create(RuleSetCreate())) for _ in range(5)))
    assert sorted(one.number for one in made if isinstance(one, RuleSetView)) == [1, 2, 3, 4, 5]
