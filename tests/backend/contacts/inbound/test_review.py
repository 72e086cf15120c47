"""Quarantine: what cannot be read is kept, told of, and decided about by people."""

from typing import Any
from uuid import UUID

import pytest

from backend.contacts.inbound.service import MailTaker
from tests.backend.contacts.inbound import mails
from tests.backend.contacts.inbound.office import LOKET, Office
from tests.backend.contacts.inbound.test_taking import letter
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

UNREADABLE = b"\x00\x01\x02"


@pytest.fixture
def lead(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["lead"])


@pytest.fixture
def administrator(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["administrator"])


async def release(client: Client, mail_id: UUID, **body: Any) -> Any:
    headers = {"Idempotency-Key": f"release-{mail_id}"}
    return await client.post(f"/inboundMails/{mail_id}/release", json=body, headers=headers)


async def test_unreadable_mail_waits_for_people(
    office: Office, lead: Client, administrator: Client, anonymous: Client, people: People
) -> None:
    await office.mailbox()
    row = await office.take(UNREADABLE)
    assert (row["state"], row["question_id"]) == ("quarantined", None)
    (listed,) = (await lead.get("/inboundMails?state=quarantined")).json()["items"]
    assert (listed["id"], listed["recipient"]) == (str(row["id"]), LOKET)
    assert "nothing in it" in listed["reason"]
    told = {str(one["To"]) for one in office.sent()}
    assert told == {"lead@stad.example", "administrator@stad.example"}
    assert str(row["id"]) in office.sent()[0].as_string()
    got = await administrator.get(f"/inboundMails/{row['id']}/content")
    assert got.content == UNREADABLE
    assert got.headers["content-disposition"].startswith("attachment")
    log = (await anonymous.as_user(people.tokens["auditor"]).get("/audit/entries")).json()["items"]
    assert [one["subject"] for one in log if one["action"] == "downloadInboundMail"] == [str(row["id"])]


async def test_people_are_told_once_an_hour(office: Office) -> None:
    await office.mailbox()
    for _ in range(3):
        await office.take(UNREADABLE)
    assert len(office.sent("lead@stad.example")) == 1


async def test_it_becomes_a_question_by_hand(office: Office, lead: Client) -> None:
    await office.mailbox()
    row = await office.take(UNREADABLE)
    assert (await release(lead, row["id"])).status_code == 400
    headers = {"Idempotency-Key": f"with-text-{row['id']}"}
    body = {"subject": "Onleesbare mail", "text": "Iemand vraagt naar het loket."}
    got = await lead.post(f"/inboundMails/{row['id']}/release", json=body, headers=headers)
    assert got.status_code == 201, got.text
    assert (got.json()["state"], got.json()["outcome"]) == ("processed", "question")
    view = (await lead.get(f"/questions/{got.json()['questionId']}")).json()
    assert (view["subject"], view["text"], view["channel"]) == (body["subject"], body["text"], "email")
    await office.work()
    assert [one for one in office.sent() if "ontvangen" in str(one["Subject"])] == []
    refused = await lead.post(f"/inboundMails/{row['id']}/dismiss", json={"reason": "toch niet"})
    assert refused.status_code == 409
    assert (await lead.get(f"/inboundMails/{row['id']}/content")).status_code == 409


async def test_it_goes_on_about_a_question(office: Office, lead: Client) -> None:
    await office.mailbox()
    question = (await office.take(letter()))["question_id"]
    row = await office.take(UNREADABLE)
    got = await release(lead, row["id"], questionId=str(question), text="Hetzelfde, maar onleesbaar.")
    assert got.status_code == 201, got.text
    view = (await lead.get(f"/questions/{question}")).json()
    assert view["messages"][-1]["text"] == "Hetzelfde, maar onleesbaar."


async def test_it_is_put_aside_and_stays(office: Office, lead: Client) -> None:
    await office.mailbox()
    row = await office.take(UNREADABLE)
    got = await lead.post(f"/inboundMails/{row['id']}/dismiss", json={"reason": "Leeg bestand"})
    assert (got.json()["state"], got.json()["reason"]) == ("ignored", "Leeg bestand")
    assert len((await lead.get("/inboundMails?state=ignored")).json()["items"]) == 1


async def test_what_fails_again_and_again_goes_to_people_and_can_be_tried_once_more(
    office: Office, lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    await office.mailbox()
    mail_id = await office.bring(letter())
    with monkeypatch.context() as patched:
        patched.setattr(MailTaker, "take", broken)
        await office.work()
        assert office.failures == ["contacts.readMail: ZeroDivisionError"]
        assert (await office.row(mail_id))["state"] == "received"
        office.failures.clear()
        await office.work(attempts=5)
    row = await office.row(mail_id)
    assert (row["state"], row["reason"]) == (
        "quarantined",
        "it could not be taken in, 5 times: ZeroDivisionError",
    )
    detail = (await lead.get(f"/inboundMails/{mail_id}")).json()
    assert (detail["subject"], detail["text"]) == ("Wanneer open?", "Is het loket zaterdag open?")
    assert (await lead.post(f"/inboundMails/{mail_id}/retry")).json()["state"] == "received"
    await office.work()
    assert (await office.row(mail_id))["outcome"] == "question"
    assert "text" not in (await lead.get(f"/inboundMails/{mail_id}")).json()


async def test_spam_is_a_list_to_look_through(office: Office, lead: Client) -> None:
    await office.mailbox()
    await office.take(letter())
    row = await office.take(mails.SPAM)
    (listed,) = (await lead.get("/inboundMails?mark=spam")).json()["items"]
    assert listed["questionId"] == str(row["question_id"])


async def test_a_shielded_department_keeps_its_mail_to_itself(
    office: Office, lead: Client, administrator: Client, anonymous: Client, people: People
) -> None:
    shielded = people.departments["sociaal-huis"]
    await office.mailbox(department_id=shielded)
    await office.uow.execute(
        "UPDATE membership SET roles = '{expert,teamLead}' WHERE user_id = $1", people.users["social"]
    )
    row, read = await office.take(UNREADABLE), await office.take(letter())
    for client in (lead, administrator):
        assert (await client.get("/inboundMails")).json()["items"] == []
        for path in (f"/inboundMails/{row['id']}", f"/inboundMails/{row['id']}/content"):
            assert (await client.get(path)).status_code == 404
        assert (await client.post(f"/inboundMails/{row['id']}/retry")).status_code == 404
    assert {str(one["To"]) for one in office.sent() if "uarantaine" in str(one["Subject"])} == {"social@stad.example"}
    insider = anonymous.as_user(people.tokens["social"])
    items = (await insider.get("/inboundMails")).json()["items"]
    assert {one["id"] for one in items} == {str(row["id"]), str(read["id"])}
