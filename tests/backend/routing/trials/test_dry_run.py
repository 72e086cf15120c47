from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.kit.db import UnitOfWork, encode_json
from backend.kit.reach import EVERYTHING
from backend.kit.reference import new_reference
from backend.kit.roles import APPLICATION, AUDITOR
from tests.backend.routing.conftest import MakeRules, a_rule
from tests.conftest import Client, RolledBack
from tests.people import People
from tests.samples import PERSON

pytestmark = pytest.mark.anyio

SETS = "/routing/ruleSets"
LONG_AGO = datetime(2026, 3, 2, 9, tzinfo=UTC)
Json = dict[str, Any]


async def dry_run(client: Client, held: Json, **body: Any) -> Json:
    response = await client.post(f"{SETS}/{held['id']}/dryRun", json=body)
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


class Past:
    """Questions straight in the database, one minute after the other."""

    def __init__(self, uow: UnitOfWork, people: People) -> None:
        self._uow, self._people, self._minutes = uow, people, 0

    async def add(self, number: int = 1, *, department: str = "onthaal", **columns: Any) -> list[UUID]:
        ids, fields = [uuid7() for _ in range(number)], {"kind": "question", "channel": "phone", "sensitive": False}
        fields |= columns
        moments = [LONG_AGO + timedelta(minutes=self._minutes + one) for one in range(number)]
        self._minutes += number
        await self._uow.execute(
            """WITH made AS (
                 INSERT INTO question (id, reference, kind, subject, channel, department_id, product_id, customer_id,
                        location, structured_answers, state, priority, deadline, confidentiality, language,
                        answer_channel, identity, created_at, closed_at, answered_at, version)
                 SELECT id, reference, $4, 'Een vraag', $5, $6, $7, $8, $9::jsonb, $10::jsonb, 'withdrawn', 2, at,
                        $11, 'nl', 'email', 'anonymous', at, at, at, 1
                   FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS q(id, reference, at))
               INSERT INTO question_event (id, question_id, version, type, at, state, department_id)
               SELECT gen_random_uuid(), id, 1, 'registered', at, 'withdrawn', $6
                 FROM unnest($1::uuid[], $3::timestamptz[]) AS q(id, at)""",
            ids, [new_reference() for _ in ids], moments, fields["kind"], fields["channel"],
            self._people.departments[department], fields.get("product"), fields.get("customer"),
            encode_json(fields["location"]) if "location" in fields else None,
            encode_json(fields["answers"]) if "answers" in fields else None,
            "sensitive" if fields["sensitive"] else "normal",
        )  # fmt: skip
        return ids


@pytest.fixture
def asked(uow: UnitOfWork, people: People) -> Past:
    return Past(uow, people)


async def test_exactly_37_of_300_questions_would_go_elsewhere(
    rule_set: MakeRules, lead: Client, people: People, asked: Past, product: UUID, uow: UnitOfWork
) -> None:
    """37 reports of 9031: 12 say so by their location, 15 in an answer, 10 by the address of their customer."""
    civil, mobility, centre = (people.departments[code] for code in ("burgerzaken", "mobiliteit", "onthaal"))
    body = {**PERSON, "addresses": [{"street": "Dorp", "number": "1", "postcode": "9031", "municipality": "Drongen"}]}
    made = await lead.post("/customers", json=body, headers={"Idempotency-Key": "past-customer"})
    customer = UUID(made.json()["id"])
    told = [{"question": "Postcode", "answer": "9031"}]
    inside = await asked.add(12, kind="report", location={"postcode": "B-9031"}, customer=customer)
    inside += await asked.add(15, kind="report", answers=told, product=product)
    inside += await asked.add(10, kind="report", customer=customer)
    await asked.add(40, kind="report", location={"postcode": "9000"}, answers=told, customer=customer)
    await asked.add(23, kind="report", location={"description": "Ergens"})
    await asked.add(100, kind="complaint", channel="letter")
    await asked.add(100, location={"postcode": "9031"}, product=product)
    await uow.commit()
    await rule_set(a_rule("Klachten", {"kinds": ["complaint"]}, departmentId=civil), active=True)
    held = await rule_set(
        a_rule("Drongen", {"kinds": ["report"], "postcodes": ["9031"]}, departmentId=mobility),
        a_rule("Klachten", {"kinds": ["complaint"]}, departmentId=civil, priority="high", workingDays=2),
        a_rule("Brieven", {"channels": ["letter"], "kinds": ["complaint"]}, departmentId=mobility),
        a_rule("Nooit", {"customerKinds": ["enterprise"]}, departmentId=mobility),
    )
    found = await dry_run(lead, held)
    assert (found["questions"], found["same"], found["elsewhere"]) == (300, 163, 37)
    assert (found["otherPriority"], found["active"]) == (100, 1)
    assert found["moves"] == [
        {"fromDepartmentId": str(centre), "toDepartmentId": str(mobility), "questions": 22},
        {"fromDepartmentId": str(civil), "toDepartmentId": str(mobility), "questions": 15},
    ]
    assert found["rules"] == [
        {"rule": 1, "name": "Drongen", "decides": 37, "fits": 37},
        {"rule": 2, "name": "Klachten", "decides": 100, "fits": 100},
        {"rule": 3, "name": "Brieven", "decides": 0, "fits": 100, "shadowedBy": 2},
        {"rule": 4, "name": "Nooit", "decides": 0, "fits": 0},
    ]
    assert [one["id"] for one in found["moved"]] == [str(one) for one in reversed(inside)], "the newest first"
    assert {one["subject"] for one in found["moved"]} == {"Een vraag"}
    assert (await dry_run(lead, held, since=(LONG_AGO + timedelta(minutes=12)).isoformat()))["elsewhere"] == 25
    newest = await dry_run(lead, held, most=100)
    assert (newest["questions"], newest["elsewhere"]) == (100, 0)


