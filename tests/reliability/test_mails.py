"""Mails leave once, whatever the mail server or the worker does meanwhile."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiosmtpd.smtp import SMTP

from backend.kit.embedded.mailsink import list_mails
from backend.kit.embedded.places import free_port
from tests.reliability.evidence import DOMAIN
from tests.reliability.ledger import CREATED
from tests.reliability.mailserver import Difficult, served
from tests.reliability.running import Running, kill, until

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("reliability")]

ROW = """
SELECT o.id, o.attempts, o.reason, o.leased_until, o.done_at, m.id AS message, m.delivery, m.failure, m.question_id
  FROM outbox o JOIN message m ON m.id = (o.ids ->> 'message')::uuid
 WHERE m.question_id = $1::uuid AND m.purpose = $2
"""
TIME_PASSES = "UPDATE outbox SET available_at = now(), leased_until = now() - interval '1 second' WHERE done_at IS NULL"
"""What five minutes of waiting would do."""
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE outbox%'"


async def _question(running: Running, key: str) -> str:
    entry = await running.register(key)
    assert entry.status == CREATED
    return entry.questions[0]


async def _sent(running: Running, question: str, purpose: str = "acknowledgement") -> dict[str, Any]:
    """Wait until its mail left; gives the row of the outbox."""

    async def done() -> object:
        return (await running.row(ROW, question, purpose))["done_at"]

    await until(done, 20, f"the {purpose} left")
    return await running.row(ROW, question, purpose)


async def _tried(running: Running, question: str, times: int) -> dict[str, Any]:
    """Wait until sending has failed this often; gives the row of the outbox."""

    async def failed() -> bool:
        row = await running.row(ROW, question, "acknowledgement")
        return bool(row["attempts"] == times and row["leased_until"] is None)

    await until(failed, 20, f"{times} attempts")
    return await running.row(ROW, question, "acknowledgement")


@asynccontextmanager
async def _sink(maildir: Path, port: int, *options: str) -> AsyncIterator[None]:
    command = [sys.executable, "-m", "backend.kit.embedded.mailsink", "--maildir", str(maildir), "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, *options)
    try:
        yield
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def test_a_mail_server_that_is_away_or_busy_gets_the_mail_later(running: Running, tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    async with running.other_worker(f"smtp://127.0.0.1:{port}"):
        question = await _question(running, "mail-away")
        row = await _tried(running, question, 1)
        assert row["reason"].startswith("MailAway: no connection")
        assert row["delivery"] == "pending"
        async with _sink(tmp_path, port, "--fail-first", "1"):
            row = await _tried(running, question, 2)
            assert row["reason"].startswith("MailAway: the server answered 451")
            await running.value(TIME_PASSES)
            row = await _sent(running, question)
    assert row["delivery"] == "sent"
    own = f"<{row['message']}@{DOMAIN}>"
    assert [mail.message_id for mail in list_mails(tmp_path) if mail.message_id == own] == [own]


async def test_an_address_that_does_not_exist_is_seen_at_the_question(running: Running, tmp_path: Path) -> None:
    handler = Difficult(tmp_path)
    handler.refused.add("mail-refused@voorbeeld.be")
    async with served(handler) as url, running.other_worker(url), running.client() as agent:
        question = await _question(running, "mail-refused")
        assert (await _sent(running, question))["delivery"] == "failed"
        for verb, body in (("claim", None), ("answer", {"text": "Morgen om zeven uur."})):
            tag = (await agent.get(f"/questions/{question}")).headers["etag"]
            done = await agent.post(f"/questions/{question}/{verb}", json=body, headers={"If-Match": tag})
            assert done.status_code == 200, done.text
        await _sent(running, question, "answer")
        page = (await agent.get(f"/questions/{question}")).json()
    messages = {message["purpose"]: message for message in page["messages"]}
    assert {message["delivery"] for message in messages.values()} == {"failed"}
    assert messages["answer"]["failure"] == "recipient refused: 550 5.1.1"
    assert (page["state"], page["nextAction"]) == ("inProgress", "answer"), "somebody has to reach the customer"
    assert page["timeline"][-1]["type"] == "undelivered"
    own = {f"<{message['id']}@{DOMAIN}>" for message in messages.values()}
    assert own.isdisjoint(handler.taken), "colleagues get a mail about it, the customer none"


async def test_a_mail_whose_receipt_was_not_heard_is_sent_again_under_its_name(
    running: Running, tmp_path: Path
) -> None:
    handler = Difficult(tmp_path)

    async def hang_up(server: SMTP) -> None:
        handler.before_250 = None
        assert isinstance(server.transport, asyncio.Transport)
        server.transport.abort()

    handler.before_250 = hang_up
    async with served(handler) as url, running.other_worker(url):
        question = await _question(running, "mail-cut-off")
        await _tried(running, question, 1)
        await running.value(TIME_PASSES)
        row = await _sent(running, question)
    assert row["attempts"] == 2
    own = f"<{row['message']}@{DOMAIN}>"
    assert [one for one in handler.taken if one == own] == [own] * 2, "those to colleagues may come along"
    assert [mail.message_id for mail in list_mails(tmp_path)].count(own) == 1


async def test_a_worker_killed_between_sending_and_commit_costs_a_lease(running: Running, tmp_path: Path) -> None:
    handler = Difficult(tmp_path)
    async with running.administrator() as connection, served(handler) as url:
        transaction: asyncpg.transaction.Transaction = connection.transaction()

        async def hold_the_row(_server: SMTP) -> None:
            """The worker hears that the mail is taken, and then has to wait for this row before it can commit."""
            handler.before_250 = None
            await transaction.start()
            await connection.execute("SELECT FROM outbox WHERE done_at IS NULL FOR UPDATE")

        handler.before_250 = hold_the_row
        async with running.other_worker(url) as worker:
            question = await _question(running, "mail-killed")

            async def waiting() -> bool:
                return bool(handler.taken and await running.value(BLOCKED))

            await until(waiting, 20, "the worker is about to commit")
            kill([worker])
            await transaction.rollback()
        row = await running.row(ROW, question, "acknowledgement")
        assert (row["delivery"], row["attempts"], row["done_at"]) == ("pending", 1, None)
        assert row["leased_until"] is not None
        async with running.other_worker(url):
            await running.value(TIME_PASSES)
            row = await _sent(running, question)
    assert (row["delivery"], row["attempts"]) == ("sent", 2)
    own = f"<{row['message']}@{DOMAIN}>"
    assert [one for one in handler.taken if one == own] == [own] * 2, "those to colleagues may come along"
    assert [mail.message_id for mail in list_mails(tmp_path)].count(own) == 1
