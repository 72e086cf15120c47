"""Several departments and the owner at the very same moment: real connections, real commits, real locks.

A state machine does anything in any order, also at once; the question counts its open parts right after every step,
and no part ends without a trace.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from msgspec import UNSET

from backend.app import Platform, development_issuer
from backend.contacts.contributions.schemas import ContributionAsk, ContributionsAsk
from backend.contacts.contributions.service import AskingService, GivingService
from backend.contacts.life.schemas import Answer, Withdraw
from backend.contacts.registration.schemas import ContactCreate
from backend.contacts.registration.service import ContactService
from backend.crm.customers.service import CustomerService
from backend.kit.access import Principal
from backend.kit.db import Database
from backend.kit.problems import ProblemError
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION
from backend.kit.work import Work
from backend.settings import Settings
from tests.people import USERS, People, add_people

RUNS, STEPS = 12, 25
WORKERS = {"onthaal": "agent", "burgerzaken": "expert", "mobiliteit": "mobility", "sociaal-huis": "social"}
CODES = sorted(WORKERS)
REFUSALS = {403, 404, 409, 412}
ENDS = {"given": "contributionGiven", "dropped": "contributionDropped"}

Act = Callable[[Work], Awaitable[object]]


class World:
    """A platform on a database of its own, and what people do on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, platform: Platform, people: People) -> None:
        self.loop = loop
        self.platform = platform
        self.people = people

    def run(self, *acts: Awaitable[int]) -> list[int]:
        async def together() -> list[int]:
            return list(await asyncio.gather(*acts))

        return self.loop.run_until_complete(together())

    async def as_person(self, name: str, operation: str, act: Act) -> int:
        """The status with which it ended."""
        departments = {self.people.departments[code]: frozenset(roles) for code, roles in USERS[name].items()}
        roles = frozenset(role for held in departments.values() for role in held)
        who = Principal(id=self.people.users[name], name=name, roles=roles, departments=departments)
        try:
            async with self.platform.unit(who, operation, str(uuid4())) as work:
                await act(work)
        except ProblemError as error:
            return error.status
        return 200

    async def register(self) -> UUID:
        body = {
            "channel": "phone",
            "questions": [{"subject": "Terras", "departmentId": str(self.people.departments["burgerzaken"])}],
        }
        made: list[UUID] = []

        async def act(work: Work) -> None:
            contacts = ContactService(work, self.platform.placer(work), CustomerService(work))
            made.append((await contacts.register(msgspec.convert(body, ContactCreate))).questions[0].id)

        assert await self.as_person("agent", "registerContact", act) == 200
        return made[0]

    def ask(self, question: UUID, codes: list[str], version: int, by: str) -> Awaitable[int]:
        items = [ContributionAsk(department_id=self.people.departments[code], asked="Wat vind je?") for code in codes]
        data = ContributionsAsk(items=items)
        return self.as_person(by, "askContributions", lambda work: self._asking(work).ask(question, data, version))

    def drop(self, question: UUID, part: UUID, version: int, by: str) -> Awaitable[int]:
        return self.as_person(
            by, "dropContribution", lambda work: self._asking(work).drop(question, part, "Niet nodig", version)
        )

    def give(self, part: UUID, version: int, by: str) -> Awaitable[int]:
        return self.as_person(by, "giveContribution", lambda work: self._giving(work).give(part, f"Van {by}", version))

    def decline(self, part: UUID, version: int, by: str) -> Awaitable[int]:
        return self.as_person(by, "declineContribution", lambda work: self._giving(work).decline(part, "Nee", version))

    def claim(self, part: UUID, version: int, by: str) -> Awaitable[int]:
        return self.as_person(by, "claimContribution", lambda work: self._giving(work).claim(part, version))

    def answer(self, question: UUID, version: int, by: str, why: str | None) -> Awaitable[int]:
        data = Answer(text="Ja", channel="counter", override_reason=why or UNSET)
        return self.as_person(
            by, "answerQuestion", lambda work: self.platform.life(work).answer(question, data, version)
        )

    def reopen(self, question: UUID, version: int, by: str) -> Awaitable[int]:
        return self.as_person(
            by, "reopenQuestion", lambda work: self.platform.life(work).reopen(question, "Toch niet", version)
        )

    def withdraw(self, question: UUID, version: int, by: str) -> Awaitable[int]:
        data = Withdraw(reason="Dubbel", cause="duplicate")
        return self.as_person(
            by, "withdrawQuestion", lambda work: self.platform.life(work).withdraw(question, data, version)
        )

    def forward(self, question: UUID, code: str, version: int, by: str) -> Awaitable[int]:
        to = self.people.departments[code]
        return self.as_person(
            by, "forwardQuestion", lambda work: self.platform.life(work).forward(question, to, "Hoort daar", version)
        )

    async def look(self, question: UUID) -> tuple[Any, list[Any], list[Any]]:
        """The question, its parts in the order of asking, its events."""
        async with self.platform.database.begin(EVERYTHING) as uow:
            row = await uow.fetchrow("SELECT * FROM question WHERE id = $1", question)
            parts = await uow.fetch("SELECT * FROM contribution WHERE question_id = $1 ORDER BY id", question)
            events = await uow.fetch("SELECT * FROM question_event WHERE question_id = $1 ORDER BY version", question)
        return row, parts, events

    def _asking(self, work: Work) -> AskingService:
        return AskingService(work, self.platform.placer(work))

    def _giving(self, work: Work) -> GivingService:
        return GivingService(work, self.platform.placer(work))


