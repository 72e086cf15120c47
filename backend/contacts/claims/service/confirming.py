"""Hearing whose a form is, and taking it back."""

from uuid import UUID

from backend.contacts.claims.rules import UNDO, UNLINKED, WRONG
from backend.contacts.claims.schemas import ClaimConfirm, ClaimView
from backend.contacts.claims.service.matching import TELL, new_token
from backend.contacts.intake.rules import hashed
from backend.contacts.life.service import Holding
from backend.contacts.rules import Verb
from backend.contacts.senders.service import SenderService
from backend.kit.access import Principal
from backend.kit.db import Row
from backend.kit.problems import ProblemError
from backend.kit.reference import ReferenceInvalid, parse_reference
from backend.kit.schema import given
from backend.kit.work import Work

_OPEN = """
SELECT c.id, c.customer_id, c.wrong, s.reference, s.question_id
  FROM claim c JOIN submission s ON s.id = c.submission_id WHERE c.state = 'open' AND c.expires_at > $1
"""
_BY_TOKEN = f"{_OPEN} AND c.token_hash = $2 FOR UPDATE OF c"
_BY_LOGIN = f"{_OPEN} AND c.customer_id = ANY($2::uuid[]) AND s.reference = $3 FOR UPDATE OF c"
_WRONG = """
UPDATE claim SET wrong = wrong + 1, state = CASE WHEN wrong + 1 >= $3 THEN 'burned' ELSE state END,
       decided_at = CASE WHEN wrong + 1 >= $3 THEN $2::timestamptz END,
       token = CASE WHEN wrong + 1 >= $3 THEN NULL ELSE token END
 WHERE id = $1
"""
_REFUSE = "UPDATE claim SET state = 'refused', token = NULL, decided_at = $2 WHERE id = $1"
_CONFIRM = """
UPDATE claim SET state = 'confirmed', token = $3, token_hash = $4, decided_at = $2, expires_at = $5 WHERE id = $1
"""
_SURE = "UPDATE question SET identity = 'confirmed' WHERE id = $1"
_UNDOABLE = """
SELECT c.id, c.customer_id, s.question_id FROM claim c JOIN submission s ON s.id = c.submission_id
 WHERE c.state = 'confirmed' AND c.token_hash = $2 AND c.expires_at > $1 FOR UPDATE OF c
"""
_UNDO = "UPDATE claim SET state = 'undone', token = NULL, decided_at = $2 WHERE id = $1"
_PART = "UPDATE question SET customer_id = NULL, identity = 'anonymous' WHERE id = $1"
_PART_CONTACTS = """
UPDATE contact SET customer_id = NULL
 WHERE customer_id = $2 AND id IN (SELECT contact_id FROM contact_question WHERE question_id = $1)
   AND (channel IN ('webForm', 'assistant') OR id IN (
     SELECT jsonb_array_elements_text(e.data -> 'contactIds')::uuid FROM question_event e
      WHERE e.question_id = $1 AND e.type = 'identified'))
"""
"""Those that were linked with the question; not those in which somebody knew already who it was."""


class ConfirmingService:
    """What customers say about forms.

    Args:
        work: the unit of work, of the platform: the two halves are all that the customer shows.
        holding: locks the question.
        senders: link it.
    """

    def __init__(self, work: Work, holding: Holding, senders: SenderService) -> None:
        self._work = work
        self._holding = holding
        self._senders = senders

    async def confirm(self, who: Principal, data: ClaimConfirm) -> ClaimView | None:
        """Link the question, or not; None when token and reference do not belong together: that counts, and is kept."""
        claim = await self._found(who, data)
        if claim is None:
            return None
        work, now = self._work, self._work.now
        if data.answer == "no":
            await work.uow.execute(_REFUSE, claim["id"], now)
            work.trail.record("question", [claim["question_id"]], fields=["customerId"], outcome="refused")
            return ClaimView(state="refused")
        if not await self._link(claim["question_id"], claim["customer_id"]):
            await work.uow.execute(_REFUSE, claim["id"], now)
            return ClaimView(state="refused")
        token, token_hash = new_token(work, claim["id"])
        await work.uow.execute(_CONFIRM, claim["id"], now, token, token_hash, now + UNDO)
        work.outbox.add(TELL, now, claim=claim["id"])
        return ClaimView(state="confirmed")

    async def undo(self, token: str) -> ClaimView | None:
        """Take the question away from the customer again, within 14 days; None for a token that is none."""
        work = self._work
        claim = await work.uow.fetchrow(_UNDOABLE, work.now, hashed(token))
        if claim is None:
            return None
        await work.uow.execute(_UNDO, claim["id"], work.now)
        held = await self._holding.lock(claim["question_id"], None)
        await work.uow.execute(_PART, claim["question_id"])
        await work.uow.execute(_PART_CONTACTS, claim["question_id"], held.customer_id)
        await self._holding.apply(Verb.IDENTIFY, held, reason=UNLINKED)
        work.trail.record("customer", [claim["customer_id"]], fields=["questions"])
        return ClaimView(state="undone")

    async def _found(self, who: Principal, data: ClaimConfirm) -> Row | None:
        """The claim of both halves; a wrong reference counts against the token."""
        try:
            reference = parse_reference(data.reference)
        except ReferenceInvalid:
            reference = ""
        token, now = given(data.token), self._work.now
        if token is None:
            return await self._work.uow.fetchrow(_BY_LOGIN, now, list(who.file), reference)
        claim = await self._work.uow.fetchrow(_BY_TOKEN, now, hashed(token))
        if claim is not None and claim["reference"] != reference:
            await self._work.uow.execute(_WRONG, claim["id"], now, WRONG)
            return None
        return claim

    async def _link(self, question_id: UUID, customer_id: UUID) -> bool:
        """Whether it is this customer's now; not when a colleague found out that it is somebody else's."""
        try:
            await self._senders.identify(self._holding, question_id, customer_id, None)
        except ProblemError:  # of the checks before anything was written
            return False
        await self._work.uow.execute(_SURE, question_id)
        return True
