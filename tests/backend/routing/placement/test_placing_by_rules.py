from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from backend.kit.db import UnitOfWork
from tests.backend.routing.conftest import MakeRules, a_rule
from tests.conftest import Client
from tests.people import People
from tests.samples import PERSON

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
AT_HOME = {"street": "Dorp", "number": "1", "postcode": "B-9031", "municipality": "Drongen"}


async def register(agent: Client, *questions: Json, channel: str = "phone", **contact: Any) -> list[Json]:
    """The questions as they can be read afterwards."""
    body = {"channel": channel, "questions": [{"subject": "Een vraag", **one} for one in questions], **contact}
    answer = await agent.post("/contacts", json=body, headers={"Idempotency-Key": str(uuid7())})
    assert answer.status_code == 201, answer.text
    return [(await agent.get(f"/questions/{one['id']}")).json() for one in answer.json()["questions"]]


async def test_the_first_rule_that_fits_places_a_question_and_the_timeline_says_so(
    rule_set: MakeRules, agent: Client, people: People, product: UUID, uow: UnitOfWork
) -> None:
    mobility, civil = people.departments["mobiliteit"], people.departments["burgerzaken"]
    await rule_set(
        a_rule("Sluikstort", {"kinds": ["report"]}, departmentId=mobility, priority="high", workingDays=1),
        a_rule("Reispassen", {"productIds": [str(product)]}, priority="high"),
        active=True,
    )
    report, question, other = await register(
        agent, {"kind": "report", "productId": str(product)}, {"productId": str(product)}, {}
    )
    assert (report["departmentId"], report["priority"]) == (str(mobility), "high")
    assert report["timeline"][0]["reason"] == "Regel 1 van regelset 1: Sluikstort"
    assert (question["departmentId"], question["priority"]) == (str(civil), "high")
    assert question["timeline"][0]["reason"] == "Regel 2 van regelset 1: Reispassen"
    assert (other["departmentId"], other["priority"]) == (str(people.departments["onthaal"]), "normal")
    assert "reason" not in other["timeline"][0]
    assert report["deadline"] < question["deadline"], "one working day, against three"
    rows = await uow.fetch(
        "SELECT data FROM question_event WHERE type = 'registered' AND question_id = ANY($1::uuid[]) ORDER BY id",
        [UUID(one["id"]) for one in (report, question, other)],
    )
    assert [row["data"] for row in rows] == [
        {"by": "rule", "ruleSet": 1, "rule": 1},
        {"by": "product", "ruleSet": 1, "rule": 2},
        {"by": "contactCentre"},
    ]


async def test_a_person_who_chooses_goes_before_the_rules(rule_set: MakeRules, agent: Client, people: People) -> None:
    mobility, civil = people.departments["mobiliteit"], people.departments["burgerzaken"]
    await rule_set(a_rule("Alles", {}, departmentId=mobility, priority="high"), active=True)
    (chosen,) = await register(agent, {"departmentId": str(civil), "priority": "urgent"})
    assert chosen["departmentId"] == str(civil)
    assert chosen["priority"] == "urgent", "a rule never lowers what was asked"
    assert chosen["timeline"][0]["reason"] == "Regel 1 van regelset 1: Alles"


async def test_where_it_is_about_goes_before_where_the_customer_lives(
    rule_set: MakeRules, agent: Client, people: People
) -> None:
    mobility, centre = people.departments["mobiliteit"], people.departments["onthaal"]
    await rule_set(
        a_rule("Drongen", {"postcodes": ["9031"], "customerKinds": ["person"]}, departmentId=mobility), active=True
    )
    person = {**PERSON, "addresses": [AT_HOME]}
    elsewhere = [{"question": "In welke postcode is het?", "answer": "9000 Gent"}]
    questions = await register(
        agent, {}, {"location": {"postcode": "9000"}}, {"structuredAnswers": elsewhere}, customer=person
    )
    assert [one["departmentId"] for one in questions] == [str(mobility), str(centre), str(centre)]
    assert questions[1]["location"] == {"postcode": "9000"}
    (nobody,) = await register(agent, {"location": {"postcode": "9031"}})
    assert nobody["departmentId"] == str(centre), "who asks is not known, so no rule about that fits"


