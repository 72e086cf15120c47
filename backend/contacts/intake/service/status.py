"""The status of a form, for who shows its secret."""

import hmac

from msgspec import UNSET

from backend.contacts.intake.rules import hashed, state_of
from backend.contacts.intake.schemas import CitizenMessage, FormStatus, StatusAsk
from backend.kit.db import Row
from backend.kit.limits import Limits
from backend.kit.problems import not_found
from backend.kit.reach import EVERYTHING
from backend.kit.reference import ReferenceInvalid, parse_reference
from backend.kit.work import Work

WRONG, WRONG_SECONDS = 5, 3_600
"""Wrong secrets of one reference within an hour; then nobody is answered for a while."""

_FORM = """
SELECT s.id, s.reference, s.secret_hash, s.accepted_at, s.question_id, q.state, q.subject, q.deadline
  FROM submission s LEFT JOIN question q ON q.id = s.question_id WHERE s.reference = $1
"""
_MESSAGES = """
SELECT created_at AS at, body AS text FROM message
 WHERE question_id = $1 AND direction = 'outbound' AND purpose IN ('answer', 'clarification') AND body IS NOT NULL
 ORDER BY created_at, id
"""
_NOBODY = bytes(32)
_OPEN = ("new", "inProgress", "waitingForCustomer")


class StatusService:
    """What the sender of a form is told.

    Args:
        work: the unit of work.
        limits: count wrong secrets.
        form: of address.
    """

    def __init__(self, work: Work, limits: Limits, form: str) -> None:
        self._work = work
        self._limits = limits
        self._form = form

    async def get(self, data: StatusAsk) -> FormStatus:
        """How far it is; 404 for an unknown reference and for a wrong secret alike, 429 after five of them."""
        row = await self.proved(data.reference, data.status_secret)
        if row["question_id"] is None:
            state, label = state_of("new", self._form)
            return FormStatus(reference=row["reference"], state=state, label=label, asked_at=row["accepted_at"])
        state, label = state_of(row["state"], self._form)
        async with self._work.uow.reaching(EVERYTHING):
            told = await self._work.uow.fetch(_MESSAGES, row["question_id"])
        self._work.trail.record("question", [row["question_id"]], fields=["state", "messages"])
        return FormStatus(
            reference=row["reference"],
            state=state,
            label=label,
            subject=row["subject"],
            asked_at=row["accepted_at"],
            answer_before=row["deadline"] if row["state"] in _OPEN else UNSET,
            messages=[CitizenMessage(**one) for one in told],
        )

    async def proved(self, reference: str, secret: str) -> Row:
        """The form of which this is the secret; 404 and 429 as `get`."""
        try:
            shown = parse_reference(reference)
        except ReferenceInvalid:
            raise not_found("form") from None
        await self._limits.check("secret", shown, most=WRONG, seconds=WRONG_SECONDS)
        async with self._work.uow.reaching(EVERYTHING):
            row = await self._work.uow.fetchrow(_FORM, shown)
        if not hmac.compare_digest(row["secret_hash"] if row else _NOBODY, hashed(secret)) or row is None:
            await self._limits.take("secret", shown, most=WRONG, seconds=WRONG_SECONDS)
            raise not_found("form")
        return row
