"""Match and confirm: the customer is asked on the channel on file, and nobody learns who is known."""

import asyncio
import re
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from backend.contacts.intake.service import REGISTER
from backend.kit.embedded.cluster import Cluster
from backend.kit.outbox import Dispatcher
from backend.kit.reach import EVERYTHING
from backend.worker import handlers
from tests.backend.contacts.intake.office import FORM, Counter, administrator, until_one_waits

pytestmark = pytest.mark.anyio

ON_FILE = "jef@opgeslagen.be"
HOME = {"street": "Kerkstraat", "number": "12", "postcode": "9000", "municipality": "Gent"}
LINK = re.compile(r"https://www\.zonderwater\.example/contact/(bevestig|ongedaan)#([\w-]{43})")


async def known(counter: Counter, *, verified: bool = True, **changes: Any) -> str:
    """A customer like the one of the form, with another e-mail address on file."""
    body = {
        "kind": "person",
        "names": {"given": "Jef", "family": "Maes"},
        "addresses": [HOME],
        "contactPoints": [{"type": "email", "value": ON_FILE}, {"type": "phone", "value": "0470 12 34 56"}],
        **changes,
    }
    made = await counter.staff().post("/customers", json=body, headers={"Idempotency-Key": uuid4().hex})
    assert made.status_code == 201, made.text
    customer: str = made.json()["id"]
    if verified:
        await counter.execute(
            "UPDATE customer_contact_point SET verified_at = now(), verified_how = 'code' WHERE customer_id = $1",
            UUID(customer),
        )
    return customer


async def sent(counter: Counter, **form: Any) -> str:
    """A form that was registered and matched; gives its reference."""
    response = await counter.send(**{"phone": "0470 12 34 56", **form})
    assert response.status_code == 202, response.text
    await counter.work()
    assert counter.failures == []
    reference: str = response.json()["reference"]
    return reference


def token_in(counter: Counter, kind: str) -> str:
    """The token of the last mail of this kind to the channel on file."""
    found = [LINK.search(mail.get_body(("plain",)).get_content()) for mail in counter.mails(ON_FILE)]  # type: ignore[union-attr]
    return [one[2] for one in found if one and one[1] == kind][-1]


def bodies(mail: EmailMessage) -> tuple[str, str]:
    """Text and HTML of a mail."""
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


async def confirm(counter: Counter, token: str | None, reference: str, answer: str = "yes") -> httpx.Response:
    body = {"reference": reference, "answer": answer} | ({"token": token} if token else {})
    return await counter.visitor().post("/claims/confirm", json=body)


async def question(counter: Counter, reference: str) -> Any:
    (row,) = await counter.fetch("SELECT * FROM question WHERE reference = $1", reference)
    return row


async def test_one_sure_match_is_asked_on_the_channel_on_file(counter: Counter) -> None:
    customer = await known(counter)
    reference = await sent(counter)
    (mail,) = counter.mails(ON_FILE)
    for body in bodies(mail):
        for secret in (reference, "uilnis", "jef.maes@voorbeeld.be", "Jef", "Maes"):
            assert secret not in body
    assert (await question(counter, reference))["customer_id"] is None, "nobody is linked before it is confirmed"
    (claim,) = await counter.fetch("SELECT * FROM claim")
    assert (str(claim["customer_id"]), claim["token"]) == (customer, None)
    token = token_in(counter, "bevestig")
    done = await confirm(counter, token, reference)
    assert (done.status_code, done.json()) == (200, {"state": "confirmed"})
    row = await question(counter, reference)
    assert (str(row["customer_id"]), row["identity"]) == (customer, "confirmed")
    points = await counter.fetch("SELECT value FROM customer_contact_point WHERE customer_id = $1", UUID(customer))
    assert FORM["email"] not in {one["value"] for one in points}, "the typed address is in the profile"
    assert (await confirm(counter, token, reference)).status_code == 404, "a token is used once"


async def test_it_is_announced_and_can_be_undone(counter: Counter) -> None:
    await known(counter)
    reference = await sent(counter)
    await confirm(counter, token_in(counter, "bevestig"), reference)
    await counter.work()
    undo = {"token": token_in(counter, "ongedaan")}
    done = await counter.visitor().post("/claims/undo", json=undo)
    assert (done.status_code, done.json()) == (200, {"state": "undone"})
    row = await question(counter, reference)
    assert (row["customer_id"], row["identity"]) == (None, "anonymous")
    assert await counter.fetch("SELECT FROM contact WHERE customer_id IS NOT NULL") == []
    assert (await counter.visitor().post("/claims/undo", json=undo)).status_code == 404