async def test_the_active_set_changes_nothing_against_itself(
    rule_set: MakeRules, lead: Client, people: People, asked: Past, uow: UnitOfWork
) -> None:
    await asked.add(20, kind="report")
    await uow.commit()
    rule = a_rule("Meldingen", {"kinds": ["report"]}, departmentId=people.departments["mobiliteit"], workingDays=9)
    held = await rule_set(rule, active=True)
    found = await dry_run(lead, held)
    assert (found["questions"], found["same"], found["elsewhere"], found["otherTerm"]) == (20, 20, 0, 0)
    assert found["rules"][0]["decides"] == 20
    assert found["moved"] == []
    empty = await rule_set()
    without = await dry_run(lead, empty)
    assert (without["elsewhere"], without["otherTerm"], without["rules"]) == (20, 20, [])


async def test_sensitive_questions_of_others_are_neither_counted_nor_shown(
    rule_set: MakeRules, anonymous: Client, people: People, asked: Past, uow: UnitOfWork
) -> None:
    await asked.add(3, kind="report")
    await asked.add(2, kind="report", department="sociaal-huis", sensitive=True)
    secret = await asked.add(1, kind="report", department="burgerzaken", sensitive=True)
    await uow.commit()
    rule = a_rule("Meldingen", {"kinds": ["report"]}, departmentId=people.departments["mobiliteit"])
    held = await rule_set(rule)
    own = await dry_run(anonymous.as_user(people.tokens["civilLead"]), held)
    assert (own["questions"], own["elsewhere"], own["rules"][0]["fits"]) == (4, 4, 4)
    assert str(secret[0]) in {one["id"] for one in own["moved"]}
    for name in ("lead", "administrator"):
        others = await dry_run(anonymous.as_user(people.tokens[name]), held)
        assert (others["questions"], others["elsewhere"], others["rules"][0]["fits"]) == (3, 3, 3), name
        assert str(secret[0]) not in {one["id"] for one in others["moved"]}


async def test_who_may_not_read_questions_gets_no_subjects(
    rule_set: MakeRules,
    administrator: Client,
    lead: Client,
    people: People,
    asked: Past,
    uow: UnitOfWork,
    database: RolledBack,
) -> None:
    ids = await asked.add(2, kind="report")
    await uow.commit()
    rule = a_rule("Meldingen", {"kinds": ["report"]}, departmentId=people.departments["mobiliteit"])
    held = await rule_set(rule)
    assert all("subject" not in one for one in (await dry_run(administrator, held))["moved"])
    assert all(one["subject"] for one in (await dry_run(lead, held))["moved"])
    async with database.begin(EVERYTHING) as unit:
        await unit.execute(f"SET LOCAL ROLE {AUDITOR}")
        rows = await unit.fetch(
            """SELECT actor, subject, fields FROM audit_entry
                WHERE action = 'dryRunRuleSet' AND subject_kind = 'question'"""
        )
        await unit.execute(f"SET LOCAL ROLE {APPLICATION}")
    seen = {(row["actor"], row["subject"], *row["fields"]) for row in rows}
    looks = {(people.users["administrator"], one, "reference") for one in ids}
    assert seen == looks | {(people.users["lead"], one, "subject") for one in ids}


