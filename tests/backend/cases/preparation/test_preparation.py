"""Before the talk: everything about a question in one call, nothing that is not this person's, in few statements."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.app import Platform
from backend.catalogue.rules import ProductFacts
from backend.kit.db import UnitOfWork, encode_json
from backend.kit.roles import APPLICATION, AUDITOR
from tests.conftest import OUTER, Client, RolledBack
from tests.people import People
from tests.samples import PERSON

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
MOST_STATEMENTS = 18


def window(start: float) -> dict[str, str]:
    begin = NOW + timedelta(hours=start)
    return {"start": begin.isoformat(), "end": (begin + timedelta(hours=1)).isoformat()}


@pytest.fixture
def expert(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["expert"])


@pytest.fixture
async def contact(agent: Client, product: UUID, uow: UnitOfWork, people: People) -> dict[str, Any]:
    """A call of somebody with one question for civil affairs, one for mobility and one that is shielded."""
    await uow.execute(
        """UPDATE product_city SET internal_instructions = 'Vraag het dossiernummer.',
                  first_line_information = 'Breng een pasfoto mee.',
                  help_sheets = '[{"title": "Afspraak maken", "url": "https://stad.example/hulp"}]'
            WHERE product_id = $1""",
        product,
    )
    facts = ProductFacts(external_id="x", snapshot_id="s", name={"nl": "Reispas"})
    await uow.execute("UPDATE product SET facts = $2::jsonb WHERE id = $1", product, encode_json(facts))
    asked = {
        "subject": "Reispas",
        "productId": str(product),
        "answerChannel": "phone",
        "callBackWindows": [window(-3), window(5)],
        "structuredAnswers": [{"question": "Wanneer vertrek je?", "answer": "Maandag"}],
    }
    body = {
        "channel": "phone",
        "customer": PERSON,
        "caller": {"phone": "0470 12 34 56"},
        "consultedProductIds": [str(product)],
        "notes": "Klinkt gehaast.",
        "questions": [asked, {"subject": "Parkeren", "departmentId": str(people.departments["mobiliteit"])}],
    }
    made = await agent.post("/contacts", json=body, headers={"Idempotency-Key": "preparation-1"})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def test_everything_for_the_talk_is_in_one_answer(
    expert: Client, contact: dict[str, Any], product: UUID, platform: Platform
) -> None:
    template = "https://afspraken.stad.example/?ref={reference}&tel={phone}"
    platform.settings = msgspec.structs.replace(platform.settings, appointments_url=template)
    question = contact["questions"][0]
    path, tag = f"/questions/{question['id']}", {"If-Match": '"1"'}
    await expert.post(f"{path}/callAttempts", json={"outcome": "voicemail"}, headers=tag)
    answer = await expert.get(f"{path}/preparation")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["question"]["structuredAnswers"] == [{"question": "Wanneer vertrek je?", "answer": "Maandag"}]
    assert found["question"]["customer"]["displayName"] == "Lien De Smet"
    assert [one["outcome"] for one in found["question"]["callAttempts"]] == ["voicemail"]
    (told,) = found["contacts"]
    assert (told["notes"], told["caller"]["phone"]) == ("Klinkt gehaast.", "+32470123456")
    (shown,) = found["products"]
    assert (shown["id"], shown["name"]) == (str(product), "Reispas")
    assert shown["internalInstructions"] == "Vraag het dossiernummer."
    assert shown["firstLineInformation"] == "Breng een pasfoto mee."
    assert [one["title"] for one in shown["helpSheets"]] == ["Afspraak maken"]
    assert len(found["callBack"]["windows"]) == 2
    assert datetime.fromisoformat(found["callBack"]["next"]) == NOW + timedelta(hours=5)
    assert {one["kind"] for one in found["history"]} >= {"contact", "question"}
    assert [one["subject"] for one in found["otherQuestions"]] == ["Parkeren"]
    link = f"https://afspraken.stad.example/?ref={question['reference']}&tel=%2B32470123456"
    assert found["appointmentLink"] == link


async def test_what_is_shielded_is_not_in_it(
    agent: Client, expert: Client, contact: dict[str, Any], people: People
) -> None:
    asked = {"subject": "Leefloon", "departmentId": str(people.departments["sociaal-huis"])}
    body = {"channel": "phone", "customerId": contact["customerId"], "notes": "Geheim", "questions": [asked]}
    assert (await agent.post("/contacts", json=body, headers={"Idempotency-Key": "preparation-2"})).status_code == 201
    answer = await expert.get(f"/questions/{contact['questions'][0]['id']}/preparation")
    assert "Leefloon" not in answer.text
    assert "Geheim" not in answer.text


async def test_somebody_unknown_has_no_history(agent: Client) -> None:
    body = {"channel": "counter", "questions": [{"subject": "Anoniem"}]}
    made = (await agent.post("/contacts", json=body, headers={"Idempotency-Key": "preparation-3"})).json()
    found = (await agent.get(f"/questions/{made['questions'][0]['id']}/preparation")).json()
    assert (found["history"], found["otherQuestions"], found["representations"]) == ([], [], [])
    assert found["callBack"] == {"windows": []}


async def test_another_department_does_not_prepare(anonymous: Client, contact: dict[str, Any], people: People) -> None:
    mobility = anonymous.as_user(people.tokens["mobility"])
    assert (await mobility.get(f"/questions/{contact['questions'][0]['id']}/preparation")).status_code == 403


async def test_every_look_is_logged(
    expert: Client, contact: dict[str, Any], database: RolledBack, product: UUID, people: People
) -> None:
    question = contact["questions"][0]["id"]
    assert (await expert.get(f"/questions/{question}/preparation")).status_code == 200
    assert database.pooled is not None
    connection: Any = database.pooled.driver_connection
    await connection.execute(f"SET LOCAL ROLE {AUDITOR}")
    rows = await connection.fetch(
        "SELECT subject_kind, subject FROM audit_entry WHERE action = 'prepareQuestion' AND actor = $1",
        people.users["expert"],
    )
    await connection.execute(f"SET LOCAL ROLE {APPLICATION}")
    logged = {(row["subject_kind"], str(row["subject"])) for row in rows}
    assert logged >= {
        ("question", question),
        ("question", contact["questions"][1]["id"]),
        ("customer", contact["customerId"]),
        ("contact", contact["id"]),
        ("product", str(product)),
    }


async def test_the_number_of_statements_does_not_grow(
    agent: Client, expert: Client, contact: dict[str, Any], database: RolledBack
) -> None:
    path = f"/questions/{contact['questions'][0]['id']}/preparation"
    assert (await expert.get(path)).status_code == 200  # what is kept in memory is there now
    counts = [len(await _statements(expert, database, path))]
    for round_ in range(2):
        for number in range(5):
            body = {
                "channel": "phone",
                "customerId": contact["customerId"],
                "questions": [{"subject": f"Nog een vraag {number}"}],
                "followUps": [{"questionId": contact["questions"][0]["id"], "text": "En dit ook."}],
            }
            key = {"Idempotency-Key": f"preparation-more-{round_}-{number}"}
            more = await agent.post("/contacts", json=body, headers=key)
            assert more.status_code == 201, more.text
        seen = await _statements(expert, database, path)
        counts.append(len(seen))
        assert counts[-1] <= MOST_STATEMENTS, "\n".join(seen)
    # one more than at first: the first contact is no longer among the newest entries
    assert counts[0] + 1 >= counts[1] == counts[2]


async def _statements(client: Client, database: RolledBack, path: str) -> list[str]:
    assert database.pooled is not None
    connection: Any = database.pooled.driver_connection
    seen: list[str] = []

    def note(record: Any) -> None:
        if OUTER not in record.query:
            seen.append(record.query)

    connection.add_query_logger(note)
    try:
        assert (await client.get(path)).status_code == 200
    finally:
        connection.remove_query_logger(note)
    return seen
