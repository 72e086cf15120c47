"""The sweeps over messages: what nobody sends is queued again, what was given up shows on its question."""

from backend.contacts.letters.rules import MATTERS
from backend.contacts.life.service import LifeService
from backend.contacts.messages.service import SEND, failed
from backend.kit.work import BATCH, Work

GIVEN_UP = "the mail server did not take it in any of the tries"

_UNSENT = f"""
SELECT id FROM message
 WHERE delivery = 'pending' AND id::text NOT IN (
   SELECT ids ->> 'message' FROM outbox WHERE topic = '{SEND}' AND done_at IS NULL)
 ORDER BY created_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
"""
_GIVEN_UP = f"""
SELECT m.id, m.question_id, m.purpose FROM message m
  JOIN outbox o ON o.ids ->> 'message' = m.id::text AND o.topic = '{SEND}' AND o.dead_at IS NOT NULL
 WHERE m.delivery = 'pending' ORDER BY m.id LIMIT {BATCH} FOR UPDATE OF m SKIP LOCKED
"""


class LostMessages:
    """Finds messages that wait for nothing.

    Args:
        work: the unit of work of the platform itself.
        life: the life cycle.
    """

    def __init__(self, work: Work, life: LifeService) -> None:
        self._work = work
        self._life = life

    async def queue_again(self) -> int:
        """Pending messages that no row of the outbox sends."""
        rows = await self._work.uow.fetch(_UNSENT)
        for row in rows:
            self._work.outbox.add(SEND, self._work.now, message=row["id"])
        return len(rows)

    async def give_up(self) -> int:
        """Messages whose row of the outbox died: a question without its mail is open again. A replay still sends it."""
        rows = await self._work.uow.fetch(_GIVEN_UP)
        for row in rows:
            await failed(self._work.uow, row["id"], GIVEN_UP)
            if row["purpose"] in MATTERS:
                await self._life.undelivered(row["question_id"], GIVEN_UP)
            self._work.trail.record("question", [row["question_id"]], fields=[row["purpose"]])
        return len(rows)
