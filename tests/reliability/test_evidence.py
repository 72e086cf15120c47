"""The checker finds what it is there to find: each kind of damage, done to what a load left behind."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from backend.kit.embedded.mailsink import MailSummary, list_mails
from tests.reliability.clients import Clients
from tests.reliability.evidence import Kind, examine
from tests.reliability.ledger import CREATED, Entry, Ledger, read
from tests.reliability.running import Running, until
from tests.reliability.storm import LATER

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("reliability")]

MARK = "damage"
WHOLE = 12
"""Registrations; a few of them have one mail and nothing more."""
VICTIM = """(
SELECT question_id FROM message JOIN question q ON q.id = question_id
 WHERE purpose = 'acknowledgement' AND q.subject LIKE 'damage-%' ORDER BY question_id LIMIT 1)
"""
STORED: dict[str, tuple[Kind, str]] = {
    "an event that is not in the log": (
        "logGap",
        f"DELETE FROM audit_entry WHERE subject = {VICTIM} AND actor IS NOT NULL",
    ),
    "a mail that is not in the log": ("logGap", f"DELETE FROM audit_entry WHERE subject = {VICTIM} AND actor IS NULL"),
    "another reference": ("lost", f"UPDATE question SET reference = 'XXX-XXX-XXX' WHERE id = {VICTIM}"),
    "a mail too many": (
        "duplicated",
        f"""INSERT INTO message SELECT (jsonb_populate_record(m, jsonb_build_object('id', gen_random_uuid()))).*
              FROM message m WHERE question_id = {VICTIM} AND purpose = 'acknowledgement'""",
    ),
    "a mail that never left": (
        "incomplete",
        f"UPDATE message SET delivery = 'pending', sent_at = NULL WHERE question_id = {VICTIM} AND sent_at IS NOT NULL",
    ),
    "a dead letter": ("incomplete", "UPDATE outbox SET dead_at = now(), done_at = NULL, reason = 'Test'"),
    "a call without an answer": ("incomplete", "UPDATE idempotency_record SET answer = NULL"),
}
HEARD: dict[str, tuple[Kind, Callable[[list[Entry]], list[Entry]]]] = {
    "an acknowledgement of nothing": ("lost", lambda all_: [_of(all_[0], questions=_others(all_[0])), *all_[1:]]),
    "a question that nobody asked": (
        "duplicated",
        lambda all_: [one for one in all_ if not one.key.startswith(all_[0].key)],
    ),
    "a fault of the server": ("answer", lambda all_: [*all_, _of(all_[0], status=500)]),
    "a 503 that does not say when": ("answer", lambda all_: [*all_, _of(all_[0], status=503)]),
    "a replay with another answer": ("answer", lambda all_: [*all_, _of(all_[0], answer="0")]),
}
TAKEN: dict[str, tuple[Kind, Callable[[list[MailSummary]], list[MailSummary]]]] = {
    "a mail that was never taken": ("lost", lambda mails: mails[1:]),
    "a mail that was kept twice": ("duplicated", lambda mails: [*mails, mails[0]]),
    "a mail of nobody": ("duplicated", lambda mails: [*mails, msgspec.structs.replace(mails[0], message_id="<x@y>")]),
}


def _others(entry: Entry) -> list[str]:
    """Ids of questions that do not exist."""
    return [question[::-1] for question in entry.questions]


def _of(entry: Entry, **changes: object) -> Entry:
    return msgspec.structs.replace(entry, **changes)


async def _loaded(running: Running, file: Path) -> list[Entry]:
    """A few customers, in peace."""
    department = str(running.people.departments["mobiliteit"])
    clients = Clients(Ledger(file), [running.url], running.people.tokens["agent"], department)
    working = asyncio.create_task(clients.work(MARK, 2, 0.01))

    async def enough() -> bool:
        return sum(entry.status == CREATED for entry in read(file)) >= WHOLE

    await until(enough, 60, f"{WHOLE} registrations")
    clients.stop.set()
    await working
    await running.becomes(0, LATER)
    return read(file)


async def test_the_checker_finds_every_kind_of_damage(running: Running, tmp_path: Path) -> None:
    entries = await _loaded(running, tmp_path / "ledger")
    mails = [mail for mail in list_mails(running.places.mail) if mail.to[0].startswith(f"{MARK}-")]
    async with running.administrator() as connection:

        async def found(entries: list[Entry], mails: list[MailSummary]) -> set[Kind]:
            return {one.kind for one in (await examine(connection, MARK, entries, mails))[1]}

        assert await found(entries, mails) == set()
        for what, (kind, forge) in HEARD.items():
            assert kind in await found(forge(entries), mails), what
        for what, (kind, change) in TAKEN.items():
            assert await found(entries, change(mails)) == {kind}, what
        for what, (kind, sql) in STORED.items():
            await _damaged(connection, sql)
            assert kind in await found(entries, mails), what
            await connection.execute("ROLLBACK")
        assert await found(entries, mails) == set()


async def _damaged(connection: "asyncpg.Connection[Any]", sql: str) -> None:
    await connection.execute("BEGIN")
    assert await connection.execute(sql) not in {"UPDATE 0", "DELETE 0", "INSERT 0 0"}
