"""What a form and a claim say is forgotten in time, by the sweeps of the worker; what somebody needs stays."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from backend.contacts.intake.service import MATCH
from backend.kit.embedded.cluster import Cluster
from backend.kit.reach import EVERYTHING
from backend.worker import sweeps
from tests.backend.contacts.claims.test_claims import confirm, known, question, sent, token_in
from tests.backend.contacts.intake.office import Counter, administrator

pytestmark = pytest.mark.anyio

Arrange = Callable[..., Awaitable[None]]


@pytest.fixture
async def arrange(counter: Counter, cluster: Cluster) -> AsyncIterator[Arrange]:
    """Arrange what the application itself may not: the past."""
    admin = await asyncpg.connect(administrator(counter, cluster))

    async def execute(sql: str, *args: object) -> None:
        await admin.execute(sql, *args)

    yield execute
    await admin.close()


async def sweep(counter: Counter, name: str) -> int:
    async with counter.platform.database.transaction(EVERYTHING) as uow:
        done = await dict(sweeps(counter.platform))[name](uow)
    assert isinstance(done, int)
    return done


async def form(counter: Counter) -> Any:
    (row,) = await counter.fetch("SELECT * FROM submission")
    return row


async def unmatched(counter: Counter, arrange: Arrange) -> None:
    """A form that is a question, and of which the matching never came."""
    assert (await counter.send()).status_code == 202
    await arrange("CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                  " NEW.available_at := now() + interval '1 year'; RETURN NEW; END $$")  # fmt: skip
    await arrange(f"CREATE TRIGGER later BEFORE INSERT ON outbox FOR EACH ROW WHEN (NEW.topic = '{MATCH}')"
                  " EXECUTE FUNCTION later()")  # fmt: skip
    await counter.work()
    row = await form(counter)
    assert row["question_id"] is not None
    assert row["typed"] is not None
    assert row["typed_lookup"] is not None


async def test_who_the_sender_said_to_be_is_wiped_after_a_week(counter: Counter, arrange: Arrange) -> None:
    await unmatched(counter, arrange)
    assert await sweep(counter, "typedIdentities") == 0
    await arrange("UPDATE submission SET accepted_at = now() - interval '2 days 1 minute'")
    assert await sweep(counter, "typedIdentities") == 1
    row = await form(counter)
    assert row["typed_lookup"] is None
    assert row["typed"] is not None, "it can still be matched"
    assert await sweep(counter, "typedIdentities") == 0
    await arrange("UPDATE submission SET accepted_at = now() - interval '7 days 1 minute'")
    assert await sweep(counter, "typedIdentities") == 1
    assert (await form(counter))["typed"] is None
    await arrange("UPDATE outbox SET available_at = now() WHERE topic = $1", MATCH)
    await counter.work()
    assert counter.failures == [], "matching a form of which nothing is left is no failure"


async def test_a_form_that_is_no_question_yet_keeps_everything(counter: Counter, arrange: Arrange) -> None:
    reference = (await counter.send()).json()["reference"]
    await arrange("UPDATE submission SET accepted_at = now() - interval '3 years'")
    for name in ("typedIdentities", "oldForms"):
        assert await sweep(counter, name) == 0
    await counter.work()
    assert (await question(counter, reference))["subject"] == "Vuilnis"


async def test_a_form_goes_a_year_after_its_question_ended_and_the_question_stays(
    counter: Counter, arrange: Arrange
) -> None:
    told = (await counter.send()).json()
    await counter.work()
    asked = {"reference": told["reference"], "statusSecret": told["statusSecret"]}
    await arrange("UPDATE submission SET accepted_at = now() - interval '3 years'")
    assert await sweep(counter, "oldForms") == 0, "the question is open"
    await arrange("ALTER TABLE question DISABLE TRIGGER USER")
    closed = "UPDATE question SET state = 'closed', next_action = NULL, next_action_at = NULL, escalate_at = NULL,"
    await arrange(f"{closed} answered_at = now(), closed_at = now() - interval '364 days'")
    assert await sweep(counter, "oldForms") == 0
    assert (await counter.visitor().post("/intake/status", json=asked)).status_code == 200
    await arrange("UPDATE question SET closed_at = now() - interval '366 days'")
    assert await sweep(counter, "oldForms") == 1
    assert await counter.fetch("SELECT FROM submission") == []
    assert (await counter.visitor().post("/intake/status", json=asked)).status_code == 404
    assert (await question(counter, told["reference"]))["subject"] == "Vuilnis"


async def test_a_claim_stays_while_it_can_be_undone_and_a_month_more(counter: Counter, arrange: Arrange) -> None:
    customer = await known(counter)
    reference = await sent(counter)
    await confirm(counter, token_in(counter, "bevestig"), reference)
    await counter.work()
    assert await sweep(counter, "oldClaims") == 0
    await arrange("UPDATE claim SET expires_at = now() - interval '29 days 23 hours'")
    assert await sweep(counter, "oldClaims") == 0
    await arrange("UPDATE claim SET expires_at = now() - interval '30 days 1 minute'")
    assert await sweep(counter, "oldClaims") == 1
    assert await counter.fetch("SELECT FROM claim") == []
    row = await question(counter, reference)
    assert (str(row["customer_id"]), row["identity"]) == (customer, "confirmed")


async def test_a_form_that_somebody_may_still_confirm_stays(counter: Counter, arrange: Arrange) -> None:
    await known(counter)
    await sent(counter)
    await arrange("UPDATE submission SET accepted_at = now() - interval '3 years'")
    await arrange("ALTER TABLE question DISABLE TRIGGER USER")
    closed = "UPDATE question SET state = 'closed', next_action = NULL, next_action_at = NULL, escalate_at = NULL,"
    await arrange(f"{closed} answered_at = now(), closed_at = now() - interval '366 days'")
    assert await sweep(counter, "oldForms") == 0
    await arrange("UPDATE claim SET expires_at = now() - interval '31 days'")
    assert await sweep(counter, "oldClaims") == 1
    assert await sweep(counter, "oldForms") == 1


async def test_a_token_that_never_left_is_wiped_when_it_is_of_no_use(counter: Counter, arrange: Arrange) -> None:
    await known(counter)
    await sent(counter)
    await arrange("UPDATE claim SET token = '\\x0102'")
    assert await sweep(counter, "claimTokens") == 0
    await arrange("UPDATE claim SET expires_at = now() - interval '1 second'")
    assert await sweep(counter, "claimTokens") == 1
    (claim,) = await counter.fetch("SELECT token, state FROM claim")
    assert (claim["token"], claim["state"]) == (None, "open")


async def test_what_somebody_is_busy_with_is_left_for_the_next_round(counter: Counter, arrange: Arrange) -> None:
    await known(counter)
    await sent(counter)
    await arrange("UPDATE claim SET expires_at = now() - interval '31 days'")
    async with counter.platform.database.transaction(EVERYTHING) as busy:
        await busy.execute("SELECT FROM claim FOR UPDATE")
        assert await sweep(counter, "oldClaims") == 0
    assert await sweep(counter, "oldClaims") == 1
