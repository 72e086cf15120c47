"""Several people and the platform at work on one question, also at the very same moment: rules and database agree.

Real connections, real commits, real row locks. After every step the timeline is replayed through the rules: it must
give exactly the row that is there, and of two who acted on the same version one must have lost.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from backend.app import Platform, development_issuer
from backend.contacts.life.schemas import Answer, Clarify, Note, Withdraw
from backend.contacts.life.service import Holding, LifeService
from backend.contacts.registration.schemas import ContactCreate
from backend.contacts.registration.service import ContactService
from backend.contacts.rules import (
    Given,
    NextAction,
    Placement,
    Standing,
    State,
    Term,
    Tick,
    Verb,
    apply,
    clock,
    hears,
    opening,
    starts,
)
from backend.crm.customers.service import CustomerService
from backend.identity.events import MembershipEnding
from backend.kit.access import Principal
from backend.kit.db import Database
from backend.kit.problems import ProblemError
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION
from backend.kit.work import Work
from backend.settings import Settings
from tests.people import USERS, People, add_people

RUNS, STEPS = 250, 50
"""Of each of the two tests, which run side by side: 500 runs in all."""

ACTORS = ("lead", "civilLead", "expert", "expert2", "mobility")
HOMES = {"lead": "onthaal", "civilLead": "burgerzaken", "expert": "burgerzaken", "expert2": "burgerzaken"}
COLLEAGUES = {"onthaal": "agent2", "burgerzaken": "expert2", "mobiliteit": "mobility"}
COLUMNS = ", ".join(Standing.__struct_fields__)
REFUSALS = {403, 409, 412}

Act = Callable[[LifeService, UUID, int], Awaitable[object]]


class World:
    """A platform on a database of its own, and the people in it."""

    def __init__(self, platform: Platform, people: People) -> None:
        self.platform = platform
        self.people = people

    def principal(self, name: str) -> Principal:
        departments = {self.people.departments[code]: frozenset(roles) for code, roles in USERS[name].items()}
        roles = frozenset(role for held in departments.values() for role in held)
        return Principal(id=self.people.users[name], name=name, roles=roles, departments=departments)

    def acts(self, verb: Verb, department: UUID, towards: str) -> tuple[str, Act]:
        """Operation and call of a verb of a person."""
        code = next(code for code, one in self.people.departments.items() if one == department)
        other = self.people.departments[towards]
        member = self.people.users[COLLEAGUES[code]]
        withdraw = Withdraw(reason="Niet meer nodig", cause="byCustomer")
        answer, clarify = Answer(text="Ja", channel="counter"), Clarify(text="Waar?", email="jan@voorbeeld.be")
        known: dict[Verb, tuple[str, Act]] = {
            Verb.CLAIM: ("claimQuestion", lambda life, question, version: life.claim(question, version)),
            Verb.ASSIGN: ("assignQuestion", lambda life, question, version: life.assign(question, member, version)),
            Verb.FORWARD: (
                "forwardQuestion",
                lambda life, question, version: life.forward(question, other, "Hoort daar", version),
            ),
            Verb.RETURN: (
                "returnQuestion",
                lambda life, question, version: life.give_back(question, "Niet voor ons", version),
            ),
            Verb.CLARIFY: ("clarifyQuestion", lambda life, question, version: life.clarify(question, clarify, version)),
            Verb.NOTE: (
                "noteQuestion",
                lambda life, question, version: life.note(question, Note(text="Gebeld"), version),
            ),
            Verb.ANSWER: ("answerQuestion", lambda life, question, version: life.answer(question, answer, version)),
            Verb.CLOSE: ("closeQuestion", lambda life, question, version: life.close(question, version)),
            Verb.REOPEN: (
                "reopenQuestion",
                lambda life, question, version: life.reopen(question, "Niet goed", version),
            ),
            Verb.WITHDRAW: (
                "withdrawQuestion",
                lambda life, question, version: life.withdraw(question, withdraw, version),
            ),
        }
        return known[verb]


PERSONS = (
    Verb.CLAIM, Verb.ASSIGN, Verb.FORWARD, Verb.RETURN, Verb.CLARIFY, Verb.NOTE, Verb.ANSWER, Verb.CLOSE, Verb.REOPEN,
    Verb.WITHDRAW,
)  # fmt: skip
BY_ITSELF = (Verb.REPLY, Verb.FAIL, Verb.RELEASE, Verb.ESCALATE, Verb.REMIND, Verb.PLAN, Verb.CALL)
"""What happens without a version: customers, bounces, sweeps."""


class QuestionAmongMany(RuleBasedStateMachine):
    """One question, and everybody who wants something with it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, world: World) -> None:
        super().__init__()
        self._loop = loop
        self._world = world
        self._seen: dict[str, int] = {}
        self._replayed = 0
        self._ticks: list[Tick] = []

    @initialize(channel=st.sampled_from(["email", "phone"]))
    def registered(self, channel: str) -> None:
        self.question = self._loop.run_until_complete(self._register(channel))
        self._check()

    @rule(actor=st.sampled_from(ACTORS))
    def looks(self, actor: str) -> None:
        self._seen[actor] = self.version

    @rule(actor=st.sampled_from(ACTORS), verb=st.sampled_from(PERSONS), towards=st.sampled_from(sorted(COLLEAGUES)))
    def acts_on_what_was_seen(self, actor: str, verb: Verb, towards: str) -> None:
        version = self._seen.get(actor, 1)
        before = self.version
        outcome = self._loop.run_until_complete(self._act(actor, verb, version, towards))
        self._check()
        assert outcome in {200, *REFUSALS}
        if outcome == 200:
            assert (version, self.version) == (before, before + 1)
            self._seen[actor] = self.version
        else:
            assert self.version == before, "what is refused changes nothing"
        assert outcome != 412 or version != before

    @rule(verb=st.sampled_from(BY_ITSELF))
    def happens(self, verb: Verb) -> None:
        before = self.version
        outcome = self._loop.run_until_complete(self._happen(verb))
        self._check()
        assert outcome in {200, 409}
        assert self.version - before in ({0} if outcome == 409 else {0, 1})

    @rule(
        actors=st.lists(st.sampled_from(ACTORS), min_size=2, max_size=3, unique=True),
        verbs=st.lists(st.sampled_from(PERSONS), min_size=3, max_size=3),
        also=st.none() | st.sampled_from(BY_ITSELF),
    )
    def all_at_once(self, actors: list[str], verbs: list[Verb], also: Verb | None) -> None:
        """All on the newest version: at most one of the people gets through, whatever happens by itself meanwhile."""
        before = self.version
        acts = [self._act(actor, verb, before, "burgerzaken") for actor, verb in zip(actors, verbs, strict=False)]
        others = [self._happen(also)] if also else []

        async def together() -> list[int]:
            return list(await asyncio.gather(*acts, *others))

        outcomes = self._loop.run_until_complete(together())
        self._check()
        people = outcomes[: len(acts)]
        assert set(outcomes) <= {200, *REFUSALS}
        assert people.count(200) <= 1, "two changed the same version"
        assert people.count(200) <= self.version - before <= outcomes.count(200)

    async def _register(self, channel: str) -> UUID:
        platform = self._world.platform
        body = {"channel": "phone", "questions": [{"subject": "Put in het voetpad", "answerChannel": channel}]}
        data = msgspec.convert(body, ContactCreate)
        async with platform.unit(self._world.principal("lead"), "registerContact", "test") as work:
            contacts = ContactService(work, platform.placer(work), CustomerService(work))
            return (await contacts.register(data)).questions[0].id

    async def _act(self, actor: str, verb: Verb, version: int, towards: str) -> int:
        department = self.row.department_id
        operation, act = self._world.acts(verb, department, towards)
        platform = self._world.platform
        try:
            async with platform.unit(self._world.principal(actor), operation, str(uuid4())) as work:
                await act(platform.life(work), self.question, version)
        except ProblemError as error:
            return error.status
        except asyncpg.ForeignKeyViolationError:  # assigned to a member of the department that it just left
            return 409
        return 200

    async def _happen(self, verb: Verb) -> int:
        platform = self._world.platform
        try:
            async with platform.database.transaction(EVERYTHING) as uow:
                await self._by_itself(verb, platform.work(uow, None, "test", "test"))
        except ProblemError as error:
            return error.status
        return 200

    async def _by_itself(self, verb: Verb, work: Work) -> None:
        platform, life = self._world.platform, self._world.platform.life(work)
        if verb is Verb.REPLY:
            contact = await work.uow.fetchval(
                "SELECT contact_id FROM contact_question WHERE question_id = $1", self.question
            )
            await life.reply(self.question, "Nog iets", contact)
        elif verb is Verb.FAIL:
            await life.undelivered(self.question, "550")
        elif verb is Verb.RELEASE:
            holder = self.row.assignee_id or self._world.people.users["expert"]
            await life.release(MembershipEnding(user_id=holder, department_id=self.row.department_id))
        else:
            holding = Holding(work, platform.placer(work))
            held = await holding.lock(self.question, None)
            planned = (NextAction.CALL_BACK, work.now) if verb is Verb.PLAN else None
            given = Given(at=work.now, planned=planned, assignee_id=self._member(held.standing.department_id))
            await holding.apply(verb, held, given)

    def _member(self, department: UUID) -> UUID:
        code = next(code for code, one in self._world.people.departments.items() if one == department)
        return self._world.people.users[COLLEAGUES[code]]

    def _check(self) -> None:
        """What is stored is what the rules make of the timeline."""
        row, events, terms = self._loop.run_until_complete(self._read())
        assert [event["version"] for event in events] == list(range(1, row["version"] + 1)), "one event per version"
        for event in events[self._replayed :]:
            self._replay(event, terms)
        self._replayed = len(events)
        stored = msgspec.convert({name: row[name] for name in Standing.__struct_fields__}, Standing)
        assert stored == self.row
        self.version: int = row["version"]

    def _replay(self, event: Any, terms: dict[UUID, Term]) -> None:
        """One event more."""
        at, term = event["at"], terms.get(event["term_id"])
        tick = Tick(version=event["version"], at=at, state=State(event["state"]), term=term)
        self._ticks.append(tick)
        if event["type"] == "registered":
            assert term is not None
            first = self._placed(event, term)
            self.row = opening(first, self._loop.run_until_complete(self._channel()), 2)
            return
        verb, before = Verb(event["type"]), self.row
        anew = starts(verb, before.state)
        assert anew == (term is not None), "a clock starts with a term, and only then"
        seen = self._loop.run_until_complete(self._planned(event["version"])) if verb is Verb.PLAN else None
        given = Given(
            at=at,
            clock=clock(self._ticks) if hears(verb, before.state) else None,
            assignee_id=event["assignee_id"],
            placement=self._placed(event, term) if term else None,
            been_there=event["department_id"] in self._been if verb in {Verb.FORWARD, Verb.RETURN} else False,
            planned=(NextAction.CALL_BACK, seen or at) if verb is Verb.PLAN else None,
        )
        self._been.add(event["department_id"])
        self.row = apply(verb, before, given)
        after = (self.row.state, self.row.department_id, self.row.assignee_id)
        assert after == (State(event["state"]), event["department_id"], event["assignee_id"])

    def _placed(self, event: Any, term: Term) -> Placement:
        if event["type"] == "registered":
            self._been = {event["department_id"]}
        return Placement(
            department_id=event["department_id"], term_id=event["term_id"], term=term, at=event["at"], sensitive=False
        )

    async def _channel(self) -> Any:
        return await self._one("SELECT answer_channel FROM question WHERE id = $1")

    async def _planned(self, version: int) -> datetime | None:
        """What was planned with this event: the moment itself, in this test."""
        found: datetime | None = await self._one(
            f"SELECT at FROM question_event WHERE question_id = $1 AND version = {int(version)}"
        )
        return found

    async def _one(self, sql: str) -> Any:
        async with self._world.platform.database.begin(EVERYTHING) as uow:
            return await uow.fetchval(sql, self.question)

    async def _read(self) -> tuple[Any, list[Any], dict[UUID, Term]]:
        async with self._world.platform.database.begin(EVERYTHING) as uow:
            row = await uow.fetchrow(f"SELECT version, {COLUMNS} FROM question WHERE id = $1", self.question)
            events = await uow.fetch(
                """SELECT version, at, type, state, department_id, assignee_id, term_id FROM question_event
                    WHERE question_id = $1 AND version > $2 - 1 ORDER BY version""",
                self.question,
                1,
            )
            wanted = {event["term_id"] for event in events if event["term_id"]}
            found = await uow.fetch("SELECT id, content FROM term WHERE id = ANY($1::uuid[])", list(wanted))
        return row, events, {one["id"]: msgspec.convert(_object(one["content"]), Term) for one in found}


def _object(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


@pytest.fixture
def world(own_database: str, settings: Settings) -> Iterator[tuple[asyncio.AbstractEventLoop, World]]:
    loop = asyncio.new_event_loop()

    async def begin() -> World:
        platform = Platform(settings, Database(own_database, role=APPLICATION))
        async with platform.database.transaction(EVERYTHING) as uow:
            return World(platform, await add_people(uow, development_issuer(settings)))

    made = loop.run_until_complete(begin())
    yield loop, made
    loop.run_until_complete(made.platform.database.close())
    loop.close()


@pytest.mark.parametrize("half", ["one", "two"])
def test_everybody_at_once(half: str, world: tuple[asyncio.AbstractEventLoop, World]) -> None:
    del half  # the random choices differ
    factory: Any = partial(QuestionAmongMany, *world)
    run_state_machine_as_test(
        factory,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
