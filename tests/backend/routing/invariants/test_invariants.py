"""A database that was used well breaks no invariant; what is planted in it, whatever the constraints, is found."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import pytest

from backend.app import Platform, create_litestar, development_issuer
from backend.kit.boundary import Boundary
from backend.kit.db import Database, cast_connection
from backend.kit.embedded.cluster import Cluster
from backend.kit.metrics import observe
from backend.kit.roles import APPLICATION
from backend.routing.invariants.rules import OF_ALL, OF_ENDED, OF_OPEN
from backend.routing.invariants.service import InvariantService
from backend.settings import Settings
from backend.worker import handlers
from tests.backend.routing.sweeping import do
from tests.conftest import Client, RolledBack
from tests.description import DescriptionCheck
from tests.people import People, add_people

pytestmark = pytest.mark.anyio

UNCHECKED = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'question'::regclass AND contype = 'c' LOOP
    EXECUTE 'ALTER TABLE question DROP CONSTRAINT ' || quote_ident(name);
  END LOOP;
END $$
"""
ABOUT = "WHERE id = '{claimed}'"
PLANTED: dict[str, list[str]] = {
    "openHasOwnerDeadlineAndNextAction": [
        UNCHECKED,
        f"UPDATE question SET next_action = NULL {ABOUT}",
    ],
    "assigneeIsActiveMemberOfOwner": [
        f"UPDATE app_user SET active = false WHERE id = (SELECT assignee_id FROM question {ABOUT})"
    ],
    "deadlineFollowsFromEvents": [f"UPDATE question SET deadline = deadline + '1 minute'::interval {ABOUT}"],
    "nextStepIsTaken": [f"UPDATE question SET escalate_at = now() - '2 hours'::interval {ABOUT}"],
    "endedHasNothingPending": [
        UNCHECKED,
        "UPDATE question SET escalate_at = now() WHERE id = '{answered}'",
    ],
    "everyQuestionWasRegistered": [
        "UPDATE question_event SET type = 'noted' WHERE question_id = '{claimed}' AND version = 1"
    ],
    "oneEventForEachVersion": ["DELETE FROM question_event WHERE question_id = '{claimed}' AND version = 1"],
    "newestEventAgreesWithQuestion": [f"UPDATE question SET assignee_id = NULL {ABOUT}"],
    "everyChangeFollowsFromAVerb": [
        "UPDATE question_event SET type = 'closed' WHERE question_id = '{claimed}' AND version = 2"
    ],
    "countsFollowFromEvents": [f"UPDATE question SET bounces = bounces + 1 {ABOUT}"],
    "everyContactHasQuestions": ["DELETE FROM contact_question WHERE question_id = '{claimed}'"],
    "pendingMessageIsInOutbox": ["DELETE FROM outbox"],
    "outboxHasHandler": ["UPDATE outbox SET topic = 'nobody.handles'"],
    "deadMessageShowsOnQuestion": ["UPDATE outbox SET dead_at = now() WHERE topic = 'contacts.sendMessage'"],
}


class City(msgspec.Struct, frozen=True, kw_only=True):
    """A database of its own that was used, seen by its superuser, and questions in it by what was done to them."""

    database: RolledBack
    topics: list[str]
    questions: dict[str, str]

    async def faults(self) -> dict[str, set[UUID]]:
        """Invariant -> what breaks it; every one is in it."""
        found = await InvariantService(self.database, self.topics).check()
        idle = {one.invariant for one in found if not one.looked_at}
        assert idle == {"deadMessageShowsOnQuestion"}, "every other invariant looks at something"
        return {one.invariant: {each.id for each in one.violations} for one in found}


async def use(client: Client, people: People) -> dict[str, str]:
    """Questions in different states, through the API."""
    expert, mobility = (client.as_user(people.tokens[name]) for name in ("expert", "mobility"))
    agent = client.as_user(people.tokens["agent"])
    made: dict[str, str] = {}
    for name in ("new", "claimed", "waiting", "answered", "moved", "again"):
        body: dict[str, Any] = {
            "channel": "phone",
            "caller": {"name": "Jan", "email": "jan@voorbeeld.be"},
            "questions": [{"subject": name, "departmentId": str(people.departments["burgerzaken"])}],
        }
        answer = await agent.post("/contacts", json=body, headers={"Idempotency-Key": f"invariant-{name}"})
        assert answer.status_code == 201, answer.text
        made[name] = answer.json()["questions"][0]["id"]
    ids = {name: UUID(one) for name, one in made.items()}
    for name in ("claimed", "waiting", "answered", "again"):
        await do(expert, ids[name], "claim")
    await do(expert, ids["waiting"], "clarify", {"text": "Wanneer?"})
    for name in ("answered", "again"):
        await do(expert, ids[name], "answer", {"text": "Zo.", "channel": "phone"})
    await do(agent, ids["again"], "reopen", {"reason": "Klopt niet"})
    there, back = (str(people.departments[code]) for code in ("mobiliteit", "burgerzaken"))
    await do(expert, ids["moved"], "forward", {"departmentId": there, "reason": "Parkeren"})
    await do(mobility, ids["moved"], "forward", {"departmentId": back, "reason": "Toch niet"})
    return made


@pytest.fixture
async def city(
    own_database: str, cluster: Cluster, settings: Settings, description: DescriptionCheck
) -> AsyncIterator[City]:
    async with Database(own_database, role=APPLICATION) as database:
        platform = Platform(msgspec.structs.replace(settings, database_url=own_database), database)
        async with database.transaction() as uow:
            people = await add_people(uow, development_issuer(settings))
        litestar = create_litestar(platform)
        async with litestar.lifespan(), Client(Boundary(litestar, observe=observe), description) as client:
            questions = await use(client, people)
        topics = list(handlers(platform))
    name = urlsplit(own_database).path.strip("/")
    async with RolledBack(cluster.url("postgres", name)) as superuser, superuser.kept_open():
        yield City(database=superuser, topics=topics, questions=questions)


async def test_what_is_broken_is_found_and_nothing_else(city: City) -> None:
    clean = await city.faults()
    assert not any(clean.values()), clean
    assert set(clean) == {*PLANTED}, "each invariant is planted below"
    assert {*OF_ALL, *OF_OPEN, *OF_ENDED} < set(clean)
    assert city.database.pooled is not None
    connection = cast_connection(city.database.pooled)
    for invariant, statements in PLANTED.items():
        savepoint = connection.transaction()
        await savepoint.start()
        await connection.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await connection.execute(statement.format(**city.questions))
        faults = await InvariantService(city.database, city.topics).check()
        found = {one.invariant: {str(each.id) for each in one.violations} for one in faults}
        await savepoint.rollback()
        assert found[invariant], f"{invariant} is not found"
        about = {city.questions["claimed"], city.questions["answered"]}
        for name in {*OF_ALL, *OF_OPEN, *OF_ENDED} - {"assigneeIsActiveMemberOfOwner"}:
            assert found[name] <= about, f"{name} blames others"


async def test_looking_changes_nothing(city: City) -> None:
    async with city.database.begin() as uow:
        await uow.execute("SELECT set_config('transaction_read_only', 'on', true)")
        with pytest.raises(Exception, match="read-only"):
            await uow.execute("UPDATE question SET version = version + 1")
