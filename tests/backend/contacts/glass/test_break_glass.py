"""Breaking the glass: it opens to one person, for an hour, to read; it is logged, told to auditors, tells nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP, Envelope

from backend.app import Platform
from backend.contacts.glass.rules import notice_text
from backend.identity.glass.service import NOTICE
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Dispatcher
from backend.kit.reference import new_reference
from backend.notifications.rules import plain_mail
from backend.notifications.service import Mailer
from backend.worker import handlers
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

WHY = "De beller is in gevaar."


@pytest.fixture
async def hidden(agent: Client, people: People, registered: dict[str, Any]) -> dict[str, Any]:
    """A sensitive question of the customer of `registered`, with the contact in which it was asked."""
    body = {
        "channel": "phone",
        "customerId": registered["customerId"],
        "notes": "Klinkt bang",
        "questions": [{"subject": "Opvang", "departmentId": str(people.departments["sociaal-huis"])}],
    }
    made: dict[str, Any] = (await agent.post("/contacts", json=body, headers=key())).json()
    return {"contact": made["id"], "customer": registered["customerId"], **made["questions"][0]}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def break_glass(client: Client, **what: str) -> dict[str, Any]:
    answer = await client.post("/breakGlass", json={"reason": WHY, **what}, headers=key())
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def entries(anonymous: Client, people: People, **which: str) -> list[dict[str, Any]]:
    auditor = anonymous.as_user(people.tokens["auditor"])
    found: list[dict[str, Any]] = (await auditor.get("/audit/entries", params=which)).json()["items"]
    return found


async def test_it_opens_the_questions_of_a_customer(agent: Client, hidden: dict[str, Any]) -> None:
    assert (await agent.get(f"/questions/{hidden['id']}")).status_code == 404
    opened = await break_glass(agent, customerId=hidden["customer"])
    until = datetime.fromisoformat(opened["until"])
    assert timedelta(minutes=59) < until - datetime.now(UTC) <= timedelta(minutes=60)
    assert (await agent.get(f"/questions/{hidden['id']}")).json()["subject"] == "Opvang"
    assert (await agent.post("/questions/query", json={"reference": hidden["reference"]})).status_code == 200
    file = (await agent.get(f"/customers/{hidden['customer']}/file")).json()
    assert hidden["id"] in [one["question"]["id"] for one in file["questions"]]
    assert (await agent.get(f"/contacts/{hidden['contact']}")).json()["notes"] == "Klinkt bang"


async def test_it_opens_one_question_by_its_reference(agent: Client, hidden: dict[str, Any]) -> None:
    await break_glass(agent, reference=hidden["reference"])
    assert (await agent.get(f"/questions/{hidden['id']}")).status_code == 200


async def test_it_opens_to_nobody_else(
    agent: Client, anonymous: Client, people: People, hidden: dict[str, Any]
) -> None:
    await break_glass(agent, customerId=hidden["customer"])
    colleague = anonymous.as_user(people.tokens["agent2"])
    assert (await colleague.get(f"/questions/{hidden['id']}")).status_code == 404


async def test_it_opens_nothing_of_another_customer(agent: Client, hidden: dict[str, Any]) -> None:
    body = {"kind": "association", "organisationName": "Turnkring De Zwaluw"}
    other = (await agent.post("/customers", json=body, headers=key())).json()["id"]
    await break_glass(agent, customerId=other)
    assert (await agent.get(f"/questions/{hidden['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("verb", "body"),
    [("notes", {"text": "Gebeld."}), ("claim", None), ("withdraw", {"reason": "Dubbel", "cause": "duplicate"})],
)
async def test_it_is_for_reading_only(agent: Client, hidden: dict[str, Any], verb: str, body: Any) -> None:
    await break_glass(agent, customerId=hidden["customer"])
    answer = await agent.post(f"/questions/{hidden['id']}/{verb}", json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 403
    follow_up = {"channel": "phone", "followUps": [{"questionId": hidden["id"], "text": "Nog iets."}]}
    assert (await agent.post("/contacts", json=follow_up, headers=key())).status_code == 403
    page = (await agent.get(f"/questions/{hidden['id']}")).json()
    assert (page["version"], page["state"]) == (1, "new")


async def test_it_puts_nothing_on_a_worklist(agent: Client, people: People, hidden: dict[str, Any]) -> None:
    await break_glass(agent, customerId=hidden["customer"])
    department = str(people.departments["sociaal-huis"])
    assert (await agent.get("/worklists/department", params={"department": department})).status_code == 403


async def test_it_ends_by_itself(agent: Client, hidden: dict[str, Any], people: People, uow: UnitOfWork) -> None:
    """As it was an hour ago: the row is written as that hour left it."""
    past = datetime.now(UTC) - timedelta(minutes=61)
    await uow.execute(
        """INSERT INTO break_glass (id, user_id, at, until, reason, subject_kind, subjects)
           VALUES (gen_random_uuid(), $1, $2, $3, $4, 'customer', $5)""",
        people.users["agent"], past, past + timedelta(minutes=60), WHY, [UUID(hidden["customer"])],
    )  # fmt: skip
    assert (await agent.get(f"/questions/{hidden['id']}")).status_code == 404


async def test_it_and_every_look_under_it_are_logged(
    agent: Client, anonymous: Client, people: People, hidden: dict[str, Any]
) -> None:
    await break_glass(agent, customerId=hidden["customer"])
    broken = await entries(anonymous, people, action="breakGlass")
    assert [(one["subject"], one["purpose"], one["outcome"]) for one in broken] == [
        (hidden["customer"], "breakGlass", "done")
    ]
    await agent.get(f"/questions/{hidden['id']}")
    await agent.get(f"/contacts/{hidden['contact']}")
    await agent.get(f"/customers/{hidden['customer']}/file")
    for thing, actions in ((hidden["id"], {"getQuestion", "getCustomerFile"}), (hidden["contact"], {"getContact"})):
        looks = [one for one in await entries(anonymous, people, subject=thing) if one["action"] in actions]
        assert {one["action"] for one in looks} == actions
        assert {one["purpose"] for one in looks} == {"breakGlass"}


async def test_other_looks_meanwhile_are_not_marked(
    agent: Client, anonymous: Client, people: People, hidden: dict[str, Any], registered: dict[str, Any]
) -> None:
    await break_glass(agent, customerId=hidden["customer"])
    question = registered["questions"][0]["id"]
    await agent.get(f"/questions/{question}")
    looks = await entries(anonymous, people, subject=question, action="getQuestion")
    assert [one["purpose"] for one in looks] == ["questionHandling"]


async def test_it_does_not_tell_whether_there_is_anything(agent: Client, hidden: dict[str, Any]) -> None:
    body = {"kind": "association", "organisationName": "Turnkring De Zwaluw"}
    nothing = (await agent.post("/customers", json=body, headers=key())).json()["id"]
    answers = [
        await break_glass(agent, customerId=hidden["customer"]),
        await break_glass(agent, customerId=nothing),
        await break_glass(agent, reference=hidden["reference"]),
        await break_glass(agent, reference=new_reference()),
    ]
    assert {frozenset(answer) for answer in answers} == {frozenset({"id", "until"})}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"reason": WHY}, 400),
        ({"reason": "kort", "reference": "x"}, 400),
        ({"reason": WHY, "reference": "geen"}, 400),
        ({"reason": WHY, "customerId": str(uuid4())}, 404),
    ],
)
async def test_it_needs_a_reason_and_one_subject(agent: Client, body: dict[str, str], status: int) -> None:
    assert (await agent.post("/breakGlass", json=body, headers=key())).status_code == status


async def test_who_handles_no_questions_cannot(anonymous: Client, people: People, hidden: dict[str, Any]) -> None:
    for name in ("editor", "administrator", "auditor", "integrator"):
        client = anonymous.as_user(people.tokens[name])
        body = {"reason": WHY, "customerId": hidden["customer"]}
        assert (await client.post("/breakGlass", json=body, headers=key())).status_code == 403, name


async def test_the_auditor_sees_who_and_why(
    agent: Client, anonymous: Client, people: People, hidden: dict[str, Any]
) -> None:
    opened = await break_glass(agent, customerId=hidden["customer"])
    auditor = anonymous.as_user(people.tokens["auditor"])
    newest = (await auditor.get("/breakGlass", params={"limit": 1})).json()["items"][0]
    assert (newest["id"], newest["userId"], newest["reason"]) == (opened["id"], str(people.users["agent"]), WHY)
    assert (newest["subjectKind"], newest["subjects"]) == ("customer", [hidden["customer"]])
    assert (await agent.get("/breakGlass")).status_code == 403


async def test_every_auditor_with_an_address_is_told(
    agent: Client, people: People, hidden: dict[str, Any], uow: UnitOfWork
) -> None:
    opened = await break_glass(agent, customerId=hidden["customer"])
    rows = await uow.fetch("SELECT ids FROM outbox WHERE topic = $1", NOTICE)
    assert [row["ids"] for row in rows] == [{"glass": opened["id"], "auditor": str(people.users["auditor"])}]


class Post:
    """Handler of a mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.kept: list[Envelope] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        self.kept.append(envelope)
        return "250 ok"


