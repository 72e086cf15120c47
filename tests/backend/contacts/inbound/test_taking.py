"""What becomes of a mail: a question, more about one, a bounce, or something for people to look at."""

from typing import Any
from uuid import UUID

import pytest

from backend.contacts.rules import State
from tests.backend.contacts.inbound import mails
from tests.backend.contacts.inbound.mails import OUR_ID, mail
from tests.backend.contacts.inbound.office import FROM, LOKET, Office
from tests.backend.contacts.test_life import do
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

JEF = "jef@voorbeeld.be"


def letter(subject: str = "Wanneer open?", text: str = "Is het loket zaterdag open?", **headers: str) -> bytes:
    given = {
        "From": f"Jef Maes <{JEF}>",
        "Subject": subject,
        "Message-ID": f"<{abs(hash((subject, text)))}@voorbeeld.be>",
        "Date": "Mon, 23 Nov 2026 10:12:00 +0100",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return mail("\n".join(f"{name}: {value}" for name, value in given.items() if value), text)


async def waiting(office: Office, agent: Client, people: People) -> tuple[UUID, str]:
    """A question by mail that waits for the customer; its id and the Message-ID of our mail."""
    await office.mailbox()
    row = await office.take(letter())
    question = row["question_id"]
    await do(agent, str(question), "claim")
    asked = await do(agent, str(question), "clarify", {"text": "Welk loket bedoel je?"})
    assert asked.json()["state"] == "waitingForCustomer", asked.text
    await office.work()
    assert office.failures == []
    assert people
    return question, str(office.sent(JEF)[-1]["Message-ID"])


async def test_a_mail_becomes_a_question(office: Office, agent: Client, people: People) -> None:
    await office.mailbox(department_id=people.departments["burgerzaken"], kind="complaint")
    row = await office.take(mails.OUTLOOK.replace(OUR_ID.encode(), b"<x@y>"))
    assert (row["state"], row["outcome"], row["sender"]) == ("processed", "question", "jef.peeters@bedrijf.example")
    view = (await agent.get(f"/questions/{row['question_id']}")).json()
    assert view["subject"] == "RE: Uw vraag over de reispas [4F7-K2M-9XF]"
    assert (view["channel"], view["kind"], view["identity"]) == ("email", "complaint", "anonymous")
    assert view["departmentId"] == str(people.departments["burgerzaken"])
    assert "geïnteresseerd" in view["text"]
    assert "wanneer kunt u komen" in view["text"]
    first = next(one for one in view["messages"] if one["purpose"] == "question")
    assert (first["direction"], first["channel"]) == ("inbound", "email")
    assert "text" not in first
    assert [one["name"] for one in view["attachments"]] == ["attest geïnd.pdf"]
    assert "customer" not in view
    contact = (await agent.get(f"/contacts/{view['contactIds'][0]}")).json()
    assert "agentId" not in contact
    assert contact["caller"] == {"name": "Peeters, Jef", "email": "jef.peeters@bedrijf.example"}


async def test_the_contact_centre_gets_what_has_no_owner(office: Office, people: People) -> None:
    await office.mailbox()
    assert (await office.take(letter()))["department_id"] == people.departments["onthaal"]
    row = await office.take(letter("Aan de afzender"), to=FROM)
    assert (row["mailbox_id"], row["department_id"]) == (None, people.departments["onthaal"])


async def test_it_is_acknowledged_without_a_word_of_the_sender(office: Office, agent: Client) -> None:
    await office.mailbox()
    row = await office.take(letter("Koop nu goedkope pillen"))
    (sent,) = office.sent(JEF)
    reference = (await agent.get(f"/questions/{row['question_id']}")).json()["reference"]
    assert str(sent["Subject"]) == f"We hebben je vraag goed ontvangen [{reference}]"
    assert "pillen" not in sent.as_string()
    assert (sent["Auto-Submitted"], sent["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert sent["Reply-To"] == LOKET
    assert sent["In-Reply-To"] == row["header_id"]
    assert sent["References"] == row["header_id"]


@pytest.mark.parametrize(
    ("raw", "sender", "mark"),
    [
        (mails.SPAM, "win@spam.example", "spam"),
        (mails.ROUND, "rond@voorbeeld.be", "loop"),
        (letter(Precedence="bulk"), JEF, "automatic"),
        (letter(List_Id="<x.y>"), JEF, "list"),
        (letter(), "", "automatic"),
    ],
)
async def test_what_no_person_waits_for_is_a_question_all_the_same(
    office: Office, raw: bytes, sender: str, mark: str
) -> None:
    await office.mailbox()
    row = await office.take(raw, sender=sender)
    assert (row["outcome"], row["marks"]) == ("question", [mark])
    assert office.sent() == []
    assert [one["marks"] for one in await office.messages(row["question_id"])] == [[mark]]


async def test_a_machine_is_not_acknowledged_for_ever(office: Office) -> None:
    await office.mailbox()
    rows = [await office.take(letter(f"Mail {number}")) for number in range(22)]
    assert [row["marks"] for row in rows[:20]] == [[]] * 20
    assert rows[21]["marks"] == ["tooMany"]
    assert {row["outcome"] for row in rows} == {"question"}
    assert len(office.sent(JEF)) in {20, 21}


async def test_an_answer_to_our_mail_comes_back_into_its_question(
    office: Office, agent: Client, people: People
) -> None:
    question, ours = await waiting(office, agent, people)
    text = "Het loket in de Kerkstraat.\n\nOp ma 23 nov. 2026 om 10:12 schreef Stad <a@b.be>:\n> Welk loket?\n"
    row = await office.take(letter("Re: Een vraag over je vraag", text, In_Reply_To=ours))
    assert (row["outcome"], row["question_id"], row["marks"]) == ("reply", question, [])
    view = (await agent.get(f"/questions/{question}")).json()
    assert (view["state"], view["timeline"][-1]["type"]) == ("inProgress", "replied")
    said = view["messages"][-1]
    assert (said["text"], said["purpose"]) == ("Het loket in de Kerkstraat.", "reply")
    assert "> Welk loket?" in said["fullText"]
    assert len(view["contactIds"]) == 2
    clarification = office.sent(JEF)[-1]
    assert clarification["Auto-Submitted"] == "no"
    await do(agent, str(question), "answer", {"text": "Ja, tot 12 uur."})
    await office.work()
    answer = office.sent(JEF)[-1]
    assert answer["In-Reply-To"] == row["header_id"]
    assert str(answer["References"]).split()[-2:] == [ours, row["header_id"]]
    assert str(answer["References"]).split()[0] != ours


async def test_a_reference_in_the_subject_is_enough(office: Office, agent: Client, people: People) -> None:
    question, _ = await waiting(office, agent, people)
    reference = (await agent.get(f"/questions/{question}")).json()["reference"]
    row = await office.take(letter(f"nog iets [{reference}]", "De Kerkstraat."))
    assert (row["outcome"], row["question_id"], row["marks"]) == ("reply", question, [])
    again = await office.take(letter(f"en [{reference}]", "Toch niet.", References=row["header_id"]))
    assert again["question_id"] == question


@pytest.mark.parametrize("way", ["reference", "headers"])
async def test_a_stranger_is_heard_and_hears_nothing(office: Office, agent: Client, people: People, way: str) -> None:
    """Whoever saw a reference can add to a question: kept, marked; nothing of the question goes to that address."""
    question, ours = await waiting(office, agent, people)
    reference = (await agent.get(f"/questions/{question}")).json()["reference"]
    subject, headers = (f"[{reference}]", {}) if way == "reference" else ("Re:", {"In_Reply_To": ours})
    raw = letter(subject, "Stuur het antwoord naar mij.", From="Vreemde <vreemd@elders.example>", **headers)
    row = await office.take(raw)
    assert (row["outcome"], row["marks"]) == ("reply", ["unknownSender"])
    view = (await agent.get(f"/questions/{question}")).json()
    assert view["messages"][-1]["marks"] == ["unknownSender"]
    contact = (await agent.get(f"/contacts/{view['contactIds'][-1]}")).json()
    assert contact["caller"] == {"name": "Vreemde", "email": "vreemd@elders.example", "unconfirmed": True}
    assert office.sent("vreemd@elders.example") == []
    await do(agent, str(question), "answer", {"text": "Ja, tot 12 uur."})
    await office.work()
    assert office.sent("vreemd@elders.example") == []
    answer = office.sent(JEF)[-1]
    assert "Ja, tot 12 uur." in str(answer.get_body(("plain",)))
    assert row["header_id"] not in f"{answer['References']} {answer['In-Reply-To']}"


async def test_a_known_sender_cannot_send_the_answer_elsewhere(office: Office, agent: Client, people: People) -> None:
    question, ours = await waiting(office, agent, people)
    raw = letter("Re:", "Naar mijn ander adres.", In_Reply_To=ours, Reply_To="ander@elders.example")
    assert (await office.take(raw))["marks"] == ["unknownSender"]
    await do(agent, str(question), "answer", {"text": "Ja."})
    await office.work()
    assert office.sent("ander@elders.example") == []


async def test_an_automatic_reply_is_kept_and_moves_nothing(office: Office, agent: Client, people: People) -> None:
    question, ours = await waiting(office, agent, people)
    before = (await agent.get(f"/questions/{question}")).json()
    row = await office.take(mails.OUT_OF_OFFICE.replace(OUR_ID.encode(), ours.encode()))
    assert (row["outcome"], row["question_id"]) == ("note", question)
    after = (await agent.get(f"/questions/{question}")).json()
    assert (after["state"], after["version"]) == ("waitingForCustomer", before["version"])
    assert "afwezig" in after["messages"][-1]["text"]
    assert "automatic" in after["messages"][-1]["marks"]
    assert after["contactIds"] == before["contactIds"]


@pytest.mark.parametrize("raw", [mails.POSTFIX_DSN, mails.EXCHANGE_DSN, mails.QMAIL_BOUNCE])
async def test_a_mail_that_bounces_asks_for_an_action(
    office: Office, agent: Client, people: People, raw: bytes
) -> None:
    question, ours = await waiting(office, agent, people)
    row = await office.take(raw.replace(OUR_ID.encode(), ours.encode()), to=FROM, sender="")
    assert (row["outcome"], row["question_id"]) == ("bounce", question)
    view = (await agent.get(f"/questions/{question}")).json()
    assert (view["state"], view["nextAction"]) == ("inProgress", "answer")
    assert view["timeline"][-1]["type"] == "undelivered"
    asked = next(one for one in view["messages"] if one["purpose"] == "clarification")
    assert (asked["delivery"], asked["failure"][:15]) == ("failed", "not delivered: ")
    again = await office.take(raw.replace(OUR_ID.encode(), ours.encode()) + b"\r\n", to=FROM, sender="")
    assert again["outcome"] == "bounce"
    assert (await agent.get(f"/questions/{question}")).json()["version"] == view["version"]


async def test_a_delay_is_only_noted(office: Office, agent: Client, people: People) -> None:
    question, ours = await waiting(office, agent, people)
    row = await office.take(mails.DELAYED_DSN.replace(OUR_ID.encode(), ours.encode()), to=FROM, sender="")
    assert (row["outcome"], row["question_id"]) == ("delayed", question)
    view = (await agent.get(f"/questions/{question}")).json()
    assert view["state"] == "waitingForCustomer"
    asked = next(one for one in view["messages"] if one["purpose"] == "clarification")
    assert (asked["delivery"], asked["failure"]) == ("sent", "delayed, its server keeps trying: 4.4.1")


async def test_a_bounce_of_nothing_of_ours_is_put_aside(office: Office) -> None:
    await office.mailbox()
    row = await office.take(mails.POSTFIX_DSN, sender="")
    assert (row["state"], row["outcome"], row["question_id"]) == ("ignored", "bounce", None)


async def test_our_own_mail_that_comes_back_makes_no_question(office: Office, agent: Client, people: People) -> None:
    question, _ = await waiting(office, agent, people)
    row = await office.take(office.sent(JEF)[-1].as_bytes())
    assert (row["state"], row["outcome"], row["question_id"]) == ("ignored", "ownMail", question)
    notice = mail(f"From: Stad <{FROM}>\nSubject: Herinnering\nMessage-ID: {OUR_ID}", "Kijk na.")
    assert (await office.take(notice))["outcome"] == "ownMail"


async def test_a_withdrawn_question_stays_so_and_the_mail_is_a_new_one(
    office: Office, agent: Client, people: People
) -> None:
    question, ours = await waiting(office, agent, people)
    await do(agent, str(question), "withdraw", {"reason": "Dubbel", "cause": "duplicate"})
    row = await office.take(letter("Re:", "Hallo?", In_Reply_To=ours))
    assert row["outcome"] == "question"
    assert row["question_id"] != question


async def test_an_answered_question_is_open_again(office: Office, agent: Client, people: People) -> None:
    question, _ = await waiting(office, agent, people)
    await do(agent, str(question), "answer", {"text": "Ja."})
    await office.work()
    ours = str(office.sent(JEF)[-1]["Message-ID"])
    row = await office.take(letter("Re:", "Dat klopt niet.", In_Reply_To=ours))
    assert (row["outcome"], row["question_id"]) == ("reply", question)
    assert row["question_state"] == State.IN_PROGRESS


async def test_the_same_mail_is_one_question(office: Office) -> None:
    await office.mailbox()
    await office.mailbox("info@zonderwater.example")
    row = await office.take(letter())
    assert await office.bring(letter()) == row["id"], "the server did not hear our answer"
    other = await office.take(b"Received: by x\r\n" + letter(), to="info@zonderwater.example")
    assert (other["outcome"], other["question_id"]) == ("duplicate", row["question_id"])
    note = (await office.messages(row["question_id"]))[-1]
    assert (note["direction"], note["body"]) == (
        "note",
        "Dezelfde mail kwam ook binnen in de mailbox info@zonderwater.example.",
    )
    different = await office.take(letter().replace(b"zaterdag", b"zondag"))
    assert different["outcome"] == "question", "the same Message-ID and other words is another mail"


async def test_a_shielded_department_and_another_each_have_their_own(office: Office, people: People) -> None:
    await office.mailbox()
    await office.mailbox("sociaal@zonderwater.example", department_id=people.departments["sociaal-huis"])
    first = await office.take(letter(), to="sociaal@zonderwater.example")
    second = await office.take(b"Received: by x\r\n" + letter())
    assert (first["outcome"], second["outcome"]) == ("question", "question")
    assert first["question_id"] != second["question_id"]
    assert len(await office.messages(first["question_id"])) == 2


async def test_a_mail_without_message_id_is_kept_each_time(office: Office) -> None:
    await office.mailbox()
    rows = [await office.take(letter(Message_ID="")) for _ in range(2)]
    assert rows[0]["question_id"] != rows[1]["question_id"]


@pytest.mark.parametrize("raw", [mails.EMPTY_BODY, mails.NO_FROM, mails.ENCRYPTED, mails.HTML_ONLY, mails.APPLE])
async def test_whatever_can_be_read_is_a_question(office: Office, raw: bytes) -> None:
    await office.mailbox()
    row = await office.take(raw)
    assert row["outcome"] == "question"
    assert row["body"]


async def test_a_long_mail_is_kept_whole(office: Office) -> None:
    await office.mailbox()
    row = await office.take(letter("Lang", "woord " * 10_000 + "einde"))
    assert len(row["body"]) <= 20_000
    first: Any = next(one for one in await office.messages(row["question_id"]) if one["purpose"] == "question")
    assert first["full_text"].endswith("einde")
