"""Forgetting what a form still says when nobody needs it any more; the question stays."""

from backend.contacts.intake.rules import COUNTED_FOR, FORM_KEPT, TYPED_KEPT
from backend.kit.db import UnitOfWork
from backend.kit.work import BATCH

_TYPED = f"""
UPDATE submission SET typed_lookup = NULL, typed = CASE WHEN accepted_at >= now() - $1::interval THEN typed END
 WHERE id IN (
   SELECT id FROM submission
    WHERE (typed IS NOT NULL OR typed_lookup IS NOT NULL) AND accepted_at < now() - $2::interval
      AND (typed_lookup IS NOT NULL OR accepted_at < now() - $1::interval)
    ORDER BY accepted_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
"""
_FORMS = f"""
DELETE FROM submission WHERE id IN (
   SELECT s.id FROM submission s JOIN question q ON q.id = s.question_id
    WHERE s.accepted_at < now() - $1::interval AND q.closed_at < now() - $1::interval
      AND NOT EXISTS (SELECT FROM claim c WHERE c.submission_id = s.id)
    ORDER BY s.accepted_at LIMIT {BATCH} FOR UPDATE OF s SKIP LOCKED)
"""


async def forget_typed(uow: UnitOfWork) -> int:
    """Wipe who senders said to be, where that was never matched, and the hashes they were counted by; gives how many.

    A form that is no question yet keeps everything: it is still to be registered.
    """
    tag = await uow.execute(_TYPED, TYPED_KEPT, COUNTED_FOR)
    return int(tag.split()[-1])


async def forget_forms(uow: UnitOfWork) -> int:
    """Drop forms of questions that ended long ago: nobody asks for their status any more; gives how many."""
    tag = await uow.execute(_FORMS, FORM_KEPT)
    return int(tag.split()[-1])