async def test_the_mails_are_letters_like_any_other(counter: Counter) -> None:
    """Text and HTML with the letterhead of the city; the link once in each."""
    await known(counter)
    reference = await sent(counter)
    await confirm(counter, token_in(counter, "bevestig"), reference)
    await counter.work()
    mails = counter.mails(ON_FILE)
    assert {mail["Subject"] for mail in mails} == {"Is deze vraag van jou?", "Een vraag staat nu bij je gegevens"}
    for mail in mails:
        text, html = bodies(mail)
        assert len(LINK.findall(text)) == len(LINK.findall(html)) == 1
        assert "<h1" in html
        for body in (text, html):
            assert "Stad Zonderwater" in body
            assert "dit e-mailadres bij je gegevens staat" in body
            assert reference not in body


async def test_after_fourteen_days_it_cannot_be_undone(counter: Counter) -> None:
    await known(counter)
    reference = await sent(counter)
    await confirm(counter, token_in(counter, "bevestig"), reference)
    await counter.work()
    (claim,) = await counter.fetch("SELECT expires_at - decided_at AS life FROM claim")
    assert claim["life"].days == 14
    await counter.execute("UPDATE claim SET expires_at = now() - interval '1 second'")
    done = await counter.visitor().post("/claims/undo", json={"token": token_in(counter, "ongedaan")})
    assert done.status_code == 404


async def test_both_halves_are_needed_and_five_wrong_references_burn_the_token(counter: Counter) -> None:
    await known(counter)
    reference = await sent(counter)
    token = token_in(counter, "bevestig")
    assert (await confirm(counter, "x" * 43, reference)).status_code == 404
    assert (await confirm(counter, None, reference)).status_code == 404, "a visitor is no customer who is logged in"
    for wrong in ("4F7-K2M-9XF", "000-000-000", "nonsense-", "4F7K2M9XF", "4f7 k2m 9xf"):
        assert (await confirm(counter, token, wrong)).status_code == 404
    assert (await confirm(counter, token, reference)).status_code == 404, "it is burned"
    (claim,) = await counter.fetch("SELECT state, wrong FROM claim")
    assert (claim["state"], claim["wrong"]) == ("burned", 5)
    assert (await question(counter, reference))["customer_id"] is None


async def test_a_get_has_no_effect(counter: Counter) -> None:
    await known(counter)
    reference = await sent(counter)
    assert (await counter.visitor().get("/claims/confirm")).status_code == 405
    assert (await confirm(counter, token_in(counter, "bevestig"), reference)).status_code == 200


async def test_no_leaves_the_question_anonymous_and_on_its_way(counter: Counter) -> None:
    await known(counter)
    reference = await sent(counter)
    before = await question(counter, reference)
    token = token_in(counter, "bevestig")
    assert (await confirm(counter, token, reference, "no")).json() == {"state": "refused"}
    assert await question(counter, reference) == before
    assert (await confirm(counter, token, reference)).status_code == 404


async def test_a_token_is_good_for_seven_days(counter: Counter) -> None:
    await known(counter)
    reference = await sent(counter)
    (claim,) = await counter.fetch("SELECT expires_at - created_at AS life FROM claim")
    assert claim["life"].days == 7
    await counter.execute("UPDATE claim SET expires_at = now() - interval '1 second'")
    assert (await confirm(counter, token_in(counter, "bevestig"), reference)).status_code == 404


async def test_a_login_of_the_same_customer_replaces_the_token(counter: Counter) -> None:
    customer, reference = await known(counter), await sent(counter)
    stranger = await known(counter, names={"given": "Zoë", "family": "Vandewoestijne"}, addresses=[], contactPoints=[])
    body = {"reference": reference, "answer": "yes"}
    assert (await counter.customer(stranger).post("/claims/confirm", json=body)).status_code == 404
    assert (await counter.customer(customer).post("/claims/confirm", json=body)).json() == {"state": "confirmed"}
    assert str((await question(counter, reference))["customer_id"]) == customer


async def test_without_a_verified_channel_nobody_is_asked(counter: Counter) -> None:
    await known(counter, verified=False)
    await sent(counter)
    assert counter.mails(ON_FILE) == []
    assert await counter.fetch("SELECT FROM claim") == []


async def test_several_are_for_people(counter: Counter) -> None:
    for _ in range(2):
        await known(counter)
    reference = await sent(counter)
    await notes(counter, reference)


@pytest.mark.parametrize("status", ["restricted", "deceased"])
async def test_who_is_protected_is_for_people(counter: Counter, status: str) -> None:
    customer = await known(counter)
    await counter.execute("UPDATE customer SET status = $2 WHERE id = $1", UUID(customer), status)
    await notes(counter, await sent(counter))


async def notes(counter: Counter, reference: str) -> None:
    """People are asked to look, nobody else is."""
    assert counter.mails(ON_FILE) == []
    assert await counter.fetch("SELECT FROM claim") == []
    row = await question(counter, reference)
    (note,) = await counter.fetch("SELECT * FROM message WHERE question_id = $1 AND direction = 'note'", row["id"])
    assert "koppel de vraag" in note["body"]
    assert row["customer_id"] is None


