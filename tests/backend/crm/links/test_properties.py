"""Any sequence of merging, undoing, changing and contacts keeps everything on exactly one live customer.

The state machine compares the platform with a model that is told what happened: who is in whose file, which facts each
file shows, where contacts belong. The second test does it with several connections at once.
"""

import asyncio
import itertools
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from backend.app import Platform, development_issuer
from backend.contacts.registration.schemas import ContactCreate, QuestionCreate
from backend.contacts.registration.service import ContactService
from backend.crm.customers.schemas import ContactPointInput, CustomerCreate, CustomerPatch, NamesInput
from backend.crm.customers.service import CustomerService, winning
from backend.crm.links.service import LinkService
from backend.kit.access import Principal
from backend.kit.db import Database, UnitOfWork
from backend.kit.problems import ProblemError
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION
from backend.kit.work import Work
from backend.settings import Settings
from tests.people import People, add_people

_NUMBERS = itertools.count(100_000)


def phone() -> str:
    """A number nobody else has: an extension of the switchboard."""
    return str(next(_NUMBERS))


class Model:
    """What should be true."""

    def __init__(self) -> None:
        self.facts: dict[UUID, set[str]] = {}
        self.aside: set[tuple[UUID, str]] = set()
        self.into: dict[UUID, tuple[UUID, UUID]] = {}
        self.contacts: dict[UUID, UUID] = {}

    def root(self, one: UUID) -> UUID:
        while one in self.into:
            one = self.into[one][0]
        return one

    def members(self, root: UUID) -> set[UUID]:
        return {one for one in self.facts if self.root(one) == root}

    def shown(self, root: UUID) -> set[str]:
        inside = self.members(root)
        hidden = {fact for one, fact in self.aside if one in inside}
        return {fact for one in inside for fact in self.facts[one]} - hidden

    @property
    def live(self) -> list[UUID]:
        return sorted(one for one in self.facts if one not in self.into)


class Driver:
    """Acts on the platform, each act in a transaction of its own."""

    def __init__(self, platform: Platform, people: People) -> None:
        self.platform = platform
        self.principal = Principal(
            id=people.users["agent"],
            name="Agent",
            roles=frozenset({"agent"}),
            departments={people.departments["onthaal"]: frozenset({"agent"})},
        )

    def work(self, uow: UnitOfWork) -> Work:
        return self.platform.work(uow, self.principal, "test", "trace")

    async def create(self) -> tuple[UUID, str]:
        number = phone()
        data = CustomerCreate(
            kind="person",
            names=NamesInput(family=f"Naam{number}"),
            contact_points=(ContactPointInput(type="phone", value=number),),
        )
        async with self.platform.database.transaction(EVERYTHING) as uow:
            return await CustomerService(self.work(uow)).register(data), number

    async def merge(self, survivor: UUID, merged: UUID) -> UUID:
        async with self.platform.database.transaction(EVERYTHING) as uow:
            work = self.work(uow)
            return (await LinkService(work, CustomerService(work)).merge(survivor, merged, None)).merge.id

    async def undo(self, customer: UUID, merge: UUID) -> None:
        async with self.platform.database.transaction(EVERYTHING) as uow:
            work = self.work(uow)
            await LinkService(work, CustomerService(work)).undo(customer, merge, "toch niet")

    async def change(self, customer: UUID) -> str:
        number = phone()
        async with self.platform.database.transaction(EVERYTHING) as uow:
            customers = CustomerService(self.work(uow))
            version = (await customers.get(customer)).version
            points = (ContactPointInput(type="phone", value=number),)
            await customers.change(customer, CustomerPatch(contact_points=points), version)
        return number

    async def contact(self, customer: UUID) -> UUID:
        data = ContactCreate(channel="phone", customer_id=customer, questions=[QuestionCreate(subject="Vraag")])
        async with self.platform.database.transaction(EVERYTHING) as uow:
            work = self.work(uow)
            contacts = ContactService(work, self.platform.placer(work), CustomerService(work))
            return (await contacts.register(data)).id

    async def check(self, model: Model) -> None:
        async with self.platform.database.begin(EVERYTHING) as uow:
            customers = CustomerService(self.work(uow))
            for one in model.facts:
                file = await customers.file(one)
                assert file.id == model.root(one)
                assert set(file.members) == model.members(file.id)
            profiles = await customers.profiles(model.live)
            assert set(profiles) == set(model.live)
            for root, profile in profiles.items():
                assert {point.value for point in winning(profile).contact_points} == model.shown(root)


@pytest.fixture
def driver(own_database: str, settings: Settings) -> Iterator[tuple[asyncio.Runner, Driver]]:
    with asyncio.Runner() as runner:
        platform = Platform(settings, Database(own_database, role=APPLICATION, size=8))

        async def prepare() -> People:
            async with platform.database.transaction(EVERYTHING) as uow:
                return await add_people(uow, development_issuer(settings))

        yield runner, Driver(platform, runner.run(prepare()))
        runner.run(platform.database.close())


