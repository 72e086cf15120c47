"""Keeping what citizens say about answers, and opening questions again that are not solved."""

import hashlib
from base64 import b64encode
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from uuid_utils.compat import uuid7

from backend.contacts.events import QuestionReopened
from backend.contacts.life.service import Held, Holding
from backend.contacts.messages.service import MessageRow, add, mail
from backend.contacts.notices.service import NoticeService
from backend.contacts.rules import OPEN, PRIORITIES, Given, Placer, Verb
from backend.contacts.voice.rules import NOT_SOLVED, PURPOSE, genuine, read
from backend.contacts.voice.schemas import SatisfactionGive, SatisfactionReceived
from backend.identity.staff.service import StaffService
from backend.kit.problems import not_found
from backend.kit.schema import given
from backend.kit.work import Work

_ANSWER = "SELECT question_id, created_at FROM message WHERE id = $1 AND purpose = 'answer'"
_SAID = "SELECT solved, score FROM satisfaction WHERE message_id = $1"
_SAY = """
INSERT INTO satisfaction (id, question_id, message_id, solved, score, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (message_id) DO UPDATE SET solved = excluded.solved, score = coalesce(excluded.score, satisfaction.score),
    at = excluded.at
"""
_LAST_ANSWER = "SELECT max(created_at) FROM message WHERE question_id = $1 AND purpose = 'answer'"
_HEARD = "SELECT EXISTS (SELECT FROM message WHERE question_id = $1 AND direction = 'inbound' AND body = $2)"
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), undefined=StrictUndefined, autoescape=True
)


@lru_cache(maxsize=4)
def page(city: str, phone: str, form: str) -> tuple[str, str]:
    """The page behind the link, and the content security policy that lets its own script and style run."""
    formal = form == "formal"
    content = _PAGES.get_template("page.html").render(city=city, phone=phone, formal=formal)
    script, style = (_hash(content, tag) for tag in ("script", "style"))
    policy = f"default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; frame-ancestors 'none'"
    return content, policy


def _hash(content: str, tag: str) -> str:
    inside = content.split(f"<{tag}>", 1)[1].split(f"</{tag}>", 1)[0]
    return f"'sha256-{b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'"


class VoiceService:
    """What citizens say.

    Args:
        work: the unit of work, of the platform: the link is all that the citizen shows.
        placer: who owns a question and until when.
    """

    def __init__(self, work: Work, placer: Placer) -> None:
        self._work = work
        self._holding = Holding(work, placer)

    async def give(self, data: SatisfactionGive) -> SatisfactionReceived:
        """Keep it; what is not solved is open again, with priority. 404 for a link that is not genuine or too old."""
        message_id = self._check(data.token)
        answer = await self._work.uow.fetchrow(_ANSWER, message_id)
        if answer is None:
            raise not_found("answer")
        held = await self._holding.lock(answer["question_id"], None)
        said = await self._work.uow.fetchrow(_SAID, message_id)
        score, comment = given(data.score), given(data.comment)
        if comment:
            await self._hear(held, comment)
        if said and said["solved"] == data.solved and score in {None, said["score"]}:
            return SatisfactionReceived(reopened=False)
        await self._work.uow.execute(_SAY, uuid7(), held.id, message_id, data.solved, score, self._work.now)
        if held.standing.state in OPEN:  # somebody is at work on it already, and reads this on the question
            return SatisfactionReceived(reopened=False)
        told = {"solved": data.solved, "score": score}
        held = await self._holding.apply(
            Verb.RATE, held, data={name: value for name, value in told.items() if value is not None}
        )
        if data.solved or await self._work.uow.fetchval(_LAST_ANSWER, held.id) > answer["created_at"]:
            return SatisfactionReceived(reopened=False)
        await self._reopen(held)
        return SatisfactionReceived(reopened=True)

    def _check(self, token: str) -> UUID:
        found = read(token)
        if found is None:
            raise not_found("answer")
        one, signature = found
        if not genuine(signature, self._work.keys.lookups(one.text(), purpose=PURPOSE)):
            raise not_found("answer")
        if self._work.now.date() > one.until:
            raise not_found("answer")
        return one.message_id

    async def _hear(self, held: Held, comment: str) -> None:
        """What the citizen adds; the same words a second time are the same click."""
        if await self._work.uow.fetchval(_HEARD, held.id, comment):
            return
        heard = MessageRow(
            question_id=held.id,
            direction="inbound",
            purpose="reply",
            channel="webForm",
            body=comment,
            created_at=self._work.now,
        )
        await add(self._work, [heard])

    async def _reopen(self, held: Held) -> None:
        """Open again with priority; colleagues are told, and so is the citizen."""
        placement = await self._holding.placement(held, held.standing.department_id)
        high = Given(at=self._work.now, placement=placement, priority=PRIORITIES.index("high"))
        again = await self._holding.apply(Verb.REOPEN, held, high, reason=NOT_SOLVED)
        where = again.standing
        letter = mail(self._work, "reopened", held.id, department_id=where.department_id, deadline=where.deadline)
        await add(self._work, [letter])
        assignee = where.assignee_id
        leads = await StaffService(self._work).leads(where.department_id)
        await NoticeService(self._work).tell([assignee] if assignee else leads, held.id, "reopened")
        await self._work.tell(QuestionReopened(question_id=held.id, department_id=where.department_id))
