"""What the database, the mail server and the audit log say about what a ledger holds."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import asyncpg
import msgspec

from backend.kit.embedded.mailsink import MailSummary
from tests.reliability.asked import journey_of
from tests.reliability.ledger import AWAY, CREATED, DONE, LOOK, Entry

DOMAIN = "zonderwater.example"
"""Ends our Message-IDs."""
MORE = ".more"
"""Ends the key of a second contact about a question."""
EVENTS = {"claim": "claimed", "answer": "answered", "forward": "forwarded"}
"""What each verb of the clients leaves in the timeline."""
MAILS = {"answer": "answer", "forward": "recap"}
"""What each verb of the clients sends to the customer."""

_QUESTIONS = """
SELECT q.id::text, split_part(q.subject, ' ', 1) AS name, q.reference, q.version,
       q.state IN ('new', 'inProgress', 'waitingForCustomer') AS open,
       q.department_id IS NOT NULL AND q.deadline IS NOT NULL AND q.next_action IS NOT NULL
           AND q.next_action_at IS NOT NULL AS owned,
       (SELECT array_agg(l.contact_id::text) FROM contact_question l WHERE l.question_id = q.id) AS contacts,
       (SELECT array_agg(e.type ORDER BY e.version) FROM question_event e WHERE e.question_id = q.id) AS events,
       (SELECT count(*) FROM question_event e WHERE e.question_id = q.id AND NOT EXISTS (
            SELECT FROM audit_entry a WHERE a.subject = q.id AND a.at = e.at)) AS unlogged
  FROM question q WHERE q.subject LIKE $1 || '-%'
"""
_CONTACTS = """
SELECT c.id::text,
       (SELECT count(*) FROM audit_entry a WHERE a.subject = c.id AND a.action = 'registerContact') AS logged
  FROM contact c WHERE EXISTS (
       SELECT FROM contact_question l JOIN question q ON q.id = l.question_id
        WHERE l.contact_id = c.id AND q.subject LIKE $1 || '-%')
"""
_MESSAGES = """
SELECT m.id::text, m.question_id::text AS question, m.purpose, m.body, m.delivery,
       (SELECT count(*) FROM audit_entry a
         WHERE a.subject = m.question_id AND a.action = 'contacts.sendMessage' AND a.at = m.sent_at
           AND a.fields = ARRAY[m.purpose]) AS logged
  FROM message m JOIN question q ON q.id = m.question_id WHERE q.subject LIKE $1 || '-%' ORDER BY m.id
"""
_CUSTOMERS = """
SELECT split_part(value, '@', 1) AS name, count(*) FROM customer_contact_point
 WHERE type = 'email' AND value LIKE $1 || '-%' GROUP BY 1
"""
_KEYS = "SELECT count(*) FROM idempotency_record WHERE answer IS NULL"
_DEAD = "SELECT topic, reason FROM outbox WHERE dead_at IS NOT NULL"

Kind = Literal["lost", "duplicated", "logGap", "incomplete", "answer"]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must not be.

    Attributes:
        what: in words, with the key or id to look at.
        at: when the call that it is about was acknowledged; 0: nobody knows.
    """

    kind: Kind
    what: str
    at: float = 0.0


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, by id; `named`: questions by the key under which they were asked."""

    questions: dict[str, dict[str, Any]]
    named: dict[str, list[dict[str, Any]]]
    contacts: dict[str, int]
    messages: dict[str, list[dict[str, Any]]]
    customers: dict[str, int]
    unanswered_keys: int
    dead: list[str]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the clients were told, by key; what was acknowledged, with the first answer that said so."""

    asked: set[str]
    acknowledged: dict[str, Entry]

    @property
    def questions(self) -> dict[str, float]:
        """Every acknowledged question and when it was acknowledged."""
        registered = [entry for key, entry in self.acknowledged.items() if not entry.verb and not key.endswith(MORE)]
        return {question: entry.at for entry in registered for question in entry.questions}


def told(entries: Iterable[Entry]) -> Told:
    """The ledger, read as what was asked and what was acknowledged."""
    acknowledged: dict[str, Entry] = {}
    calls = [entry for entry in entries if entry.verb != LOOK]
    for entry in calls:
        if entry.acknowledged:
            acknowledged.setdefault(entry.key, entry)
    return Told(asked={entry.key for entry in calls}, acknowledged=acknowledged)


