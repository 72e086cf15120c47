"""An answer before and when it leaves: the preview is the mail, files go along, warnings are right."""

import re
from email.headerregistry import Address
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.notifications.rules import compose
from tests.conftest import Client
from tests.letters import mail_of
from tests.people import People

pytestmark = pytest.mark.anyio

MESSAGE = re.compile(r"#[\w-]{40,}")
"""The link to say whether it helped names the message: a preview is none."""
SENDER = Address("Stad", "onthaal", "stad.example")


@pytest.fixture
def expert(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["expert"])


@pytest.fixture
def question(registered: dict[str, Any]) -> str:
    return str(registered["questions"][0]["id"])


async def do(client: Client, question: str, verb: str, body: dict[str, Any]) -> httpx.Response:
    tag = (await client.get(f"/questions/{question}")).headers.get("etag", '"1"')
    return await client.post(f"/questions/{question}/{verb}", json=body, headers={"If-Match": tag})


async def preview(client: Client, question: str, **body: Any) -> httpx.Response:
    return await client.post(f"/questions/{question}/answer/preview", json={"text": "Vijf werkdagen.", **body})


async def attach(client: Client, question: str, uow: UnitOfWork, name: str, *, clean: bool = True) -> str:
    """A file of the question, as if it was scanned."""
    made = await client.post(
        f"/questions/{question}/attachments",
        files={"file": (name, b"Breng een pasfoto mee.")},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert made.status_code == 201, made.text
    if clean:
        await uow.execute("UPDATE attachment SET state = 'clean' WHERE id = $1", UUID(made.json()["id"]))
    return str(made.json()["id"])


async def test_the_preview_is_the_mail(expert: Client, question: str, platform: Platform, uow: UnitOfWork) -> None:
    file = await attach(expert, question, uow, "hulpfiche.txt")
    body = {"text": "Zie https://www.stad.example\n\nTot dan.", "attachmentIds": [file]}
    before = (await expert.get(f"/questions/{question}")).json()
    seen = (await preview(expert, question, **body)).json()
    assert seen["recipient"] == "l…@voorbeeld.be"
    assert "lien.desmet@voorbeeld.be" not in str(seen)
    assert (seen["attachments"], seen["warnings"]) == (["hulpfiche.txt"], [])
    assert (await expert.get(f"/questions/{question}")).json() == before, "nothing is kept"
    page = (await do(expert, question, "answer", body)).json()
    sent = await mail_of(platform, page["messages"][-1]["id"])
    shown = [MESSAGE.sub("#", text) for text in (seen["subject"], seen["text"], seen["html"])]
    assert [MESSAGE.sub("#", text) for text in (sent.subject, sent.text, sent.html)] == shown
    (gone,) = sent.attachments
    assert (gone.name, gone.content) == ("hulpfiche.txt", b"Breng een pasfoto mee.")
    assert "hulpfiche.txt" in compose(sent, SENDER).as_string()
    assert page["attachments"][0]["messageId"] == page["messages"][-1]["id"]


async def test_a_clarification_takes_files_along(
    expert: Client, question: str, platform: Platform, uow: UnitOfWork
) -> None:
    file = await attach(expert, question, uow, "formulier.txt")
    page = (await do(expert, question, "clarify", {"text": "Vul dit in.", "attachmentIds": [file]})).json()
    sent = await mail_of(platform, page["messages"][-1]["id"])
    assert [one.name for one in sent.attachments] == ["formulier.txt"]
    again = await do(expert, question, "answer", {"text": "Zo.", "attachmentIds": [file]})
    assert (again.status_code, again.json()["type"]) == (409, "urn:problem-type:onthaal:attachmentUsed")
    assert (await expert.get(f"/questions/{question}")).json()["state"] == "waitingForCustomer", "all or nothing"


async def test_only_clean_files_of_the_question_leave(
    agent: Client, expert: Client, question: str, uow: UnitOfWork
) -> None:
    pending = await attach(expert, question, uow, "nieuw.txt", clean=False)
    refused = await do(expert, question, "answer", {"text": "Zo.", "attachmentIds": [pending]})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem-type:onthaal:attachmentPending")
    body = {"channel": "counter", "questions": [{"subject": "Anders"}]}
    made = (await agent.post("/contacts", json=body, headers={"Idempotency-Key": "answering-other"})).json()
    foreign = await attach(agent, made["questions"][0]["id"], uow, "geheim.txt")
    assert (await do(expert, question, "answer", {"text": "Zo.", "attachmentIds": [foreign]})).status_code == 400
    warned = (await preview(expert, question, attachmentIds=[pending, foreign])).json()
    assert (warned["attachments"], warned["warnings"]) == ([], ["attachmentUnusable"])
    six = [str(uuid4()) for _ in range(6)]
    assert (await do(expert, question, "answer", {"text": "Zo.", "attachmentIds": six})).status_code == 400


async def test_what_to_think_of_first(agent: Client) -> None:
    asked = {"subject": "Anoniem", "answerChannel": "phone"}
    body = {"channel": "counter", "questions": [asked]}
    made = (await agent.post("/contacts", json=body, headers={"Idempotency-Key": "answering-anon"})).json()
    question = made["questions"][0]["id"]
    seen = (await preview(agent, question, text="Beste {customerName}")).json()
    assert seen["warnings"] == ["noAddress", "prefersPhone", "openPlaceholder"]
    assert "recipient" not in seen
    typed = (await preview(agent, question, email="jan@voorbeeld.be")).json()
    assert (typed["recipient"], typed["warnings"]) == ("j…@voorbeeld.be", ["prefersPhone"])


async def test_open_contributions_and_an_ended_question_are_told(expert: Client, question: str, people: People) -> None:
    part = {"departmentId": str(people.departments["mobiliteit"]), "asked": "Is er plaats om te parkeren?"}
    asked = {"items": [part]}
    tag = {"If-Match": '"1"', "Idempotency-Key": str(uuid4())}
    made = await expert.post(f"/questions/{question}/contributions", json=asked, headers=tag)
    assert made.status_code in {200, 201}, made.text
    assert (await preview(expert, question)).json()["warnings"] == ["contributionsOpen"]
    await do(expert, question, "withdraw", {"reason": "Dubbel", "cause": "duplicate"})
    assert (await preview(expert, question)).json()["warnings"] == ["ended"]


async def test_a_hostile_text_stays_text(expert: Client, question: str) -> None:
    hostile = "<script>alert(1)</script>{{ 7*7 }}{% x %}"
    seen = (await preview(expert, question, text=hostile)).json()
    assert hostile in seen["text"]
    assert "<script>" not in seen["html"]
    assert "49" not in seen["text"].split("Dit is ons antwoord")[1].split("Heb je")[0]


async def test_who_may_not_answer_sees_no_preview(
    expert: Client, anonymous: Client, question: str, people: People
) -> None:
    mobility = anonymous.as_user(people.tokens["mobility"])
    assert (await preview(mobility, question)).status_code == 403
    target = {"departmentId": str(people.departments["sociaal-huis"]), "reason": "Vraag om steun"}
    await do(expert, question, "forward", target)
    assert (await preview(mobility, question)).status_code == 404


@pytest.fixture
def told(uow: UnitOfWork) -> Any:
    async def read(kind: str) -> list[UUID]:
        return [row["user_id"] for row in await uow.fetch("SELECT user_id FROM notice WHERE kind = $1", kind)]

    return read


async def test_a_colleague_who_is_mentioned_is_told(expert: Client, question: str, people: People, told: Any) -> None:
    colleague, myself = people.users["expert2"], people.users["expert"]
    body = {"text": "Kijk jij hiernaar?", "mentions": [str(colleague), str(myself), str(colleague)]}
    noted = await do(expert, question, "notes", body)
    assert noted.status_code == 200, noted.text
    assert noted.json()["timeline"][-1]["data"] == {"mentions": [str(colleague), str(myself)]}
    assert await told("mentioned") == [colleague], "nobody needs to hear of their own note"


async def test_who_may_not_know_of_the_question_is_not_mentioned(
    agent: Client, anonymous: Client, people: People, told: Any
) -> None:
    asked = {"subject": "Leefloon", "departmentId": str(people.departments["sociaal-huis"])}
    body = {"channel": "phone", "questions": [asked]}
    made = (await agent.post("/contacts", json=body, headers={"Idempotency-Key": "mention-social"})).json()
    question = made["questions"][0]["id"]
    social = anonymous.as_user(people.tokens["social"])
    for one in (people.users["expert"], people.users["editor"], uuid4()):
        refused = await do(social, question, "notes", {"text": "Kijk", "mentions": [str(one)]})
        assert refused.status_code == 400
        assert [issue["name"] for issue in refused.json()["issues"]] == ["mentions"]
        assert str(one) not in refused.text
    assert await told("mentioned") == []
    page = (await social.get(f"/questions/{question}")).json()
    assert (page["version"], page["messages"]) == (1, [])


@pytest.mark.parametrize(("priority", "heard"), [("urgent", True), ("high", True), ("normal", False)])
async def test_leads_hear_of_what_is_urgent_and_the_customer_of_every_move(
    agent: Client, people: People, platform: Platform, told: Any, priority: str, *, heard: bool
) -> None:
    asked = {"subject": "Lek in de straat", "text": "Het water stijgt.", "priority": priority}
    contact = {"email": "jan@voorbeeld.be", "name": "Jan"}
    body = {"channel": "phone", "caller": contact, "questions": [asked]}
    made = (await agent.post("/contacts", json=body, headers={"Idempotency-Key": f"urgent-{priority}"})).json()
    question = made["questions"][0]["id"]
    target = {"departmentId": str(people.departments["burgerzaken"]), "reason": "Hoort daar"}
    page = (await do(agent, question, "forward", target)).json()
    assert await told("urgent") == ([people.users["civilLead"]] if heard else [])
    recap = await mail_of(platform, page["messages"][-1]["id"])
    assert recap.to == "jan@voorbeeld.be"
    for words in ("Het water stijgt.", "Burgerzaken", "uiterlijk op"):
        assert words in recap.text