async def test_the_worker_mails_the_notice(
    agent: Client, hidden: dict[str, Any], platform: Platform, uow: UnitOfWork
) -> None:
    opened = await break_glass(agent, customerId=hidden["customer"])
    post = Post()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(post, hostname="localhost"), "127.0.0.1", 0)
    async with server:
        platform.mailer = Mailer(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", "stad@stad.example", "Gent")
        # in the one transaction of a test `now()` stands still before anything was asked
        await uow.execute("UPDATE outbox SET available_at = now()")
        dispatcher = Dispatcher(platform.database, handlers(platform))
        for effect in await dispatcher.lease(50):
            if effect.topic == NOTICE:
                assert await dispatcher.run(effect)
    assert [one.rcpt_tos for one in post.kept] == [["auditor@stad.example"]]
    content = post.kept[0].content
    assert isinstance(content, bytes)
    mail = message_from_bytes(content, policy=policy.default)
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr] # it has one
    assert "Gebruiker: agent\n" in text.replace("\r\n", "\n")
    assert opened["id"] in text
    for secret in (WHY, "Opvang", hidden["customer"], hidden["reference"], "De Smet"):
        assert secret not in mail.as_string()


def test_the_notice_says_who_and_when_and_nothing_about_the_customer() -> None:
    glass = UUID(int=7)
    text = notice_text("an.verhaeghe", datetime(2026, 11, 28, 13, 5, tzinfo=UTC), glass, "Stad <Gent>")
    assert "Gebruiker: an.verhaeghe\n" in text
    assert "28/11/2026 om 14.05 uur" in text
    assert str(glass) in text
    html = plain_mail("1", "dora@stad.example", "Geopend", text, datetime(2026, 11, 28, 13, 5, tzinfo=UTC)).html
    assert "Stad &lt;Gent&gt;" in html
    assert "Gebruiker: an.verhaeghe<br>" in html


async def test_nobody_changes_what_was_broken(uow: UnitOfWork) -> None:
    """The table can only be added to: an account that holds."""
    for right in ("UPDATE", "DELETE", "TRUNCATE"):
        assert not await uow.fetchval("SELECT has_table_privilege('onthaal_app', 'break_glass', $1)", right)
