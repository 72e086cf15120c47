"""Comparing what was typed in a form with the customers we know, a while after it came in."""

import secrets
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.contacts.claims.rules import TRIAGE, VALID, WITHIN, chosen, free
from backend.contacts.intake.rules import hashed
from backend.contacts.intake.schemas import Typed
from backend.contacts.intake.service import SUBMISSION
from backend.contacts.life.service import Held, Holding
from backend.contacts.messages.service import MessageRow, add
from backend.contacts.rules import Verb
from backend.crm.customers.service import CustomerService, Profile
from backend.crm.matching.rules import PersonName, Place, Subject
from backend.crm.matching.service import MatchService
from backend.kit.schema import given
from backend.kit.work import Work

TELL = "contacts.tellClaim"
"""Outbox topic; ids: `claim`."""
TABLE = "claim"

_FORM = """
SELECT typed, question_id FROM submission WHERE id = $1 AND typed IS NOT NULL AND question_id IS NOT NULL FOR UPDATE
"""
_MATCHED = "UPDATE submission SET typed = NULL WHERE id = $1"
_TURN = "SELECT FROM customer WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
_NOTICES = "SELECT created_at FROM claim WHERE customer_id = ANY($1::uuid[]) AND created_at > $2"
_CLAIM = """
INSERT INTO claim (id, submission_id, customer_id, state, token, token_hash, created_at, expires_at)
VALUES ($1, $2, $3, 'open', $4, $5, $6, $7)
"""


def new_token(work: Work, claim_id: UUID) -> tuple[bytes, bytes]:
    """A token of 256 bits: encrypted until its mail has left, and its hash."""
    token = secrets.token_urlsafe(32)
    return work.keys.encrypt(token, table=TABLE, column="token", row=claim_id), hashed(token)


def subject_of(typed: Typed) -> Subject:
    """Whom to look for."""
    address = typed.address
    person = typed.requester == "person"
    place = (
        (Place(address.street, address.number, given(address.box) or "", address.postcode, address.municipality),)
        if address
        else ()
    )
    named = typed.given_name or typed.family_name
    return Subject(
        kind="person" if person else None,
        names=(PersonName(typed.given_name, typed.family_name),) if person and named else (),
        organisations=(typed.organisation_name,) if typed.organisation_name else (),
        emails=(typed.email,) if typed.email else (),
        phones=(typed.phone,) if typed.phone else (),
        places=place,
    )


def protected(profile: Profile) -> bool:
    """Whether people decide about this customer, whatever the match."""
    return profile.standing != "active" or any(one.undisclosed for one in profile.addresses)


def channel_of(profile: Profile) -> str | None:
    """The verified e-mail address on file, the preferred one first."""
    verified = [one for one in profile.contact_points if one.type == "email" and one.verified_at is not None]
    verified.sort(key=lambda one: not one.preferred)
    return verified[0].value if verified else None


class MatchingService:
    """Finds out whose a form may be.

    Args:
        work: the unit of work, of the platform.
        customers: the customers.
        holding: for a note to colleagues.
    """

    def __init__(self, work: Work, customers: CustomerService, holding: Holding) -> None:
        self._work = work
        self._customers = customers
        self._holding = holding

    async def match(self, form_id: UUID) -> None:
        """Nothing for nobody, a note for people, a claim for exactly one; what was typed is forgotten."""
        work = self._work
        row = await work.uow.fetchrow(_FORM, form_id)
        if row is None:
            return
        await work.uow.execute(_MATCHED, form_id)
        plain = work.keys.decrypt(row["typed"], table=SUBMISSION, column="typed", row=form_id)
        typed = msgspec.json.decode(plain, type=Typed)
        choice, best = chosen(await MatchService(work).find(subject_of(typed)))
        if choice == "nobody":
            return
        held = await self._holding.lock(row["question_id"], None)
        if held.customer_id is not None:  # a colleague was first
            return
        if choice == "people":
            await self._ask_people(held)
        elif best is not None:
            profile = (await self._customers.profiles([best.customer_id])).get(best.customer_id)
            if profile is not None and protected(profile):
                await self._ask_people(held)
            elif profile is not None and channel_of(profile):
                await self._claim(form_id, profile)

    async def _ask_people(self, held: Held) -> None:
        """A note on the question; it names nobody."""
        await self._holding.apply(Verb.NOTE, held)
        note = MessageRow(
            question_id=held.id,
            direction="note",
            purpose="note",
            channel="internal",
            body=TRIAGE,
            created_at=self._work.now,
        )
        await add(self._work, [note])

    async def _claim(self, form_id: UUID, profile: Profile) -> None:
        """Ask the customer, unless there was enough of that lately."""
        work = self._work
        await work.uow.execute(_TURN, profile.members)
        sent = await work.uow.fetch(_NOTICES, profile.members, work.now - WITHIN)
        if not free([one["created_at"] for one in sent], work.now):
            return
        claim_id = uuid7()
        token, token_hash = new_token(work, claim_id)
        row = (claim_id, form_id, profile.id, token, token_hash, work.now, work.now + VALID)
        await work.uow.execute(_CLAIM, *row)
        work.outbox.add(TELL, work.now, claim=claim_id)
        work.trail.record("customer", [profile.id], fields=["contactPoints"])
