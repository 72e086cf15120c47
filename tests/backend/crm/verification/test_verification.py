"""A code goes to an e-mail address and comes back: right, wrong, too late, too often, replaced, at the same time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.app import Platform
from backend.crm.customers.schemas import ContactPointInput, CustomerCreate, NamesInput
from backend.crm.customers.service import CustomerService
from backend.crm.verification import rules
from backend.crm.verification.service import SEND, VerificationService, expire_codes
from backend.kit.access import PLATFORM
from backend.kit.db import Database, UnitOfWork
from backend.kit.outbox import Dispatcher
from backend.kit.problems import ProblemError
from backend.kit.reach import EVERYTHING
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from backend.worker import handlers
from tests.backend.crm.conftest import Audit, Body, Create
from tests.backend.crm.verification.conftest import ADDRESS, Asked, Post, Work, key
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ROW = "SELECT * FROM contact_point_verification ORDER BY requested_at DESC, id DESC LIMIT 1"


def kind(response: Any) -> str:
    return str(response.json()["type"]).rpartition(":")[2]


async def send(agent: Client, asked: Asked) -> Any:
    return await agent.post(asked.path, headers=key())


async def confirm(agent: Client, asked: Asked, code: str) -> Any:
    return await agent.post(f"{asked.path}/confirm", json={"code": code})


def other_than(code: str) -> str:
    return f"{(int(code.replace(' ', '')) + 1) % 1_000_000:06}"


async def test_a_code_by_mail_verifies_the_address(
    agent: Client, asked: Asked, post: Post, work: Work, audit: Audit
) -> None:
    sent = await send(agent, asked)
    assert sent.status_code == 201, sent.text
    assert (sent.json()["state"], sent.json()["delivery"], sent.json()["triesLeft"]) == ("pending", "pending", 5)
    await work()
    (mail,) = post.mails()
    assert post.kept[0].rcpt_tos == [ADDRESS]
    assert mail["To"] == ADDRESS
    assert "Broeck" not in mail.as_string(), "an address that is not verified may be a stranger's"
    assert (await agent.get(asked.path)).json()["delivery"] == "sent"
    done = await confirm(agent, asked, post.code())
    assert done.status_code == 200, done.text
    (point,) = [one for one in done.json()["contactPoints"] if one["type"] == "email"]
    assert (point["id"], point["verifiedHow"]) == (asked.point, "emailCode")
    assert done.headers["etag"] == '"2"'
    profile = (await agent.get(f"/customers/{asked.customer}")).json()
    assert profile == done.json()
    assert kind(await confirm(agent, asked, post.code())) == "alreadyVerified"
    assert kind(await send(agent, asked)) == "alreadyVerified"
    actions = [entry["action"] for entry in await audit(asked.customer)]
    assert {"sendVerificationCode", SEND, "getVerification", "confirmVerificationCode"} <= set(actions)


async def test_nothing_stored_or_answered_holds_the_code(
    agent: Client, asked: Asked, post: Post, work: Work, uow: UnitOfWork
) -> None:
    sent = await send(agent, asked)
    row = await uow.fetchrow(ROW)
    assert row is not None
    assert row["code"] is not None
    await work()
    code = post.code().replace(" ", "")
    for table in ("contact_point_verification", "outbox", "idempotency_record", "customer_contact_point"):
        held = "".join(one[0] for one in await uow.fetch(f"SELECT t::text FROM {table} t"))
        assert code not in held
        assert code.encode().hex() not in held
    assert code not in sent.text
    ids = await uow.fetchval("SELECT ids FROM outbox WHERE topic = $1", SEND)
    assert ids == {"verification": str(row["id"])}
    row = await uow.fetchrow(ROW)
    assert row is not None
    assert row["code"] is None, "once it was mailed only the hash is left"
    await confirm(agent, asked, code)
    row = await uow.fetchrow(ROW)
    assert row is not None
    assert (row["state"], row["code_lookup"]) == ("confirmed", None)


async def test_five_wrong_codes_end_it(agent: Client, asked: Asked, post: Post, work: Work, audit: Audit) -> None:
    await send(agent, asked)
    await work()
    code = post.code()
    for left in (4, 3, 2, 1):
        wrong = await confirm(agent, asked, other_than(code))
        assert (wrong.status_code, kind(wrong)) == (409, "wrongCode")
        assert f"{left} tr" in wrong.json()["detail"]
        assert (await agent.get(asked.path)).json()["triesLeft"] == left
    assert kind(await confirm(agent, asked, other_than(code))) == "verificationUsedUp"
    right = await confirm(agent, asked, code)
    assert (right.status_code, kind(right)) == (409, "verificationUsedUp")
    refused = [entry for entry in await audit(asked.customer) if entry["outcome"] == "refused"]
    assert len(refused) == 5
    await send(agent, asked)
    await work()
    assert (await confirm(agent, asked, post.code())).status_code == 200, "a new code is a new chance"


@pytest.mark.parametrize("written", ["{0}{1}", "{0} {1}", "{0}-{1}"])
async def test_it_does_not_matter_how_the_code_is_written(
    agent: Client, asked: Asked, post: Post, work: Work, written: str
) -> None:
    await send(agent, asked)
    await work()
    assert (await confirm(agent, asked, written.format(*post.code().split()))).status_code == 200


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "", "123  456", "١٢٣٤٥٦"])
async def test_what_is_no_code_costs_no_try(agent: Client, asked: Asked, code: str) -> None:
    await send(agent, asked)
    assert (await confirm(agent, asked, code)).status_code == 400
    assert (await agent.get(asked.path)).json()["triesLeft"] == 5


async def test_after_ten_minutes_it_is_too_late_and_wiped(
    agent: Client, asked: Asked, post: Post, work: Work, uow: UnitOfWork
) -> None:
    await send(agent, asked)
    await work()
    await _age(uow, "11 minutes")
    assert kind(await confirm(agent, asked, post.code())) == "verificationExpired"
    assert (await agent.get(asked.path)).json()["state"] == "expired"
    await expire_codes(uow)
    row = await uow.fetchrow(ROW)
    assert row is not None
    assert (row["state"], row["code"], row["code_lookup"]) == ("expired", None, None)
    await _age(uow, "31 days")
    await expire_codes(uow)
    assert await uow.fetchrow(ROW) is None


async def test_a_new_code_ends_the_old_one(agent: Client, asked: Asked, post: Post, work: Work) -> None:
    await send(agent, asked)
    await work()
    old = post.code()
    await send(agent, asked)
    await work()
    assert len(post.kept) == 2
    if old != post.code():
        assert kind(await confirm(agent, asked, old)) == "wrongCode"
    assert (await confirm(agent, asked, post.code())).status_code == 200


async def test_three_codes_an_hour_whoever_has_the_address(
    agent: Client, asked: Asked, create: Create, uow: UnitOfWork
) -> None:
    partner = {
        "kind": "person",
        "names": {"given": "Partner"},
        "contactPoints": [{"type": "email", "value": ADDRESS.upper()}],
    }
    view = (await create(partner)).json()
    other = Asked(view["id"], view["contactPoints"][0]["id"])
    for one in (asked, other, asked):
        assert (await send(agent, one)).status_code == 201
    for one in (asked, other):
        refused = await send(agent, one)
        assert refused.status_code == 429
        assert 3500 <= int(refused.headers["retry-after"]) <= 3600
        for secret in (asked.customer, other.customer, "Broeck", ADDRESS):
            assert secret not in refused.text
    assert (await agent.get(other.path)).json()["state"] == "pending", "a code for somebody else ends nothing"
    await _age(uow, "61 minutes")
    assert (await send(agent, asked)).status_code == 201


async def test_the_same_key_sends_one_code(agent: Client, asked: Asked, post: Post, work: Work) -> None:
    headers = key()
    first = await agent.post(asked.path, headers=headers)
    assert (await agent.post(asked.path, headers=headers)).json() == first.json()
    await work()
    assert len(post.kept) == 1


async def test_another_attempt_is_the_same_mail(
    agent: Client, asked: Asked, post: Post, work: Work, uow: UnitOfWork
) -> None:
    await send(agent, asked)
    post.reply = "451 later"
    await work()
    assert post.kept == []
    assert (await agent.get(asked.path)).json()["delivery"] == "pending"
    post.reply = "250 ok"
    await work()
    (mail,) = post.mails()
    assert mail["Message-ID"] == f"<{await uow.fetchval('SELECT id FROM contact_point_verification')}@stad.example>"
    await uow.execute("UPDATE outbox SET done_at = NULL")
    await work()
    assert len(post.kept) == 1, "what was mailed is not mailed again"
    assert (await confirm(agent, asked, post.code())).status_code == 200


async def test_an_address_that_is_refused_says_so(agent: Client, asked: Asked, post: Post, work: Work) -> None:
    await send(agent, asked)
    post.reply = "550 no such person"
    await work()
    assert (await agent.get(asked.path)).json()["delivery"] == "failed"
    assert kind(await confirm(agent, asked, "000000")) == "verificationUndeliverable"


async def test_a_changed_address_ends_its_verification(agent: Client, asked: Asked, post: Post, work: Work) -> None:
    await send(agent, asked)
    body = {"contactPoints": [{"type": "email", "value": "nieuw@voorbeeld.be"}]}
    changed = await agent.patch(f"/customers/{asked.customer}", json=body, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    await work()
    assert post.kept == [], "nobody wants the code any more"
    assert (await confirm(agent, asked, "000000")).status_code == 404
    new = Asked(asked.customer, changed.json()["contactPoints"][0]["id"])
    assert kind(await confirm(agent, new, "000000")) == "verificationNotAsked"


async def test_saving_the_same_address_again_loses_neither_code_nor_verification(
    agent: Client, asked: Asked, post: Post, work: Work, person: Body
) -> None:
    await send(agent, asked)
    body = {"contactPoints": [*person["contactPoints"], {"type": "phone", "value": "1700"}]}
    path = f"/customers/{asked.customer}"
    changed = await agent.patch(path, json=body, headers={"If-Match": '"1"'})
    (point,) = [one for one in changed.json()["contactPoints"] if one["type"] == "email"]
    assert point["id"] != asked.point
    await work()
    assert (await confirm(agent, asked, post.code())).status_code == 200, "under the id of before"
    again = await agent.patch(path, json=body, headers={"If-Match": '"3"'})
    (point,) = [one for one in again.json()["contactPoints"] if one["type"] == "email"]
    assert point["verifiedHow"] == "emailCode"


async def test_it_works_for_whoever_was_merged(
    agent: Client, asked: Asked, create: Create, post: Post, work: Work
) -> None:
    twin = (await create({"kind": "person", "names": {"given": "Johan"}})).json()["id"]
    await send(agent, asked)
    body = {"mergedId": asked.customer, "survivorVersion": 1, "mergedVersion": 1}
    assert (await agent.post(f"/customers/{twin}/merges", json=body, headers=key())).status_code == 201
    await work()
    done = await confirm(agent, Asked(twin, asked.point), post.code())
    assert done.status_code == 200, done.text
    assert done.json()["id"] == twin
    assert [one["verifiedHow"] for one in done.json()["contactPoints"] if one["type"] == "email"] == ["emailCode"]


async def test_only_an_address_of_this_customer_can_be_verified(
    agent: Client, asked: Asked, create: Create, people: People, anonymous: Client
) -> None:
    profile = (await agent.get(f"/customers/{asked.customer}")).json()
    (phone,) = [one["id"] for one in profile["contactPoints"] if one["type"] == "phone"]
    assert kind(await send(agent, Asked(asked.customer, phone))) == "notAnEmailAddress"
    stranger = (await create({"kind": "person", "names": {"given": "Piet"}})).json()["id"]
    assert (await send(agent, Asked(stranger, asked.point))).status_code == 404
    assert (await agent.get(asked.path)).status_code == 404, "no code was asked"
    assert kind(await confirm(agent, asked, "000000")) == "verificationNotAsked"
    for name in ("expert", "editor", "auditor", "integrator"):
        assert (await send(anonymous.as_user(people.tokens[name]), asked)).status_code == 403


async def test_at_the_same_time_tries_are_counted_and_one_wins(
    settings: Settings, own_database: str, post: Post
) -> None:
    async with Database(own_database, role=APPLICATION) as database:
        platform = Platform(settings, database)
        platform.mailer = post.mailer
        data = CustomerCreate(
            kind="person",
            names=NamesInput(given="Jan"),
            contact_points=(ContactPointInput(type="email", value=ADDRESS),),
        )
        async with database.transaction() as uow:
            work = platform.work(uow, PLATFORM, "register", "t")
            view = await CustomerService(work).create(data)
            assert isinstance(view.contact_points, list)
            point = view.contact_points[0].id

        async def act(verb: str, *args: str) -> str:
            try:
                async with database.transaction(EVERYTHING) as uow:
                    work = platform.work(uow, PLATFORM, verb, "t")
                    service = VerificationService(work, CustomerService(work))
                    found = await getattr(service, verb)(view.id, point, *args)
            except ProblemError as error:
                found = error
            return found.problem().type.rpartition(":")[2] if isinstance(found, ProblemError) else "done"

        assert (
            sorted(await asyncio.gather(*(act("request") for _ in range(5)))) == ["done"] * 3 + ["tooManyRequests"] * 2
        )
        failures: list[str] = []
        dispatcher = Dispatcher(database, handlers(platform), lambda _effect, why, _dead: failures.append(why))
        for effect in await dispatcher.lease(10):
            await dispatcher.run(effect)
        assert failures == []
        assert len(post.kept) == 1, "only the newest of the three is worth a mail"
        code = post.code()
        wrong = await asyncio.gather(*(act("confirm", other_than(code)) for _ in range(3)))
        assert wrong == ["wrongCode"] * 3
        async with database.transaction() as uow:
            assert await uow.fetchval("SELECT max(wrong) FROM contact_point_verification") == 3
        assert sorted(await asyncio.gather(*(act("confirm", code) for _ in range(3)))) == [
            "alreadyVerified",
            "alreadyVerified",
            "done",
        ]


@pytest.mark.parametrize(
    ("ages", "seconds"),
    [([], None), ([10, 5], None), ([20, 10, 0], 3580), ([3601, 3599, 10, 0], 1), ([3600, 9, 0], None)],
)
def test_how_long_to_wait_for_another_code(ages: list[int], seconds: int | None) -> None:
    asked = [NOW - timedelta(seconds=age) for age in ages]
    assert rules.wait(asked, NOW) == (None if seconds is None else timedelta(seconds=seconds))


async def _age(uow: UnitOfWork, by: str) -> None:
    """As if everything had happened earlier; the application itself may not change these moments."""
    await uow.execute(
        f"""WITH moved AS (DELETE FROM contact_point_verification RETURNING *)
            INSERT INTO contact_point_verification (id, customer_id, contact_point_id, address_lookup, code,
                   code_lookup, state, wrong, requested_at, requested_by, expires_at, sent_at)
            SELECT id, customer_id, contact_point_id, address_lookup, code, code_lookup, state, wrong,
                   requested_at - interval '{by}', requested_by, expires_at - interval '{by}', sent_at FROM moved"""
    )
