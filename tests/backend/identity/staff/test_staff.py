"""Who works where, who leads, and who stands in today."""

from datetime import date
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.identity.staff.service import StaffService
from backend.kit.db import UnitOfWork
from tests.people import People

pytestmark = pytest.mark.anyio
TODAY = date(2026, 12, 1)
ABSENT = """
INSERT INTO absence (id, user_id, first_day, last_day, replacement_id, recorded_at, ended_at)
VALUES ($1, $2, $3, $4, $5, now(), NULL)
"""


@pytest.fixture
def staff(platform: Platform, uow: UnitOfWork) -> StaffService:
    return StaffService(platform.work(uow, None, "test", "test"))


async def away(uow: UnitOfWork, who: UUID, instead: UUID | None, *, first: date = TODAY, last: date = TODAY) -> None:
    await uow.execute(ABSENT, uuid7(), who, first, last, instead)


async def test_members_handle_questions_and_are_active(staff: StaffService, people: People, uow: UnitOfWork) -> None:
    civil, users = people.departments["burgerzaken"], people.users
    assert await staff.members(civil) == [users["civilLead"], users["expert"], users["expert2"]]
    await uow.execute("UPDATE app_user SET active = false WHERE id = $1", users["expert"])
    assert users["expert"] not in await staff.members(civil)
    assert set(await staff.members(people.departments["onthaal"])) == {users["agent"], users["agent2"], users["lead"]}


async def test_without_a_lead_those_above_are_asked_and_at_last_the_contact_centre(
    staff: StaffService, people: People, uow: UnitOfWork
) -> None:
    departments, users = people.departments, people.users
    assert await staff.leads(departments["burgerzaken"]) == [users["civilLead"]]
    assert await staff.leads(departments["mobiliteit"]) == [users["lead"]]
    between = uuid7()
    await uow.execute(
        "INSERT INTO department (id, code, name, kind, parent_id) VALUES ($1, 'tussen', 'Tussen', 'secondLine', $2)",
        between,
        departments["burgerzaken"],
    )
    await uow.execute("UPDATE department SET parent_id = $2 WHERE id = $1", departments["mobiliteit"], between)
    assert await staff.leads(departments["mobiliteit"]) == [users["civilLead"]], "two steps up"
    await uow.execute("UPDATE app_user SET active = false WHERE id = $1", users["civilLead"])
    assert await staff.leads(departments["mobiliteit"]) == [users["lead"]]
    await uow.execute("UPDATE app_user SET active = false WHERE id = $1", users["lead"])
    assert await staff.leads(departments["mobiliteit"]) == []


async def test_replacements_are_followed_and_circles_cut(staff: StaffService, people: People, uow: UnitOfWork) -> None:
    users, civil = people.users, people.departments["burgerzaken"]
    expert, second, lead = (users[name] for name in ("expert", "expert2", "civilLead"))
    await away(uow, expert, second)
    assert await staff.standing_in([expert, lead], TODAY) == {expert: second}
    await away(uow, second, lead)
    assert await staff.standing_in([expert], TODAY, department_id=civil) == {expert: lead}
    await away(uow, lead, expert)
    assert await staff.standing_in([expert, second, lead], TODAY) == {}
    assert await staff.absent([expert, users["agent"]], TODAY) == {expert}


async def test_a_replacement_of_another_department_or_day_or_who_left_does_not_count(
    staff: StaffService, people: People, uow: UnitOfWork
) -> None:
    users, civil = people.users, people.departments["burgerzaken"]
    await away(uow, users["expert"], users["mobility"])
    assert await staff.standing_in([users["expert"]], TODAY) == {users["expert"]: users["mobility"]}
    assert await staff.standing_in([users["expert"]], TODAY, department_id=civil) == {}
    await away(uow, users["agent"], users["agent2"], first=date(2026, 12, 2), last=date(2026, 12, 9))
    assert await staff.absent([users["agent"]], TODAY) == frozenset()
    later = date(2026, 12, 9)
    assert await staff.standing_in([users["agent"]], later) == {users["agent"]: users["agent2"]}
    await uow.execute("UPDATE app_user SET active = false WHERE id = $1", users["agent2"])
    assert await staff.standing_in([users["agent"]], later) == {}
    await uow.execute("UPDATE absence SET ended_at = now() WHERE user_id = $1", users["agent"])
    assert await staff.absent([users["agent"]], later) == frozenset()
