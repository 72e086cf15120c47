"""Accepting a form on a connection that may add a row and nothing else: here nobody can know who is known."""

from datetime import UTC, datetime, timedelta

import msgspec

from backend.contacts.intake.rules import LIFE, challenge, names_of, ticket, waited, worked
from backend.contacts.intake.schemas import ChallengeAsk, ChallengeView, FormReceived, FormSubmit
from backend.contacts.intake.service.registering import TABLE, Kept, contact_of
from backend.contacts.registration.service import check, told
from backend.contacts.rules import Assistance, bounded
from backend.kit.access import Principal
from backend.kit.crypto import KeyRing
from backend.kit.db import Database, UniqueViolation
from backend.kit.limits import Limits
from backend.kit.problems import conflict, invalid_input, unavailable
from backend.kit.reference import new_reference
from backend.kit.schema import given

FORMS, FORM_SECONDS = 10, 3_600
"""Forms of one network within an hour."""
TICKETS, TICKET_SECONDS = 3, 3_600
"""The same of tickets to wait with."""

_INSERT = """
INSERT INTO intake.form (id, reference, nonce, secret_hash, payload, accepted_at) VALUES ($1, $2, $3, $4, $5, $6)
"""
Row = tuple[object, ...]
_KNOWN, _USED = "pk_submission", "ux_submission_nonce"


class _UndoneError(Exception):
    """Nothing stood in the way, and nothing is added."""


class AcceptingService:
    """The public path.

    Args:
        database: connections of role INTAKE.
        keys: encrypt the form and sign challenges.
        limits: count what a network does.
        cost: iterations of one try of the calculation.
        wait: seconds of waiting instead.
    """

    def __init__(self, database: Database, keys: KeyRing, limits: Limits, *, cost: int, wait: int) -> None:
        self._database = database
        self._keys = keys
        self._limits = limits
        self._cost = cost
        self._wait = timedelta(seconds=wait)
        self._now = datetime.now(UTC)

    async def challenge(self, who: Principal, data: ChallengeAsk) -> ChallengeView:
        """What has to be done before a form; 429 after three tickets of one network within the hour."""
        if data.kind == "proofOfWork":
            return ChallengeView(
                kind=data.kind,
                valid_from=self._now,
                expires_at=self._now + LIFE,
                challenge=challenge(self._keys, self._cost, self._now),
            )
        await self._limits.take("ticket", who.network or "", most=TICKETS, seconds=TICKET_SECONDS)
        start = self._now + self._wait
        start = start.replace(microsecond=start.microsecond // 1000 * 1000)
        return ChallengeView(
            kind=data.kind, valid_from=start, expires_at=start + LIFE, ticket=ticket(self._keys, start)
        )

    async def accept(
        self,
        who: Principal,
        data: FormSubmit,
        key: str,
        assistance: Assistance | None = None,
        sent: msgspec.Struct | None = None,
    ) -> tuple[FormReceived, bool]:
        """Keep a form, encrypted; the same with the same key gets the same answer and is kept once.

        Gives what its sender is told, and whether it is kept only now.

        Args:
            who: sends it.
            data: the form.
            key: the Idempotency-Key.
            assistance: the guided questions that led to it.
            sent: all that its sender sent, when that is more than the form: this, not what we made of it since, is what
                makes it the same when it is sent again.

        Raises:
            ProblemError: 400 for what cannot be, 409 `proofUsed` for a proof that another form used up, 429.
        """
        contact = contact_of(data, self._now)
        check(contact, self._now)
        told(contact)
        nonce = None if who.customer else self._proved(data)
        await self._limits.take("form", who.network or "", most=FORMS, seconds=FORM_SECONDS)
        assistance = bounded(assistance) if assistance else None
        text = msgspec.json.encode(data if sent is None else sent).decode()
        names = names_of(self._keys, str(who.id), str(who.customer), key, text)
        kept = msgspec.json.encode(Kept(form=data, customer=who.customer, assistance=assistance)).decode()
        payload = self._keys.encrypt(kept, table=TABLE, column="payload", row=names.id)
        row = (names.id, names.reference, nonce, names.secret_hash, payload, self._now)
        broken = await self._insert(row)
        if broken not in {None, _KNOWN} and await self._insert(_by_id_only(row), undo=True) != _KNOWN:
            if broken == _USED:
                raise conflict("proofUsed", "This proof was used for another form; ask for a new challenge.")
            raise unavailable("Try again with another Idempotency-Key.")  # another form happens to have this reference
        received = FormReceived(reference=names.reference, status_secret=names.status_secret)
        return received, broken is None

    def _proved(self, data: FormSubmit) -> bytes:
        """What the proof uses up; 400 without a good one."""
        proof = given(data.proof)
        if proof is None:
            raise invalid_input("Ask for a challenge first.", name="proof")
        if proof.kind == "proofOfWork":
            good = worked(proof.value, self._keys)
        else:
            good = waited(proof.value, self._keys, self._now)
        if good is None:
            raise invalid_input("Not a good proof (any more, or yet); ask for a new challenge.", name="proof")
        return good

    async def _insert(self, row: Row, *, undo: bool = False) -> str | None:
        """Add the row, or only try to; gives the rule that another row stands in the way of."""
        try:
            async with self._database.transaction() as uow:
                await uow.execute(_INSERT, *row)
                if undo:
                    raise _UndoneError
        except _UndoneError:
            return None
        except UniqueViolation as error:
            return error.constraint_name or "?"
        return None


def _by_id_only(row: Row) -> Row:
    """The row with nothing but its id in common: which of several broken rules is told is PostgreSQL's choice."""
    return (row[0], new_reference(), None, *row[3:])
