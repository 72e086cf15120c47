"""Answers and clarifications with their files, and the mail of an answer before it leaves."""

from collections.abc import Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from backend.contacts.answering.rules import Caution, left_open, masked, preference
from backend.contacts.answering.schemas import AnswerPreview, AnswerPreviewView
from backend.contacts.attachments.service import AttachmentService
from backend.contacts.letters.service import LetterWriter
from backend.contacts.life.schemas import Answer, Clarify
from backend.contacts.life.service import LifeService
from backend.contacts.messages.service import Sendable
from backend.contacts.rules import OPEN
from backend.contacts.shielding.service import handled, looked
from backend.crm.customers.service import CustomerService
from backend.kit.db import Row
from backend.kit.schema import given
from backend.kit.work import Work

_QUESTION = """
SELECT q.id, q.customer_id, q.department_id, q.assignee_id, q.confidentiality, q.reference, q.subject, q.body, q.state,
       q.language, q.channel, q.deadline, q.answer_channel, q.open_contributions, d.name AS department
  FROM question q JOIN department d ON d.id = q.department_id WHERE q.id = $1
"""
_FILES = """
SELECT name FROM attachment
 WHERE question_id = $1 AND id = ANY($2::uuid[]) AND state = 'clean' AND message_id IS NULL ORDER BY id
"""


class AnswerService:
    """What is written to the customer, with its files.

    Args:
        work: the unit of work.
        life: moves the question on.
    """

    def __init__(self, work: Work, life: LifeService) -> None:
        self._life = life
        self._files = AttachmentService(work)

    async def clarify(self, question_id: UUID, data: Clarify, expected: int) -> None:
        """Ask the customer something by mail, with files of the question; 400, 409 as `claim_for_message`."""
        message_id = uuid7()
        await self._life.clarify(question_id, data, expected, message_id)
        await self._send_along(question_id, message_id, data.attachment_ids)

    async def answer(self, question_id: UUID, data: Answer, expected: int) -> None:
        """Answer, with files of the question; 400, 409 as `claim_for_message`."""
        message_id = uuid7()
        await self._life.answer(question_id, data, expected, message_id)
        await self._send_along(question_id, message_id, data.attachment_ids)

    async def _send_along(self, question_id: UUID, message_id: UUID, ids: Sequence[UUID]) -> None:
        if ids:
            await self._files.claim_for_message(question_id, message_id, ids)


class PreviewService:
    """The mail of an answer, made as the worker makes it.

    Args:
        work: the unit of work.
        letters: writes letters.
        customers: knows how a customer wants to be reached.
    """

    def __init__(self, work: Work, letters: LetterWriter, customers: CustomerService) -> None:
        self._work = work
        self._letters = letters
        self._customers = customers

    async def preview(self, question_id: UUID, data: AnswerPreview) -> AnswerPreviewView:
        """The mail as it would leave now; nothing is kept. 403, 404."""
        found = await self._work.uow.fetchrow(_QUESTION, question_id)
        row = await handled(self._work, found, question_id)
        message = self._message(row, data)
        asker = await self._letters.asker(message)
        letter = await self._letters.letter(message, asker)
        wanted = list(dict.fromkeys(data.attachment_ids))
        files = [one["name"] for one in await self._work.uow.fetch(_FILES, question_id, wanted)] if wanted else []
        warnings = await self._warnings(row, data.text)
        if len(files) < len(wanted):
            warnings.append("attachmentUnusable")
        address = asker.get("email")
        if address is None:
            warnings.insert(0, "noAddress")
        looked(self._work, [row], fields=["subject", "recipient"])
        return AnswerPreviewView(
            recipient=masked(address) if address else None,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            attachments=files,
            warnings=warnings,
        )

    async def _warnings(self, row: Row, text: str) -> list[Caution]:
        found: list[Caution] = ["contributionsOpen"] if row["open_contributions"] else []
        known = await self._customers.recipient(row["customer_id"]) if row["customer_id"] else None
        found += preference(row["answer_channel"], known.preferred_channel if known else None)
        if left_open(text):
            found.append("openPlaceholder")
        if row["state"] not in OPEN:
            found.append("ended")
        return found

    def _message(self, row: Row, data: AnswerPreview) -> Sendable:
        """The message that an answer would become."""
        return Sendable(
            id=uuid7(),
            question_id=row["id"],
            purpose="answer",
            body=data.text,
            recipient=given(data.email),
            product_id=None,
            delivery="none",
            created_at=self._work.now,
            reference=row["reference"],
            subject=row["subject"],
            question_text=row["body"],
            customer_id=row["customer_id"],
            deadline=row["deadline"],
            language=row["language"],
            asked_by=row["channel"],
            department=row["department"],
        )
