"""Forgetting that somebody was asked whether a form is theirs."""

from backend.contacts.claims.rules import KEPT
from backend.kit.db import UnitOfWork
from backend.kit.work import BATCH

_TOKENS = f"""
UPDATE claim SET token = NULL WHERE id IN (
   SELECT id FROM claim WHERE token IS NOT NULL AND expires_at <= now()
    ORDER BY expires_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
"""
_CLAIMS = f"""
DELETE FROM claim WHERE id IN (
   SELECT id FROM claim WHERE expires_at < now() - $1::interval
    ORDER BY expires_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED)
"""


async def forget_tokens(uow: UnitOfWork) -> int:
    """Wipe tokens of mails that never left and are of no use any more; gives how many."""
    tag = await uow.execute(_TOKENS)
    return int(tag.split()[-1])


async def forget_claims(uow: UnitOfWork) -> int:
    """Drop claims that can be neither confirmed nor undone any more; gives how many.

    What was confirmed stands in the timeline of the question and in the audit log.
    """
    tag = await uow.execute(_CLAIMS, KEPT)
    return int(tag.split()[-1])