async def test_two_notices_a_day_go_to_one_customer(counter: Counter, cluster: Cluster) -> None:
    await known(counter)
    for number in range(3):
        await sent(counter, email=f"jef{number}@voorbeeld.be")
    assert len(counter.mails(ON_FILE)) == 2
    admin = await asyncpg.connect(administrator(counter, cluster))
    await admin.execute("UPDATE claim SET created_at = created_at - interval '25 hours'")
    await admin.close()
    await sent(counter, email="jef9@voorbeeld.be")
    assert len(counter.mails(ON_FILE)) == 3


async def test_the_fourth_form_of_a_typed_identity_is_a_question_and_no_more(counter: Counter) -> None:
    await known(counter, contactPoints=[])
    answers = [await counter.send() for _ in range(4)]
    await counter.work()
    assert {one.status_code for one in answers} == {202}
    assert {len(one.content) for one in answers} == {len(answers[0].content)}
    assert len(await counter.fetch("SELECT FROM question")) == 4
    assert len(counter.mails(FORM["email"])) == 3, "acknowledged although over the limit"


async def test_the_acknowledgement_is_the_same_for_who_is_known(counter: Counter) -> None:
    """Separate, to the typed address, constant: without a word that was typed, and whoever is behind it."""
    await known(counter)
    references = [await sent(counter), await sent(counter, givenName="Onbekend", familyName="Persoon", phone=None)]
    mails = [mail.get_body(("plain",)).get_content() for mail in counter.mails(FORM["email"])]  # type: ignore[union-attr]
    first, second = (text.replace(reference, "") for text, reference in zip(mails, references, strict=True))
    assert first == second
    for typed in ("Jef", "Maes", "uilnis"):
        assert typed not in first


async def test_a_colleague_who_links_the_question_meanwhile_is_first(counter: Counter) -> None:
    """Matching waits for who has the question, and then sees what they did with it."""
    customer = await known(counter)
    response = await counter.send(phone="0470 12 34 56")
    await until_matching(counter)
    reference = response.json()["reference"]
    async with counter.platform.database.transaction(EVERYTHING) as colleague:
        await colleague.execute("SELECT FROM question WHERE reference = $1 FOR UPDATE", reference)
        await colleague.execute("UPDATE question SET customer_id = $2 WHERE reference = $1", reference, UUID(customer))
        matching = asyncio.create_task(counter.work())
        await until_one_waits(counter)
    await matching
    assert counter.failures == []
    assert counter.mails(ON_FILE) == []
    assert await counter.fetch("SELECT FROM claim") == []
    assert await counter.fetch("SELECT FROM message WHERE purpose = 'note'") == []


async def until_matching(counter: Counter) -> None:
    """Do what waits, but for matching."""
    dispatcher = Dispatcher(counter.platform.database, {REGISTER: handlers(counter.platform)[REGISTER]}, print)
    for effect in await dispatcher.lease(50):
        await dispatcher.run(effect)


async def test_undoing_parts_every_contact_that_confirming_linked_and_no_other(counter: Counter) -> None:
    """Somebody who is not known by the desk called about the form before it was confirmed; the customer did after."""
    customer, reference = await known(counter), await sent(counter)
    row = await question(counter, reference)

    async def calls(**who: Any) -> str:
        body = {"channel": "phone", "followUps": [{"questionId": str(row["id"]), "text": "Is er al nieuws?"}], **who}
        made = await counter.staff().post("/contacts", json=body, headers={"Idempotency-Key": uuid4().hex})
        assert made.status_code == 201, made.text
        contact: str = made.json()["id"]
        return contact

    await calls(caller={"name": "Een buur"})
    await confirm(counter, token_in(counter, "bevestig"), reference)
    await counter.work()
    of_customer = await calls(customerId=customer)
    await counter.visitor().post("/claims/undo", json={"token": token_in(counter, "ongedaan")})
    (left,) = await counter.fetch("SELECT id FROM contact WHERE customer_id IS NOT NULL")
    assert str(left["id"]) == of_customer


async def test_a_mail_of_a_burned_token_says_nothing_more(counter: Counter) -> None:
    """The mail left, the worker died before it was written down, and the token burned meanwhile."""
    await known(counter)
    await sent(counter)
    token = token_in(counter, "bevestig")
    await counter.execute("UPDATE claim SET token = '\\x00'")
    for _ in range(5):
        await confirm(counter, token, "4F7-K2M-9XF")
    (claim,) = await counter.fetch("SELECT state, token FROM claim")
    assert (claim["state"], claim["token"]) == ("burned", None)