async def test_themes_are_those_of_the_product(
    rule_set: MakeRules, agent: Client, people: People, product: UUID, uow: UnitOfWork
) -> None:
    mobility = people.departments["mobiliteit"]
    await uow.execute('UPDATE product SET facts = \'{"themes": ["mobiliteitEnWerken"]}\' WHERE id = $1', product)
    await rule_set(a_rule("Thema", {"themes": ["mobiliteitEnWerken", "natuur"]}, departmentId=mobility), active=True)
    with_theme, without = await register(agent, {"productId": str(product)}, {})
    assert with_theme["departmentId"] == str(mobility)
    assert without["departmentId"] == str(people.departments["onthaal"])


async def test_a_new_set_counts_at_once(rule_set: MakeRules, agent: Client, people: People) -> None:
    mobility, civil = people.departments["mobiliteit"], people.departments["burgerzaken"]
    await rule_set(a_rule("Alles", {}, departmentId=mobility), active=True)
    assert (await register(agent, {}))[0]["departmentId"] == str(mobility)
    await rule_set(a_rule("Alles", {}, departmentId=civil), active=True)
    assert (await register(agent, {}))[0]["departmentId"] == str(civil)
    await rule_set(active=True)
    assert (await register(agent, {}))[0]["departmentId"] == str(people.departments["onthaal"])


async def test_a_rule_to_a_department_that_closed_is_passed_over(
    rule_set: MakeRules, administrator: Client, agent: Client, people: People, product: UUID
) -> None:
    mobility = people.departments["mobiliteit"]
    await rule_set(a_rule("Alles", {}, departmentId=mobility), active=True)
    closed = await administrator.patch(f"/departments/{mobility}", json={"active": False}, headers={"If-Match": '"1"'})
    assert closed.status_code == 200, closed.text
    by_product, other = await register(agent, {"productId": str(product)}, {})
    assert by_product["departmentId"] == str(people.departments["burgerzaken"])
    assert other["departmentId"] == str(people.departments["onthaal"])
    assert "reason" not in other["timeline"][0]


async def test_what_goes_to_a_sensitive_department_is_sensitive(
    rule_set: MakeRules, agent: Client, people: People, anonymous: Client
) -> None:
    shielded = people.departments["sociaal-huis"]
    await rule_set(a_rule("Steun", {"kinds": ["request"]}, departmentId=shielded), active=True)
    body = {"channel": "phone", "questions": [{"subject": "Leefloon", "kind": "request"}]}
    answer = await agent.post("/contacts", json=body, headers={"Idempotency-Key": "sensitive-rule"})
    question = answer.json()["questions"][0]
    assert (question["departmentId"], question["confidentiality"]) == (str(shielded), "sensitive")
    assert (await agent.get(f"/questions/{question['id']}")).status_code == 404
    assert (await anonymous.as_user(people.tokens["social"]).get(f"/questions/{question['id']}")).status_code == 200


async def test_the_term_of_a_rule_holds_when_the_question_is_forwarded(
    rule_set: MakeRules, agent: Client, people: People
) -> None:
    told = [{"question": "Postcode", "answer": "9031"}]
    usual, slow = await register(agent, {}, {"structuredAnswers": told})
    assert usual["deadline"] == slow["deadline"]
    await rule_set(a_rule("Drongen", {"postcodes": ["9031"]}, workingDays=30), active=True)
    moved = []
    for one in (usual, slow):
        answer = await agent.post(
            f"/questions/{one['id']}/forward",
            json={"departmentId": str(people.departments["mobiliteit"]), "reason": "Hoort daar"},
            headers={"If-Match": '"1"'},
        )
        assert answer.status_code == 200, answer.text
        moved.append(answer.json()["deadline"])
    assert moved[0] < moved[1]