async def test_the_number_of_statements_is_fixed(
    rule_set: MakeRules, lead: Client, people: People, asked: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = a_rule("Meldingen", {"kinds": ["report"]}, departmentId=people.departments["mobiliteit"])
    held = await rule_set(rule)
    sent: list[str] = []

    def counted(method: Any) -> Any:
        async def send(self: UnitOfWork, sql: str, *args: object) -> Any:
            sent.append(sql)
            return await method(self, sql, *args)

        return send

    for name in ("fetch", "execute"):
        monkeypatch.setattr(UnitOfWork, name, counted(getattr(UnitOfWork, name)))
    counts = []
    await dry_run(lead, held)  # departments and people are kept in memory from the first time on
    for number in (1, 150):
        await asked.add(number, kind="report")
        sent.clear()
        assert (await dry_run(lead, held))["elsewhere"] >= number
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_an_undisclosed_address_decides_nothing(
    rule_set: MakeRules, lead: Client, people: People, asked: Past, uow: UnitOfWork
) -> None:
    hidden = {"street": "Schuilplaats", "postcode": "9031", "municipality": "Gent", "undisclosed": True}
    open_one = {"street": "Kerkstraat", "number": "1", "postcode": "9000", "municipality": "Gent"}
    body = {**PERSON, "addresses": [hidden, open_one]}
    made = await lead.post("/customers", json=body, headers={"Idempotency-Key": "undisclosed-customer"})
    await asked.add(1, customer=UUID(made.json()["id"]))
    await uow.commit()
    mobility = people.departments["mobiliteit"]
    there = await rule_set(a_rule("Drongen", {"postcodes": ["9031"]}, departmentId=mobility))
    here = await rule_set(a_rule("Gent", {"postcodes": ["9000"]}, departmentId=mobility))
    assert (await dry_run(lead, there))["elsewhere"] == 0
    assert (await dry_run(lead, here))["elsewhere"] == 1


async def test_topic_and_team_are_those_that_questions_keep(
    rule_set: MakeRules, lead: Client, people: People, asked: Past, uow: UnitOfWork
) -> None:
    """Three go by their team, of which two by the rule too; without a topic the rule is not for them."""
    moving, parking, other = [await asked.add(number) for number in (2, 1, 4)]
    for ids, kept in ((moving, {"topic": "verhuis", "team": "burgerzaken"}), (parking, {"team": "burgerzaken"})):
        await uow.execute("UPDATE question SET assistance = $2::jsonb WHERE id = ANY($1)", ids, encode_json(kept))
    await uow.commit()
    civil, mobility = people.departments["burgerzaken"], people.departments["mobiliteit"]
    held = await rule_set(a_rule("Verhuis", {"topics": ["Verhuis"]}, departmentId=mobility))
    found = await dry_run(lead, held)
    assert (found["questions"], found["elsewhere"], found["rules"][0]["decides"]) == (7, 2, 2)
    assert found["moves"] == [{"fromDepartmentId": str(civil), "toDepartmentId": str(mobility), "questions": 2}]
    assert {one["id"] for one in found["moved"]} == {str(one) for one in moving}
    assert len(other) == 4


async def test_nothing_is_placed_anew(
    rule_set: MakeRules, lead: Client, people: People, asked: Past, uow: UnitOfWork, platform: Platform
) -> None:
    await asked.add(5, kind="report")
    await uow.commit()
    held = await rule_set(a_rule("Meldingen", {"kinds": ["report"]}, departmentId=people.departments["mobiliteit"]))
    before = await uow.fetch("SELECT q.* FROM question q ORDER BY id")
    await dry_run(lead, held)
    assert await uow.fetch("SELECT q.* FROM question q ORDER BY id") == before
    assert (await platform.directory.get()).book.rules == ()


async def test_what_a_person_chose_stays_chosen(
    rule_set: MakeRules, agent: Client, lead: Client, people: People
) -> None:
    """Registered for real: one for the department that the agent chose, one that was placed by itself."""
    civil = {"departmentId": str(people.departments["burgerzaken"])}
    body = {"channel": "phone", "questions": [{"subject": "Een", **civil}, {"subject": "Twee"}]}
    made = await agent.post("/contacts", json=body, headers={"Idempotency-Key": "chosen-or-not"})
    held = await rule_set(a_rule("Alles", {}, departmentId=people.departments["mobiliteit"]))
    found = await dry_run(lead, held)
    assert (found["questions"], found["elsewhere"], found["rules"][0]["fits"]) == (2, 1, 2)
    assert found["moved"][0]["id"] == made.json()["questions"][1]["id"]


@pytest.mark.parametrize(
    "body", [{"most": 0}, {"most": 5001}, {"since": "gisteren"}, {"until": "2026-01-01T00:00:00Z"}]
)
async def test_what_is_no_dry_run_is_refused(rule_set: MakeRules, administrator: Client, body: Json) -> None:
    held = await rule_set()
    assert (await administrator.post(f"{SETS}/{held['id']}/dryRun", json=body)).status_code == 400