async def examine(
    connection: "asyncpg.Connection[Any]", mark: str, entries: list[Entry], mails: Iterable[MailSummary]
) -> tuple[Told, list[Violation]]:
    """Everything that is not as it must be, once the load is over and the outbox empty.

    Args:
        connection: the database as superuser.
        mark: begin of the keys of the load.
        entries: the ledger.
        mails: what the mail server keeps.
    """
    stored, heard = await _stored(connection, mark), told(entries)
    at = heard.questions
    found = [
        *answers_wrong(entries),
        *_registrations(heard, stored),
        *_follow_ups(heard, stored),
        *_verbs(heard, stored),
        *_questions(stored, at),
        *_messages(stored, at),
        *_kept(stored, mark, mails, at),
        *_log(stored, at),
    ]
    found += [Violation(kind="incomplete", what=f"dead letter: {reason}") for reason in stored.dead]
    if stored.unanswered_keys:
        found.append(Violation(kind="incomplete", what=f"{stored.unanswered_keys} keys without an answer"))
    return heard, found


async def _stored(connection: "asyncpg.Connection[Any]", mark: str) -> Stored:
    questions = [dict(row) for row in await connection.fetch(_QUESTIONS, mark)]
    messages = [dict(row) for row in await connection.fetch(_MESSAGES, mark)]
    return Stored(
        questions={row["id"]: row for row in questions},
        named=_by(questions, lambda row: row["name"].rpartition(".")[0]),
        contacts={row["id"]: row["logged"] for row in await connection.fetch(_CONTACTS, mark)},
        messages=_by(messages, lambda row: row["question"]),
        customers={row["name"]: row["count"] for row in await connection.fetch(_CUSTOMERS, mark)},
        unanswered_keys=await connection.fetchval(_KEYS),
        dead=[f"{row['topic']}: {row['reason']}" for row in await connection.fetch(_DEAD)],
    )


def answers_wrong(entries: Iterable[Entry]) -> Iterator[Violation]:
    """Nothing but an acknowledgement and a proper 503 is answered; who asks again gets the same bytes."""
    first: dict[str, str] = {}
    for entry in entries:
        if entry.status == AWAY:
            if entry.media_type != "application/problem+json" or not entry.retry_after.isdigit():
                yield Violation(kind="answer", what=f"{entry.key}: a 503 without its headers", at=entry.at)
        elif entry.status == CREATED and not entry.verb:
            if first.setdefault(entry.key, entry.answer) != entry.answer:
                yield Violation(kind="answer", what=f"{entry.key}: a replay with another answer", at=entry.at)
        elif entry.status not in {0, DONE} and not entry.repeated:
            yield Violation(kind="answer", what=f"{entry.key}: {entry.status}", at=entry.at)


def _registrations(heard: Told, stored: Stored) -> Iterator[Violation]:
    """Each acknowledged registration is there, whole, once; one that was given up is there whole or not at all."""
    plain = {key for key in heard.asked if not key.endswith((MORE, *(f".{verb}" for verb in EVENTS)))}
    for key in stored.named.keys() - plain:
        yield Violation(kind="duplicated", what=f"{key}: nobody asked this")
    for key in sorted(plain):
        rows = {row["id"]: row for row in stored.named.get(key, [])}
        if (entry := heard.acknowledged.get(key)) is not None:
            yield from _registration(entry, rows, stored.customers.get(key, 0))
        elif rows and len(rows) != len(journey_of(key).answered):
            yield Violation(kind="incomplete", what=f"{key}: {len(rows)} of its questions")


def _registration(entry: Entry, rows: dict[str, dict[str, Any]], customers: int) -> Iterator[Violation]:
    key, journey = entry.key, journey_of(entry.key)
    if entry.body != hashlib.sha256(journey.body).hexdigest() or len(entry.questions) != len(journey.answered):
        yield Violation(kind="answer", what=f"{key}: acknowledged is not what was asked", at=entry.at)
    for question, reference in zip(entry.questions, entry.references, strict=True):
        row = rows.pop(question, None)
        if row is None:
            yield Violation(kind="lost", what=f"{key}: question {question}", at=entry.at)
        elif row["reference"] != reference or entry.contact not in row["contacts"]:
            yield Violation(kind="lost", what=f"{key}: reference or contact of {question}", at=entry.at)
    for question in rows:
        yield Violation(kind="duplicated", what=f"{key}: question {question}", at=entry.at)
    if customers != journey.customer:
        yield Violation(
            kind="duplicated" if customers > 1 else "lost", what=f"{key}: {customers} customers", at=entry.at
        )


def _follow_ups(heard: Told, stored: Stored) -> Iterator[Violation]:
    for key in sorted(key for key in heard.asked if key.endswith(MORE)):
        first, entry = heard.acknowledged[key.removesuffix(MORE)], heard.acknowledged.get(key)
        question = first.questions[0]
        text = journey_of(first.key).follow_up
        said = [row for row in stored.messages.get(question, []) if row["body"] == text]
        yield from _once(key, len(said), entry)
        contacts = stored.questions[question]["contacts"] if question in stored.questions else []
        if entry is not None and (len(contacts) != 2 or entry.contact not in contacts):
            yield Violation(kind="lost", what=f"{key}: contact {entry.contact}", at=entry.at)


