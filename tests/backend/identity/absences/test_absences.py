"""Out of office: who may record it for whom, which days and replacements make sense."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.identity.absences.rules import stand_in
from backend.kit.clock import BRUSSELS
from backend.kit.db import UnitOfWork
from backend.kit.roles import APPLICATION, AUDITOR
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio
KEYS = count(1)


def day(offset: int) -> str:
    return str(datetime.now(UTC).astimezone(BRUSSELS).date() + timedelta(days=offset))


async def record(client: Client, first: int, last: int, **more: Any) -> httpx.Response:
    body = {"firstDay": day(first), "lastDay": day(last), **{name: str(one) for name, one in more.items()}}
    return await client.post("/absences", json=body, headers={"Idempotency-Key": f"absence-{next(KEYS):04}"})


async def test_one_records_changes_and_ends_ones_own(anonymous: Client, people: People) -> None:
    expert = anonymous.as_user(people.tokens["expert"])
    made = (await record(expert, 3, 10, replacementId=people.users["expert2"])).json()
    assert (made["userName"], made["replacementName"], made["version"]) == ("Expert", "Expert2", 1)
    path, tag = f"/absences/{made['id']}", {"If-Match": '"1"'}
    assert (await expert.patch(path, json={"lastDay": day(5)}, headers={"If-Match": '"9"'})).status_code == 412
    changed = await expert.patch(path, json={"lastDay": day(12), "replacementId": None}, headers=tag)
    assert changed.json()["lastDay"] == day(12)
    assert "replacementId" not in changed.json()
    tag = {"If-Match": changed.headers["etag"]}
    ended = await expert.post(f"{path}/end", headers=tag)
    assert ended.json()["endedAt"]
    again = await expert.post(f"{path}/end", headers={"If-Match": ended.headers["etag"]})
    assert again.json()["type"] == "urn:problem-type:onthaal:absenceEnded"
    assert (await expert.get("/absences")).json()["items"] == []
    assert (await record(expert, 3, 10)).status_code == 201, "ended ones stand in nobody's way"


async def test_a_team_lead_does_it_for_the_department(anonymous: Client, people: People, uow: UnitOfWork) -> None:
    lead, mobility = (anonymous.as_user(people.tokens[name]) for name in ("civilLead", "mobility"))
    made = await record(lead, 0, 1, userId=people.users["expert"])
    assert made.status_code == 201
    assert (await record(lead, 0, 1, userId=people.users["mobility"])).status_code == 403
    colleague = anonymous.as_user(people.tokens["expert2"])
    assert (await record(colleague, 2, 3, userId=people.users["expert"])).status_code == 403, "no lead"
    path, tag = f"/absences/{made.json()['id']}/end", {"If-Match": '"1"'}
    assert (await mobility.post(path, headers=tag)).status_code == 403
    listed = f"/absences?department={people.departments['burgerzaken']}"
    assert [one["id"] for one in (await colleague.get(listed)).json()["items"]] == [made.json()["id"]]
    assert (await mobility.get(listed)).status_code == 403
    assert (await mobility.get("/absences")).json()["items"] == []
    assert (await lead.post(path, headers=tag)).status_code == 200
    await uow.execute(f"SET LOCAL ROLE {AUDITOR}")
    logged = "SELECT count(*) FROM audit_entry WHERE subject = $1 AND fields = '{absence}'"
    assert await uow.fetchval(logged, people.users["expert"]) == 2
    await uow.execute(f"SET LOCAL ROLE {APPLICATION}")


@pytest.mark.parametrize(
    ("first", "last", "replacement", "name"),
    [
        (5, 4, None, "lastDay"),
        (-9, -1, None, "lastDay"),
        (0, 800, None, "lastDay"),
        (0, 5, "mobility", "replacementId"),
        (0, 5, "expert", "replacementId"),
        (0, 5, "gone", "replacementId"),
    ],
)
async def test_days_and_replacement_make_sense(
    anonymous: Client, people: People, uow: UnitOfWork, first: int, last: int, replacement: str | None, name: str
) -> None:
    await uow.execute("UPDATE app_user SET active = false WHERE id = $1", people.users["expert2"])
    users = {**people.users, "gone": people.users["expert2"]}
    more = {"replacementId": users[replacement]} if replacement else {}
    refused = await record(anonymous.as_user(people.tokens["expert"]), first, last, **more)
    assert (refused.status_code, refused.json()["issues"][0]["name"]) == (400, name)


async def test_two_absences_never_overlap(anonymous: Client, people: People) -> None:
    expert = anonymous.as_user(people.tokens["expert"])
    assert (await record(expert, 2, 4)).status_code == 201
    next_one = (await record(expert, 5, 6)).json()
    for first, last in ((0, 2), (4, 4), (3, 3), (0, 9)):
        assert (await record(expert, first, last)).json()["type"].endswith(":absenceOverlaps")
    wider = {"firstDay": day(4)}
    refused = await expert.patch(f"/absences/{next_one['id']}", json=wider, headers={"If-Match": '"1"'})
    assert refused.status_code == 409
    page = (await expert.get("/absences?limit=1")).json()
    rest = (await expert.get(f"/absences?limit=1&cursor={page['next']}")).json()
    assert [one["firstDay"] for one in page["items"] + rest["items"]] == [day(2), day(5)]


@given(st.dictionaries(st.integers(0, 6), st.one_of(st.none(), st.integers(0, 9)), max_size=7), st.integers(0, 6))
def test_who_stands_in_is_there_or_nobody_does(replaced: dict[Any, Any], user: int) -> None:
    found = stand_in(user, replaced)  # type: ignore[arg-type]  # any hashable does
    chain, at = [], replaced.get(user)
    while at is not None and at not in chain:
        chain.append(at)
        at = replaced.get(at)
    if found is None:
        assert at is not None or not chain or chain[-1] in replaced, "the chain ends with nobody or in a circle"
    else:
        assert found == chain[-1]
        assert found not in replaced, "who stands in is there"
        assert user in replaced, "who is there is not replaced"


def test_the_day_is_that_of_the_city() -> None:
    assert datetime(2026, 6, 30, 22, 30, tzinfo=UTC).astimezone(BRUSSELS).date() == date(2026, 7, 1)
