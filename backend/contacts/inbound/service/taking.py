"""Deciding what becomes of a mail: one transaction, in which nothing is lost."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

import msgspec

from backend.contacts.inbound.rules import Mail, words
from backend.contacts.inbound.service.alerts import alert
from backend.contacts.inbound.service.filing import Filing
from backend.contacts.inbound.service.rows import Arrived, Outcome, Result, arrived, done
from backend.contacts.inbound.service.threads import Own, Thread, own_mails, thread_of
from backend.contacts.letters.rules import MATTERS
from backend.contacts.life.service import LifeService
from backend.contacts.messages.service import bounced, delayed
from backend.contacts.rules import Placer, State
from backend.kit.db import Row
from backend.kit.locks import one_at_a_time
from backend.kit.work import Work

MOST_AN_HOUR = 20
"""Mails of one sender in an hour that are still acknowledged: a machine that answers machines is not."""

_ESSENCE = "inboundEssence"
_TWIN = """
SELECT i.question_id, i.recipient, d.id AS department_id, coalesce(d.sensitive, false) AS sensitive
  FROM inbound_mail i LEFT JOIN mailbox b ON b.id = i.mailbox_id
  LEFT JOIN department d ON d.id = b.department_id AND d.active
 WHERE i.header_id = $1 AND i.essence = ANY($2::bytea[]) AND i.id <> $3 AND i.outcome IN ('question', 'reply', 'note')
 ORDER BY i.id LIMIT 1
"""
_BY_SENDER = """
SELECT count(*) FROM (
  SELECT FROM inbound_mail WHERE sender = $1 AND received_at > $2::timestamptz - interval '1 hour' LIMIT $3) AS recent
"""


class MailTaker:
    """Takes mails in.

    Args:
        work: the unit of work of the platform.
        placer: who owns a question.
        life: the life cycle of questions.
        sender: address in From of our own mails; its domain ends our Message-IDs.
    """

    def __init__(self, work: Work, placer: Placer, life: LifeService, sender: str) -> None:
        self._work = work
        self._life = life
        self._sender = sender
        self._filing = Filing(work, placer)

    async def take(self, mail_id: UUID, mail: Mail) -> None:
        """Make of a mail what it is; nothing when somebody was first."""
        if mail.message_id:
            await one_at_a_time(self._work.uow, f"mail {mail.message_id}")
        row = await arrived(self._work.uow, mail_id, lock=True)
        if row is None or row.state != "received":
            return
        if mail.unreadable:
            await quarantine(self._work, mail_id, mail.unreadable)
            return
        own = await own_mails(self._work, [mail.own_id]) if mail.own_id else []
        if own or (mail.own_id and mail.sender == self._sender):
            about = own[0].question_id if own else None
            await self._done(row, mail, "ownMail", state="ignored", question_id=about)
        elif mail.bounce:
            await self._reported(row, mail)
        elif twin := await self._twin(row, mail):
            await self._again(row, mail, twin)
        else:
            await self._said(row, mail, await thread_of(self._work, mail, self._sender.partition("@")[2]))

    async def _said(self, row: Arrived, mail: Mail, thread: Thread | None) -> None:
        """What somebody writes, or a machine in somebody's name."""
        marks: set[str] = set(mail.signs)
        if await self._too_many(row, mail):
            marks.add("tooMany")
        if thread is None or thread.state is State.WITHDRAWN:
            question_id = await self._filing.question(mail, marks, kind=row.kind, department_id=row.department_id)
            await self._done(row, mail, "question", marks=marks, question_id=question_id)
            return
        if not thread.known:
            marks.add("unknownSender")
        if marks & {"automatic", "loop"}:
            await self._filing.note(mail, marks, thread.question_id)
            await self._done(row, mail, "note", marks=marks, question_id=thread.question_id)
            return
        await self._filing.reply(mail, marks, thread.question_id, known=thread.known)
        await self._done(row, mail, "reply", marks=marks, question_id=thread.question_id)

    async def _reported(self, row: Arrived, mail: Mail) -> None:
        """A mail server about a mail of ours: not delivered is told to whoever works on the question."""
        found = await own_mails(self._work, mail.ours)
        bounce, own = mail.bounce, found[0] if found else None
        if own is None or bounce is None:
            await self._done(row, mail, "bounce", state="ignored")
            return
        status = f": {bounce.status}" if bounce.status else ""
        outcome: Outcome = "receipt"
        if bounce.kind == "failed":
            outcome = "bounce"
            await self._undelivered(own, f"not delivered{status}")
        elif bounce.kind == "delayed":
            outcome = "delayed"
            await delayed(self._work.uow, own.id, f"delayed, its server keeps trying{status}")
        await self._done(row, mail, outcome, question_id=own.question_id, about_message_id=own.id)

    async def _undelivered(self, own: Own, why: str) -> None:
        if own.delivery != "failed":
            await bounced(self._work.uow, own.id, why)
            if own.purpose in MATTERS:
                await self._life.undelivered(own.question_id, why)

    async def _twin(self, row: Arrived, mail: Mail) -> Row | None:
        """The same mail, come by another way; not one that only a shielded department may know of."""
        if mail.message_id is None:
            return None
        essences = self._work.keys.lookups(_hashed(mail), purpose=_ESSENCE)
        twin = await self._work.uow.fetchrow(_TWIN, mail.message_id, essences, row.id)
        if twin is None or twin["department_id"] == row.department_id:
            return twin
        return None if twin["sensitive"] or row.sensitive else twin

    async def _again(self, row: Arrived, mail: Mail, twin: Row) -> None:
        if twin["recipient"] != row.recipient:
            await self._filing.remark(twin["question_id"], words.also_in(row.recipient))
        await self._done(row, mail, "duplicate", question_id=twin["question_id"])

    async def _too_many(self, row: Arrived, mail: Mail) -> bool:
        if mail.sender is None:
            return False
        found: int = await self._work.uow.fetchval(_BY_SENDER, mail.sender, row.received_at, MOST_AN_HOUR)
        return found >= MOST_AN_HOUR

    async def _done(
        self,
        row: Arrived,
        mail: Mail,
        outcome: Outcome,
        *,
        state: str = "processed",
        marks: Iterable[str] = (),
        question_id: UUID | None = None,
        about_message_id: UUID | None = None,
    ) -> None:
        result = {
            "state": state,
            "outcome": outcome,
            "marks": list(marks) or list(mail.signs),
            "question_id": question_id,
            "about_message_id": about_message_id,
            "header_id": mail.message_id,
            "sender": mail.sender,
            "essence": self._work.keys.lookup(_hashed(mail), purpose=_ESSENCE),
        }
        await done(self._work, row.id, Result(**result))  # type: ignore[arg-type] # each of its own type


async def quarantine(work: Work, mail_id: UUID, reason: str) -> None:
    """Set a mail apart for people, and tell those who can help."""
    await done(work, mail_id, Result(state="quarantined", reason=reason))
    await alert(work, mail_id)


def _hashed(mail: Mail) -> str:
    said = (
        mail.message_id,
        mail.sender,
        mail.subject,
        mail.text,
        [(one.name, len(one.content)) for one in mail.pieces],
    )
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()
