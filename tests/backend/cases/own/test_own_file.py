"""The own cases, and who used the own data."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from backend.cases.own.rules import A_SERVICE, per_day
from backend.platform import Platform, channel_issuer
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

CASE = {"title": "Parkeerkaart", "phase": "behandeling", "status": "Lopend", "changedAt": "2026-11-20T10:00:00Z"}


@pytest.fixture
def me(anonymous: Client, platform: Platform, registered: dict[str, Any]) -> Client:
    """The customer of the registered question."""
    token = channel_issuer(platform.settings, "burgerprofiel").token(registered["customerId"], azp="burgerprofiel")
    return anonymous.as_user(token)


def test_a_day_is_a_day_in_brussels_and_is_told_once() -> None:
    department = uuid4()
    used = [
        SimpleNamespace(
            at=datetime(2026, 1, 1, 23, minute, tzinfo=UTC), purpose="questionHandling", department=department
        )
        for minute in (10, 20)
    ]
    strange = SimpleNamespace(at=datetime(2026, 1, 3, 9, tzinfo=UTC), purpose="ietsNieuws", department=None)
    lines = per_day([*used, strange], {department: "Burgerzaken"})
    assert [(line[0].isoformat(), *line[1:]) for line in lines] == [
        ("2026-01-03", "Dienstverlening", A_SERVICE),
        ("2026-01-02", "Een vraag behandelen", "Burgerzaken"),
    ]


async def test_cases_of_the_own_file(me: Client, anonymous: Client, people: People, registered: dict[str, Any]) -> None:
    integrator = anonymous.as_user(people.tokens["integrator"])
    for name, owner in (("a", registered["customerId"]), ("b", None)):
        body = {**CASE, "title": f"Zaak {name}", **({"customerId": owner} if owner else {})}
        assert (await integrator.put(f"/cases/by-external-id/{name}", json=body)).status_code == 200
    listed = (await me.get("/own/cases")).json()
    assert [one["name"] for one in listed["items"]] == ["Zaak a"]
    assert listed["items"][0]["status"] == "Lopend"


async def test_who_used_the_data_never_who_did_and_not_the_own_looks(
    me: Client, anonymous: Client, people: People, registered: dict[str, Any]
) -> None:
    expert = anonymous.as_user(people.tokens["expert"])
    await expert.get(f"/questions/{registered['questions'][0]['id']}")
    await expert.get(f"/customers/{registered['customerId']}")
    await me.get("/own/questions")
    answer = await me.get("/own/consultations")
    assert answer.status_code == 200, answer.text
    lines = answer.json()
    today = {one["day"] for one in lines["items"]}
    assert len(today) == 1
    assert {(one["purpose"], one["department"]) for one in lines["items"]} == {
        ("Een vraag behandelen", "Burgerzaken"),
        ("Een vraag behandelen", "Onthaal"),
    }
    assert lines["total"] == 2
    assert not [name for name, user in people.users.items() if str(user) in answer.text]
    first = (await me.get("/own/consultations?limit=1")).json()
    rest = (await me.get(f"/own/consultations?limit=1&cursor={first['next']}")).json()
    assert first["items"] + rest["items"] == lines["items"]


async def test_a_shielded_department_is_not_named(
    me: Client, anonymous: Client, people: People, registered: dict[str, Any]
) -> None:
    """Neither that it looked at the customer, nor that it looked at an own question that it has."""
    for name in ("expert", "social"):
        path = f"/customers/{registered['customerId']}"
        assert (await anonymous.as_user(people.tokens[name]).get(path)).status_code == 200
    answer = await me.get("/own/consultations")
    assert {one["department"] for one in answer.json()["items"]} == {"Burgerzaken", "Onthaal", "Een dienst van de stad"}
    assert "ociaal" not in answer.text