def _verbs(heard: Told, stored: Stored) -> Iterator[Violation]:
    for verb, event in EVENTS.items():
        for key in sorted(key for key in heard.asked if key.endswith(f".{verb}")):
            question = heard.acknowledged[key.removesuffix(f".{verb}")].questions[0]
            row = stored.questions.get(question)
            if row is not None:  # otherwise told as lost
                yield from _once(key, row["events"].count(event), heard.acknowledged.get(key))


def _once(key: str, times: int, entry: Entry | None) -> Iterator[Violation]:
    at = entry.at if entry else 0.0
    if entry is not None and times == 0:
        yield Violation(kind="lost", what=key, at=at)
    if times > 1:
        yield Violation(kind="duplicated", what=f"{key}: {times} times", at=at)


def _questions(stored: Stored, at: Mapping[str, float]) -> Iterator[Violation]:
    """Each has the whole of its timeline; an open one has owner, deadline and next action."""
    for question, row in stored.questions.items():
        events = row["events"] or []
        if len(events) != row["version"] or events.count("registered") != 1:
            what = f"{row['name']}: version {row['version']} with {events}"
            yield Violation(kind="incomplete", what=what, at=at.get(question, 0.0))
        if row["open"] and not row["owned"]:
            yield Violation(kind="incomplete", what=f"{row['name']}: open without owner", at=at.get(question, 0.0))


def _messages(stored: Stored, at: Mapping[str, float]) -> Iterator[Violation]:
    """The mails of a question are those of what happened to it, and all of them left."""
    for question, row in stored.questions.items():
        key, _, number = row["name"].rpartition(".")
        mailed = [message for message in stored.messages.get(question, []) if message["delivery"] != "none"]
        expected = Counter({MAILS[verb]: row["events"].count(EVENTS[verb]) for verb in MAILS})
        if journey_of(key).answered[int(number)]:
            expected = Counter()
        else:
            expected["acknowledgement"] = 1
        counted = Counter(message["purpose"] for message in mailed)
        for purpose in ("acknowledgement", *MAILS.values()):
            if counted[purpose] != expected[purpose]:
                kind: Kind = "duplicated" if counted[purpose] > expected[purpose] else "lost"
                what = f"{row['name']}: {counted[purpose]} mails of purpose {purpose}"
                yield Violation(kind=kind, what=what, at=at.get(question, 0.0))
        for message in mailed:
            if message["delivery"] != "sent":
                what = f"{row['name']}: {message['purpose']} is {message['delivery']}"
                yield Violation(kind="incomplete", what=what, at=at.get(question, 0.0))


def _kept(stored: Stored, mark: str, mails: Iterable[MailSummary], at: Mapping[str, float]) -> Iterator[Violation]:
    """What counts as sent was taken by the mail server, once; it took nothing else for a customer."""
    kept = Counter(mail.message_id for mail in mails if mail.to[0].startswith(f"{mark}-"))
    for question, messages in stored.messages.items():
        for message in messages:
            times = kept.pop(f"<{message['id']}@{DOMAIN}>", 0)
            if times != (message["delivery"] == "sent"):
                kind: Kind = "duplicated" if times > 1 else "lost"
                what = f"mail {message['id']}: {message['delivery']}, kept {times} times"
                yield Violation(kind=kind, what=what, at=at.get(question, 0.0))
    for message_id in kept:
        yield Violation(kind="duplicated", what=f"mail {message_id}: of no message")


def _log(stored: Stored, at: Mapping[str, float]) -> Iterator[Violation]:
    """Each contact, each line of a timeline and each mail that left is in the audit log."""
    for contact, logged in stored.contacts.items():
        if logged != 1:
            yield Violation(kind="logGap", what=f"contact {contact}: {logged} entries")
    for question, row in stored.questions.items():
        if row["unlogged"]:
            what = f"{row['name']}: {row['unlogged']} events are not in the log"
            yield Violation(kind="logGap", what=what, at=at.get(question, 0.0))
    for question, messages in stored.messages.items():
        for message in messages:
            if message["delivery"] == "sent" and message["logged"] != 1:
                what = f"mail {message['id']}: {message['logged']} entries"
                yield Violation(kind="logGap", what=what, at=at.get(question, 0.0))


def _by(rows: Iterable[dict[str, Any]], name: Callable[[dict[str, Any]], str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[name(row)].append(row)
    return found


def check_answers(entries: list[Entry], keys: list[str]) -> None:
    """Every key was acknowledged once, nothing but 201 and a proper 503 was answered."""
    assert {entry.status for entry in entries} <= {AWAY, CREATED}
    assert Counter(entry.key for entry in entries if entry.status == CREATED) == Counter(keys)
    assert not list(answers_wrong(entries))
