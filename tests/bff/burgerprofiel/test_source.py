"""What Mijn Burgerprofiel reads of a citizen, through the whole chain on the real database."""

from typing import Any

import httpx
import pytest

from backend.kit.db import UnitOfWork
from tests.conftest import Client
from tests.people import People
from tests.samples import PERSON

pytestmark = pytest.mark.anyio

INSZ = "85073003328"
BASE = "https://onthaal.test/burgerprofiel/v1"


@pytest.fixture
async def citizen(agent: Client) -> str:
    """Asked twelve questions; somebody else asked one."""
    who: dict[str, Any] = {"customer": {**PERSON, "identifiers": [{"type": "ssin", "value": INSZ}]}}
    for number in range(12):
        body = {"channel": "phone", **who, "questions": [{"subject": f"Vraag {number}"}]}
        answer = await agent.post("/contacts", json=body, headers={"Idempotency-Key": f"source-{number:04}"})
        assert answer.status_code == 201, answer.text
        who = {"customerId": answer.json()["customerId"]}
    other = {"customer": {"kind": "person", "names": {"given": "An", "family": "Claes"}}}
    body = {"channel": "phone", **other, "questions": [{"subject": "Van een ander"}]}
    await agent.post("/contacts", json=body, headers={"Idempotency-Key": "source-other"})
    customer: str = who["customerId"]
    return customer


async def test_pages_count_from_0_in_the_address_and_from_1_in_the_answer(
    burgerprofiel: httpx.AsyncClient, citizen: str
) -> None:
    answer = await burgerprofiel.get(f"/burgerprofiel/v1/questions/{INSZ}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].split(";")[0] == "application/hal+json"
    first = answer.json()
    assert first["pageMetadata"] == {"number": 1, "size": 10, "totalElements": 12, "totalPages": 2}
    assert [one["name"] for one in first["questions"]] == [f"Vraag {number}" for number in range(11, 1, -1)]
    assert first["questions"][0]["language"] == "nl"
    assert first["questions"][0]["status"] == "Ontvangen"
    assert {one["rel"]: one["href"] for one in first["links"]} == {
        "self": f"{BASE}/questions/{INSZ}?limit=10&page=0",
        "start": f"{BASE}/questions/{INSZ}?limit=10&page=0",
        "next": f"{BASE}/questions/{INSZ}?limit=10&page=1",
        "last": f"{BASE}/questions/{INSZ}?limit=10&page=1",
    }
    following = (await burgerprofiel.get(next(one["href"] for one in first["links"] if one["rel"] == "next"))).json()
    assert [one["name"] for one in following["questions"]] == ["Vraag 1", "Vraag 0"]
    assert following["pageMetadata"]["number"] == 2
    assert "next" not in {one["rel"] for one in following["links"]}
    assert citizen not in answer.text, "our own key of the citizen is nobody's business"


async def test_one_question_by_its_link_and_nobody_elses(
    burgerprofiel: httpx.AsyncClient, citizen: str, uow: UnitOfWork
) -> None:
    assert citizen
    listed = (await burgerprofiel.get(f"/burgerprofiel/v1/questions/{INSZ}?limit=1")).json()["questions"][0]
    answer = await burgerprofiel.get(listed["links"][0]["href"])
    assert answer.status_code == 200, answer.text
    assert answer.json() | {"messages": [], "steps": []} == {**listed, "messages": [], "steps": []}
    assert [one["name"] for one in answer.json()["steps"]] == ["Vraag ontvangen"]
    other = await uow.fetchval("SELECT id FROM question WHERE subject = 'Van een ander'")
    for path in (f"{INSZ}/{other}", f"90061638302/{listed['id']}"):
        refused = await burgerprofiel.get(f"/burgerprofiel/v1/questions/{path}")
        assert refused.status_code == 404
        assert "Van een ander" not in refused.text


async def test_a_limit_above_100_is_cut_off_and_a_page_past_the_end_is_empty(
    burgerprofiel: httpx.AsyncClient, citizen: str
) -> None:
    assert citizen
    whole = (await burgerprofiel.get(f"/burgerprofiel/v1/questions/{INSZ}?limit=5000")).json()
    assert (whole["pageMetadata"]["size"], len(whole["questions"])) == (100, 12)
    past = await burgerprofiel.get(f"/burgerprofiel/v1/questions/{INSZ}?page=1000&limit=100")
    assert (past.status_code, past.json()["questions"]) == (200, [])
    for wrong in ("limit=0", "page=-1", "limit=x", "size=3"):
        assert (await burgerprofiel.get(f"/burgerprofiel/v1/questions/{INSZ}?{wrong}")).status_code == 400


@pytest.mark.parametrize("what", ["questions", "messages", "consultations"])
async def test_nobody_known_is_an_empty_list(burgerprofiel: httpx.AsyncClient, citizen: str, what: str) -> None:
    assert citizen
    answer = await burgerprofiel.get(f"/burgerprofiel/v1/{what}/90061638302")
    assert answer.status_code == 200
    assert answer.json()[what] == []
    assert answer.json()["pageMetadata"] == {"number": 1, "size": 10, "totalElements": 0, "totalPages": 0}


async def test_messages_and_consultations(
    burgerprofiel: httpx.AsyncClient, citizen: str, agent: Client, people: People
) -> None:
    listed = (await agent.get(f"/customers/{citizen}/history")).json()
    question = (await burgerprofiel.get(f"/burgerprofiel/v1/questions/{INSZ}")).json()["questions"][0]
    seen = await agent.get(f"/questions/{question['id']}")
    done = await agent.post(
        f"/questions/{question['id']}/answer",
        json={"text": "Morgen om tien uur.", "channel": "phone"},
        headers={"If-Match": seen.headers["etag"]},
    )
    assert done.status_code == 200, done.text
    assert listed
    messages = (await burgerprofiel.get(f"/burgerprofiel/v1/messages/{INSZ}?limit=100")).json()
    said = [one for one in messages["messages"] if one["name"] == "Antwoord"]
    assert [(one["text"], one["reference"]) for one in said] == [("Morgen om tien uur.", question["reference"])]
    answer = await burgerprofiel.get(f"/burgerprofiel/v1/consultations/{INSZ}")
    used = answer.json()["consultations"]
    assert [(one["purpose"], one["department"]) for one in used] == [("Een vraag behandelen", "Onthaal")]
    assert str(people.users["agent"]) not in answer.text


async def test_the_national_number_is_in_no_log_and_no_problem(
    burgerprofiel: httpx.AsyncClient, citizen: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert citizen
    await burgerprofiel.get(f"/burgerprofiel/v1/questions/{INSZ}")
    wrong = await burgerprofiel.get("/burgerprofiel/v1/questions/85073003329")
    assert wrong.status_code == 400
    told = capsys.readouterr().out
    assert "/burgerprofiel/v1/questions/{insz" in told, "the log holds the pattern of the path"
    assert not [one for one in ("85073003328", "85073003329") if one in told or one in wrong.text]