@pytest.fixture
def world(own_database: str, settings: Settings) -> Iterator[World]:
    loop = asyncio.new_event_loop()

    async def begin() -> World:
        platform = Platform(settings, Database(own_database, role=APPLICATION))
        async with platform.database.transaction(EVERYTHING) as uow:
            return World(loop, platform, await add_people(uow, development_issuer(settings)))

    made = loop.run_until_complete(begin())
    yield made
    loop.run_until_complete(made.platform.database.close())
    loop.close()


def asked(world: World, *codes: str) -> tuple[UUID, list[UUID], int]:
    """A question of civil affairs with open parts, and its version."""
    question = world.loop.run_until_complete(world.register())
    assert world.run(world.ask(question, list(codes), 1, "expert")) == [200]
    row, parts, _ = world.loop.run_until_complete(world.look(question))
    return question, [part["id"] for part in parts], row["version"]


def test_of_two_who_give_at_once_one_wins(world: World) -> None:
    _, (part,), _ = asked(world, "onthaal")
    assert sorted(world.run(world.give(part, 1, "agent"), world.give(part, 1, "agent2"))) == [200, 412]
    question, (first, second), version = asked(world, "onthaal", "mobiliteit")
    assert world.run(world.give(first, 1, "agent"), world.give(second, 1, "mobility")) == [200, 200]
    row, _, _ = world.loop.run_until_complete(world.look(question))
    assert (row["open_contributions"], row["version"]) == (0, version + 2)


@pytest.mark.parametrize("why", [None, "De klant wacht"])
def test_a_part_that_is_given_while_the_owner_answers_is_never_lost(why: str | None, world: World) -> None:
    outcomes = set()
    for _ in range(6):
        question, (part,), version = asked(world, "mobiliteit")
        gave, answered = world.run(world.give(part, 1, "mobility"), world.answer(question, version, "expert", why))
        outcomes.add((gave, answered))
        row, (stored,), events = world.loop.run_until_complete(world.look(question))
        if gave == 200:
            assert answered in {409, 412}, "answered without what was just given"
            assert (stored["state"], stored["given"], row["state"]) == ("given", "Van mobility", "new")
        else:
            assert (gave, answered) in {(409, 200), (412, 200)}
            assert (stored["state"], stored["reason"], row["state"]) == ("dropped", why, "answered")
            assert events[-1]["data"] is not None
    assert outcomes <= {(200, 409), (200, 412), *([(409, 200), (412, 200)] if why else [])}


WRONG = [
    "UPDATE question SET open_contributions = open_contributions + 1 WHERE id = $1",
    "UPDATE question SET open_contributions = 0 WHERE id = $1",
    """UPDATE question SET department_id = (SELECT department_id FROM contribution WHERE question_id = $1)
        WHERE id = $1""",
    """UPDATE contribution SET state = 'dropped', reason = 'x', ended_at = now(), escalate_at = NULL
        WHERE question_id = $1""",
    """INSERT INTO contribution (id, question_id, reference, department_id, asked, asked_by, asked_at, deadline,
              term_id, escalate_at)
       SELECT gen_random_uuid(), $1, reference, d.id, asked, asked_by, asked_at, deadline, term_id, escalate_at
         FROM contribution, department d WHERE question_id = $1 AND d.code = 'onthaal'""",
]
"""What a service could forget, in SQL."""


def test_the_database_counts_along(world: World) -> None:
    """Such a transaction is not committed."""
    question, _, _ = asked(world, "mobiliteit")

    async def do(sql: str) -> None:
        async with world.platform.database.transaction(EVERYTHING) as uow:
            await uow.execute(sql, question)

    for sql in WRONG:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            world.loop.run_until_complete(do(sql))
        assert refused.value.constraint_name == "ck_question_open_contributions", sql