def machine(runner: asyncio.Runner, act: Driver) -> type[RuleBasedStateMachine]:  # noqa: C901 its rules belong together
    class Files(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.model = Model()

        @rule()
        def create(self) -> None:
            customer, number = runner.run(act.create())
            self.model.facts[customer] = {number}

        @precondition(lambda self: len(self.model.live) > 1)
        @rule(data=st.data())
        def merge(self, data: st.DataObject) -> None:
            survivor, merged = data.draw(st.permutations(self.model.live))[:2]
            self.model.into[merged] = (survivor, runner.run(act.merge(survivor, merged)))

        @precondition(lambda self: bool(self.model.into))
        @rule(data=st.data())
        def undo(self, data: st.DataObject) -> None:
            merged = data.draw(st.sampled_from(sorted(self.model.into)))
            runner.run(act.undo(merged, self.model.into[merged][1]))
            del self.model.into[merged]

        @precondition(lambda self: bool(self.model.facts))
        @rule(data=st.data())
        def change(self, data: st.DataObject) -> None:
            root = data.draw(st.sampled_from(self.model.live))
            before = self.model.shown(root)
            self.model.aside |= {(root, fact) for fact in before - self.model.facts[root]}
            self.model.facts[root] = {runner.run(act.change(root))}

        @precondition(lambda self: bool(self.model.facts))
        @rule(data=st.data())
        def contact(self, data: st.DataObject) -> None:
            customer = data.draw(st.sampled_from(sorted(self.model.facts)))
            self.model.contacts[runner.run(act.contact(customer))] = self.model.root(customer)

        @precondition(lambda self: bool(self.model.into))
        @rule(data=st.data())
        def a_merged_one_is_not_changed(self, data: st.DataObject) -> None:
            merged = data.draw(st.sampled_from(sorted(self.model.into)))
            for refused in (act.merge(merged, self.model.root(merged)), act.merge(self.model.root(merged), merged)):
                with pytest.raises(ProblemError, match="merged into another"):
                    runner.run(refused)

        @invariant()
        def everything_is_in_one_file(self) -> None:
            runner.run(act.check(self.model))

        def teardown(self) -> None:
            """Undone in any order, every customer has its own again."""
            for merged, (_, merge) in sorted(self.model.into.items()):
                runner.run(act.undo(merged, merge))
            self.model.into.clear()
            runner.run(act.check(self.model))
            runner.run(self.contacts_are_where_they_were_made())

        async def contacts_are_where_they_were_made(self) -> None:
            if not self.model.contacts:
                return
            async with act.platform.database.begin(EVERYTHING) as uow:
                rows = await uow.fetch(
                    "SELECT id, customer_id FROM contact WHERE id = ANY($1::uuid[])", list(self.model.contacts)
                )
            assert {row["id"]: row["customer_id"] for row in rows} == self.model.contacts

    return Files


def test_any_sequence_keeps_everything_on_one_live_customer(driver: tuple[asyncio.Runner, Driver]) -> None:
    run_state_machine_as_test(
        machine(*driver),
        settings=settings(
            max_examples=12,
            stateful_step_count=18,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


_FOREST = """
WITH RECURSIVE up AS (
  SELECT c.id, c.id AS at, 0 AS far FROM customer c
  UNION ALL
  SELECT u.id, m.survivor_id, u.far + 1 FROM up u JOIN customer_merge m ON m.merged_id = u.at AND m.undone_at IS NULL
   WHERE u.far < 100),
 top AS (SELECT DISTINCT ON (id) id, at, far FROM up ORDER BY id, far DESC)
SELECT t.id, t.far, t.at AS root, c.survivor_id FROM top t JOIN customer c ON c.id = t.id
"""


async def _struggle(act: Driver, customers: list[UUID], seed: int) -> dict[str, int]:
    """Merges and undoes at random; refusals are fine, they are counted."""
    draw, done = random.Random(seed), {"merge": 0, "undo": 0, "refused": 0}
    merges: list[tuple[UUID, UUID]] = []
    for _ in range(25):
        try:
            if merges and draw.random() < 0.4:
                customer, merge = merges.pop(draw.randrange(len(merges)))
                await act.undo(customer, merge)
                done["undo"] += 1
            else:
                survivor, merged = draw.sample(customers, 2)
                merges.append((merged, await act.merge(survivor, merged)))
                done["merge"] += 1
        except ProblemError as error:
            assert error.status in {409, 404, 412}, error  # noqa: PT017 which refusal depends on who was first
            done["refused"] += 1
    return done


def test_merging_and_undoing_at_once_keeps_a_forest(driver: tuple[asyncio.Runner, Driver]) -> None:
    runner, act = driver

    async def everybody() -> tuple[list[dict[str, int]], list[Any]]:
        customers = [(await act.create())[0] for _ in range(8)]
        done = await asyncio.gather(*(_struggle(act, customers, seed) for seed in range(4)))
        async with act.platform.database.begin(EVERYTHING) as uow:
            return list(done), list(await uow.fetch(_FOREST))

    done, rows = runner.run(everybody())
    assert sum(one["merge"] for one in done) > 8, done
    assert sum(one["undo"] for one in done) > 3, done
    for row in rows:
        assert row["far"] < 9, "a cycle of merges"
        assert (row["survivor_id"] or row["id"]) == row["root"], "the pointer leads to the live customer"
