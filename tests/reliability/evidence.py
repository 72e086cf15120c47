"""What the database, the mail server and the audit log say about what a ledger holds."""

from collections import Counter
from typing import Any

import msgspec

from backend.kit.embedded.mailsink import MailSummary
from tests.reliability.ledger import AWAY, CREATED, Entry
from tests.reliability.running import Running

DOMAIN = "zonderwater.example"
"""Ends our Message-IDs."""

_FOUND = """
SELECT q.id::text AS question, c.id::text AS contact, q.subject,
       (SELECT count(*) FROM contact_question l WHERE l.question_id = q.id) AS contacts,
       (SELECT count(*) FROM customer k JOIN customer_contact_point p ON p.customer_id = k.id
         WHERE k.id = q.customer_id AND p.value = substr(q.subject, 7) || '@voorbeeld.be') AS customers,
       (SELECT count(*) FROM question_event e WHERE e.question_id = q.id AND e.type = 'registered') AS events,
       (SELECT count(*) FROM audit_entry a WHERE a.subject = q.id AND a.action = 'registerContact') AS audits,
       (SELECT count(*) FROM audit_entry a WHERE a.subject = c.id AND a.action = 'registerContact') AS contact_audits,
       (SELECT count(*) FROM message m WHERE m.question_id = q.id) AS messages,
       (SELECT m.id::text FROM message m WHERE m.question_id = q.id AND m.delivery = 'sent') AS mail,
       (SELECT count(*) FROM audit_entry a WHERE a.subject = q.id AND a.action = 'contacts.sendMessage') AS mail_audits
  FROM question q JOIN contact_question l ON l.question_id = q.id JOIN contact c ON c.id = l.contact_id
 WHERE q.subject LIKE 'Vraag ' || $1 || '-%'
"""
_ROWS = "contacts", "customers", "events", "audits", "contact_audits", "messages", "mail_audits"
_CUSTOMERS = "SELECT count(*) FROM customer_contact_point WHERE value LIKE $1 || '-%'"
_KEYS = "SELECT count(*) FROM idempotency_record WHERE answer IS NULL"
UNSENT = "SELECT count(*) FROM outbox WHERE done_at IS NULL"


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """A load in figures."""

    acknowledged: int
    unavailable: int
    unanswered: int
    slowest: float


def check_answers(entries: list[Entry], keys: list[str], *, may_be_cut_off: bool) -> Tally:
    """Every key was acknowledged once, nothing but 201 and a proper 503 was answered."""
    statuses = Counter(entry.status for entry in entries)
    assert set(statuses) <= {0, AWAY, CREATED}, statuses
    acknowledged = Counter(entry.key for entry in entries if entry.status == CREATED)
    assert acknowledged == Counter(keys)
    cut_off = Counter(entry.error for entry in entries if entry.status == 0)
    assert "ReadTimeout" not in cut_off, cut_off
    assert may_be_cut_off or not cut_off, cut_off
    for entry in entries:
        if entry.status == AWAY:
            assert entry.media_type == "application/problem+json"
            assert entry.retry_after.isdigit()
    return Tally(
        acknowledged=statuses[CREATED],
        unavailable=statuses[AWAY],
        unanswered=statuses[0],
        slowest=max(entry.seconds for entry in entries),
    )


async def check_database(running: Running, mark: str, entries: list[Entry]) -> list[str]:
    """Nothing acknowledged is lost, nothing is double, nothing is half; gives the ids of the mails."""
    acknowledged = {entry.questions[0]: entry for entry in entries if entry.status == CREATED}
    async with running.administrator() as connection:
        rows = {row["question"]: row for row in await connection.fetch(_FOUND, mark)}
        customers = await connection.fetchval(_CUSTOMERS, mark)
        unanswered_keys = await connection.fetchval(_KEYS)
    lost, double = acknowledged.keys() - rows.keys(), rows.keys() - acknowledged.keys()
    assert not lost, f"{len(lost)} lost"
    assert not double, f"{len(double)} nobody knows of"
    assert customers == len(acknowledged)
    assert unanswered_keys == 0
    wrong = [_shown(row) for row in rows.values() if any(row[name] != 1 for name in _ROWS) or row["mail"] is None]
    assert not wrong, f"{len(wrong)} incomplete, such as {wrong[:3]}"
    for question, entry in acknowledged.items():
        assert rows[question]["contact"] == entry.contact
        assert rows[question]["subject"] == f"Vraag {entry.key}"
    return [row["mail"] for row in rows.values()]


def check_mails(mails: list[MailSummary], mark: str, expected: list[str]) -> None:
    """Each of the expected mails is there once, for its own customer."""
    kept = [mail for mail in mails if mail.to[0].startswith(f"{mark}-")]
    assert Counter(mail.message_id for mail in kept) == Counter(f"<{mail}@{DOMAIN}>" for mail in expected)
    assert len({mail.to[0] for mail in kept}) == len(expected)


def _shown(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("subject", "mail", *_ROWS)}
