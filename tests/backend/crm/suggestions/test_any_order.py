"""Any sequence of looks, decisions, merges and undoings keeps what people decided, and suggests live customers only."""

import random
from itertools import combinations
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.app import Platform
from backend.crm.customers.schemas import CustomerCreate
from backend.crm.customers.service import CustomerService
from backend.crm.links.service import LinkService
from backend.crm.suggestions.schemas import DecisionInput
from backend.crm.suggestions.service import DecisionService, Finder
from backend.kit.access import Principal
from backend.kit.problems import ProblemError
from backend.kit.reach import EVERYTHING
from tests.backend.crm.suggestions.conftest import JAN, JAN_AGAIN, JAN_BY_MAIL, person
from tests.people import People

pytestmark = pytest.mark.anyio

BODIES = [JAN, JAN_AGAIN, JAN_BY_MAIL, person("Jan", "Vandenbroeck", phone="0470123456", born="1985-07-30")]
STEPS = 25


class World:
    """Four customers that look alike, and what a person decided about them, kept on the side."""

    def __init__(self, platform: Platform, user: UUID, seed: int) -> None:
        self._platform = platform
        self._who = Principal(id=user, name="x", roles=frozenset({"agent"}), departments={})
        self._random = random.Random(seed)
        self.ids: list[UUID] = []
        self.apart: set[frozenset[UUID]] = set()

    async def act(self, do: Any) -> Any:
        async with self._platform.database.transaction(EVERYTHING) as uow:
            work = self._platform.work(uow, self._who, "test", "test")
            return await do(work, CustomerService(work))

    async def rows(self, sql: str) -> list[Any]:
        async with self._platform.database.begin(EVERYTHING) as uow:
            return await uow.fetch(sql)

    async def register(self) -> None:
        for body in BODIES:
            given = msgspec.convert(body, CustomerCreate)
            self.ids.append(await self.act(lambda _, customers, given=given: customers.register(given)))

    async def live(self) -> dict[UUID, UUID]:
        found = await self.rows("SELECT id, coalesce(survivor_id, id) AS live FROM customer")
        return {row["id"]: row["live"] for row in found}

    async def look(self) -> None:
        await self.act(lambda work, customers: Finder(work, customers).refresh(self.ids))

    async def step(self) -> None:
        kind = self._random.choice(("decide", "decide", "decide", "merge", "undo", "look"))
        await getattr(self, f"_{kind}")()

    async def _look(self) -> None:
        one = self._random.choice(self.ids)
        await self.act(lambda work, customers: Finder(work, customers).refresh([one]))

    async def _decide(self) -> None:
        rows = await self.rows("SELECT * FROM match_suggestion ORDER BY first_id, second_id")
        if not rows:
            return
        row, decision = (
            self._random.choice(rows),
            self._random.choice(("different", "different", "later", "open", "same")),
        )
        given = msgspec.convert({"decision": decision}, DecisionInput)
        before = await self.live()
        try:
            await self.act(
                lambda work, customers: DecisionService(work, customers).decide(row["id"], given, row["version"])
            )
        except ProblemError as refused:
            assert refused.status == 409  # noqa: PT017
            return
        pair = frozenset({row["first_id"], row["second_id"]})
        if decision == "different":
            self.apart.add(pair)
        elif decision != "same":  # what was said between members of the two files does not hold any more
            self.apart = {one for one in self.apart if frozenset(before[member] for member in one) != pair}

    async def _merge(self) -> None:
        one, other = self._random.sample(self.ids, 2)
        try:
            await self.act(lambda work, customers: LinkService(work, customers).merge(one, other, None))
        except ProblemError as refused:
            assert refused.status == 409  # noqa: PT017

    async def _undo(self) -> None:
        merges = await self.rows("SELECT * FROM customer_merge WHERE undone_at IS NULL ORDER BY id")
        if merges:
            merge = self._random.choice(merges)
            await self.act(
                lambda work, customers: LinkService(work, customers).undo(merge["merged_id"], merge["id"], "toch niet")
            )
            self.apart.add(frozenset({merge["survivor_id"], merge["merged_id"]}))

    async def check(self) -> None:
        live = await self.live()
        states = {}
        for row in await self.rows("SELECT first_id, second_id, state FROM match_suggestion"):
            states[frozenset({row["first_id"], row["second_id"]})] = row["state"]
            if row["state"] in {"open", "later"}:
                assert live[row["first_id"]] == row["first_id"], "suggested, though it is part of another file"
                assert live[row["second_id"]] == row["second_id"]
            if row["state"] == "same":
                assert live[row["first_id"]] == live[row["second_id"]], "the same, and yet two files"
        for one in self.apart:
            files = frozenset(live[member] for member in one)
            if len(files) > 1:
                assert states.get(files) not in {"open", "later"}, "a person said that they are different"
        for first, second in combinations(sorted({*live.values()}), 2):
            said = any(frozenset(live[member] for member in one) == {first, second} for one in self.apart)
            state = states.get(frozenset({first, second}))
            assert state != "different" or said, "nobody said that they are different"


@pytest.mark.parametrize("seed", range(8))
async def test_any_sequence(platform: Platform, people: People, seed: int) -> None:
    world = World(platform, people.users["agent"], seed)
    await world.register()
    await world.look()
    for _ in range(STEPS):
        await world.step()
        await world.check()
        await world.look()
        await world.check()