class PartsOfOneAnswer(RuleBasedStateMachine):
    """One question, its owner, and departments that are asked, give, decline and are forgotten."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    @initialize()
    def registered(self) -> None:
        self.question = self._world.loop.run_until_complete(self._world.register())
        self._check()

    @property
    def owner(self) -> str:
        """Who handles it, whoever has it now."""
        code = next(one for one, id_ in self._world.people.departments.items() if id_ == self.row["department_id"])
        return WORKERS[code]

    def act(self, name: str, code: str, number: int, *, stale: bool) -> Awaitable[int]:
        """One of the things that somebody can do; about the part of that number when there is one."""
        world, question, version, owner = self._world, self.question, self.row["version"] - stale, self.owner
        if self.parts:
            part = self.parts[number % len(self.parts)]
            codes = {id_: one for one, id_ in world.people.departments.items()}
            giver, seen = WORKERS[codes[part["department_id"]]], part["version"] - stale
            about_it: dict[str, Callable[[], Awaitable[int]]] = {
                "give": lambda: world.give(part["id"], seen, giver),
                "decline": lambda: world.decline(part["id"], seen, giver),
                "claim": lambda: world.claim(part["id"], seen, giver),
                "drop": lambda: world.drop(question, part["id"], version, owner),
            }
            if name in about_it:
                return about_it[name]()
        others: dict[str, Callable[[], Awaitable[int]]] = {
            "forward": lambda: world.forward(question, code, version, owner),
            "reopen": lambda: world.reopen(question, version, owner),
            "withdraw": lambda: world.withdraw(question, version, owner),
            "answer": lambda: world.answer(question, version, owner, None),
            "override": lambda: world.answer(question, version, owner, "Geen tijd"),
        }
        return others.get(name, lambda: world.ask(question, [code], version, owner))()

    acts = st.sampled_from(
        ["ask", "ask", "ask", "give", "give", "decline", "claim", "drop", "answer", "override", "forward", "reopen"]
    )

    @rule(name=acts, code=st.sampled_from(CODES), number=st.integers(0, 50), stale=st.booleans())
    def one_acts(self, name: str, code: str, number: int, stale: bool) -> None:
        (outcome,) = self._world.run(self.act(name, code, number, stale=stale))
        assert outcome in {200, *REFUSALS}
        before = self.row["version"]
        self._check()
        assert outcome == 200 or self.row["version"] == before, "what is refused changes nothing"

    @rule(names=st.lists(acts, min_size=2, max_size=3), codes=st.permutations(CODES), number=st.integers(0, 50))
    def several_act_at_once(self, names: list[str], codes: list[str], number: int) -> None:
        acts = [self.act(name, codes[place], number + place, stale=False) for place, name in enumerate(names)]
        outcomes = self._world.run(*acts)
        assert set(outcomes) <= {200, *REFUSALS}
        before = self.row["version"]
        self._check()
        assert self.row["version"] > before or 200 not in outcomes

    @rule()
    def withdrawn(self) -> None:
        if self.row["version"] > 12:
            self._world.run(self.act("withdraw", "onthaal", 0, stale=False))
            self._check()

    def _check(self) -> None:
        """The count is right, the owner owes itself nothing, every part begins and ends in the timeline."""
        self.row, self.parts, events = self._world.loop.run_until_complete(self._world.look(self.question))
        still = [part for part in self.parts if part["state"] == "open"]
        assert self.row["open_contributions"] == len(still)
        assert all(part["department_id"] != self.row["department_id"] for part in still)
        assert not still or self.row["state"] in {"new", "inProgress", "waitingForCustomer"}
        assert [event["version"] for event in events] == list(range(1, self.row["version"] + 1))
        for part in self.parts:
            told = [event["type"] for event in events if str(part["id"]) in str(event["data"] or "")]
            assert told[0] == "contributionAsked"
            ends = [one for one in told[1:] if one != "contributionChanged"]
            assert len(ends) == (part["state"] != "open"), "it ends once, and not without a trace"
            assert not ends or ends[0] in {ENDS[part["state"]], "answered", "withdrawn"}
            assert (part["state"] == "given") == (part["given"] is not None)


def test_the_count_is_always_right(world: World) -> None:
    run_state_machine_as_test(
        lambda: PartsOfOneAnswer(world),  # type: ignore[arg-type]  # a factory is enough
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
