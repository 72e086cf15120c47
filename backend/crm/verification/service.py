"""A code to an e-mail address, and back: asked, mailed by a worker, confirmed, wiped."""

import secrets
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.crm.customers.schemas import CustomerView
from backend.crm.customers.service import CustomerService
from backend.crm.customers.service.profile import ContactPointFact, Profile
from backend.crm.verification import errors, rules
from backend.crm.verification.schemas import VerificationView
from backend.kit.db import Row, UnitOfWork
from backend.kit.problems import ProblemError, not_found
from backend.kit.work import Work

SEND = "crm.sendVerification"
"""Outbox topic; ids: `verification`."""
TABLE = "contact_point_verification"
HOW = "emailCode"

_WIPED = "code = NULL, code_lookup = NULL"
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended($1, 1500))"
_ASKED = "SELECT requested_at FROM contact_point_verification WHERE address_lookup = ANY($1) ORDER BY requested_at"
_REPLACE = f"""
UPDATE contact_point_verification SET state = 'replaced', {_WIPED}
 WHERE address_lookup = ANY($1) AND customer_id = ANY($2::uuid[]) AND state = 'pending'
"""
_ADD = """
INSERT INTO contact_point_verification (id, customer_id, contact_point_id, address_lookup, code, code_lookup, state,
       requested_at, requested_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9)
"""
# of several asked at the same time the last to be let in holds, which need not be the last to have come
_NEWEST = """
SELECT id, state, wrong, code_lookup, requested_at, expires_at, sent_at FROM contact_point_verification
 WHERE address_lookup = ANY($1) AND customer_id = ANY($2::uuid[])
 ORDER BY state = 'pending' DESC, requested_at DESC, id DESC LIMIT 1
"""
_EARLIER = "SELECT type, value FROM customer_contact_point WHERE customer_id = ANY($1::uuid[]) AND id = $2"
_WRONG = "UPDATE contact_point_verification SET wrong = wrong + 1 WHERE id = $1 AND state = 'pending'"
_USED_UP = f"UPDATE contact_point_verification SET wrong = wrong + 1, state = 'usedUp', {_WIPED} WHERE id = $1"
_CONFIRM = f"""
WITH done AS (UPDATE contact_point_verification SET state = 'confirmed', {_WIPED} WHERE id = $1),
 point AS (
  UPDATE customer_contact_point SET verified_at = $4, verified_how = '{HOW}' WHERE customer_id = $2 AND id = $3)
UPDATE customer SET version = version + 1, updated_at = $4 WHERE id = $5
"""
_DUE = """
SELECT v.id, v.customer_id, v.code, v.expires_at, v.requested_at, p.value AS address
  FROM contact_point_verification v
  JOIN customer_contact_point p ON p.customer_id = v.customer_id AND p.id = v.contact_point_id
  JOIN customer owner ON owner.id = v.customer_id
 WHERE v.id = $1 AND v.state = 'pending' AND v.code IS NOT NULL AND EXISTS (
   SELECT FROM customer_contact_point n JOIN customer holder ON holder.id = n.customer_id
    WHERE n.value = p.value AND n.type = p.type AND n.ended_at IS NULL
      AND coalesce(holder.survivor_id, holder.id) = coalesce(owner.survivor_id, owner.id))
"""
_SENT = "UPDATE contact_point_verification SET sent_at = $2, code = NULL WHERE id = $1 AND state = 'pending'"
_UNDELIVERABLE = f"""
UPDATE contact_point_verification SET state = 'undeliverable', {_WIPED} WHERE id = $1 AND state = 'pending'
"""
_EXPIRE = f"""
UPDATE contact_point_verification SET state = 'expired', {_WIPED} WHERE state = 'pending' AND expires_at <= now()
"""
_FORGET = "DELETE FROM contact_point_verification WHERE requested_at < now() - $1::interval"


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A code that must be mailed; `code` is still encrypted."""

    id: UUID
    customer_id: UUID
    code: bytes
    expires_at: datetime
    requested_at: datetime
    address: str


class VerificationService:
    """Verifies e-mail addresses of customers; whatever is asked locks the customer first, so nothing overtakes."""

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers

    async def request(self, customer_id: UUID, contact_point_id: UUID) -> VerificationView:
        """A new code for this address, which ends an earlier one. 404, 409, 429 after three within the hour."""
        profile, point = await self._point(customer_id, contact_point_id)
        if point.verified_at is not None:
            raise errors.already_verified()
        work, hashes = self._work, self._hashes(point)
        await work.uow.fetchval(_ONE_AT_A_TIME, hashes[-1].hex())
        asked = [row["requested_at"] for row in await work.uow.fetch(_ASKED, hashes)]
        if (wait := rules.wait(asked, work.now)) is not None:
            raise errors.too_many_codes(wait)
        await work.uow.execute(_REPLACE, hashes, profile.members)
        code, row, expires_at = f"{secrets.randbelow(10**rules.DIGITS):0{rules.DIGITS}}", uuid7(), work.now + rules.LIFE
        await work.uow.execute(
            _ADD,
            row,
            point.customer_id,
            point.id,
            work.keys.lookup(point.value, purpose=rules.ADDRESS),
            work.keys.encrypt(code, table=TABLE, column="code", row=row),
            work.keys.lookup(f"{row}:{code}", purpose=rules.CODE),
            work.now,
            work.actor,
            expires_at,
        )
        work.outbox.add(SEND, work.now, verification=row)
        work.trail.record("customer", [profile.id], fields=["contactPoints"])
        return VerificationView(
            contact_point_id=point.id,
            state="pending",
            delivery="pending",
            requested_at=work.now,
            expires_at=expires_at,
            tries_left=rules.TRIES,
        )

    async def get(self, customer_id: UUID, contact_point_id: UUID) -> VerificationView:
        """How the newest code for this address fares; 404 when none was asked."""
        profile, point = await self._point(customer_id, contact_point_id)
        row = await self._newest(profile, point)
        if row is None:
            raise not_found("verification")
        self._work.trail.record("customer", [profile.id], fields=["contactPoints"])
        state = rules.standing(row["state"], row["expires_at"], self._work.now)
        sent: Literal["sent", "pending"] = "sent" if row["sent_at"] else "pending"
        return VerificationView(
            contact_point_id=point.id,
            state=state,
            delivery="failed" if state == "undeliverable" else sent,
            requested_at=row["requested_at"],
            expires_at=row["expires_at"],
            tries_left=rules.TRIES - row["wrong"] if state == "pending" else 0,
        )

    async def confirm(self, customer_id: UUID, contact_point_id: UUID, typed: str) -> CustomerView | ProblemError:
        """The address is verified when the code is right; gives the customer.

        A wrong code is given back as a refusal, not raised: that it was tried must be committed.

        Raises:
            ProblemError: 404; 409: verified already, no code, too old, used up.
        """
        profile, point = await self._point(customer_id, contact_point_id)
        if point.verified_at is not None:
            raise errors.already_verified()
        row = await self._newest(profile, point)
        if row is None:
            raise errors.no_code()
        if refusal := errors.of_no_use(rules.standing(row["state"], row["expires_at"], self._work.now)):
            raise refusal
        work = self._work
        hashes = work.keys.lookups(f"{row['id']}:{rules.bare(typed)}", purpose=rules.CODE)
        if not rules.fits(row["code_lookup"], hashes):
            left = rules.TRIES - row["wrong"] - 1
            await work.uow.execute(_WRONG if left else _USED_UP, row["id"])
            work.trail.record("customer", [profile.id], fields=["contactPoints"], outcome="refused")
            return errors.wrong_code(left) if left else errors.used_up()
        await work.uow.execute(_CONFIRM, row["id"], point.customer_id, point.id, work.now, profile.id)
        work.trail.record("customer", [profile.id], fields=["contactPoints"])
        return await self._customers.get(profile.id)

    async def _point(self, customer_id: UUID, contact_point_id: UUID) -> tuple[Profile, ContactPointFact]:
        """The locked profile and the address as it holds now; 404, 409 for a phone number.

        Saving a profile writes its contact points anew: an id from before stands for the same address of today.
        """
        file = await self._customers.file(customer_id)
        profile = await self._customers.alone(file.id)
        found = [one for one in profile.contact_points if one.id == contact_point_id]
        if not found:
            earlier = await self._work.uow.fetchrow(_EARLIER, profile.members, contact_point_id)
            known = (earlier["type"], earlier["value"]) if earlier else None
            found = [one for one in profile.contact_points if (one.type, one.value) == known]
        if not found:
            raise not_found("contact point")
        if found[0].type != "email":
            raise errors.not_an_email_address()
        return profile, found[0]

    async def _newest(self, profile: Profile, point: ContactPointFact) -> Row | None:
        return await self._work.uow.fetchrow(_NEWEST, self._hashes(point), profile.members)

    def _hashes(self, point: ContactPointFact) -> list[bytes]:
        return self._work.keys.lookups(point.value, purpose=rules.ADDRESS)


async def due(uow: UnitOfWork, verification_id: UUID) -> Due | None:
    """A code to mail; None when it was mailed, replaced or wiped, or when the customer has the address no longer."""
    row = await uow.fetchrow(_DUE, verification_id)
    return Due(**row) if row else None


async def sent(uow: UnitOfWork, verification_id: UUID, at: datetime) -> None:
    """The mail server took it: from here on only the hash of the code is left."""
    await uow.execute(_SENT, verification_id, at)


async def undeliverable(uow: UnitOfWork, verification_id: UUID) -> None:
    """The mail server will never take it."""
    await uow.execute(_UNDELIVERABLE, verification_id)


async def expire_codes(uow: UnitOfWork) -> str:
    """Wipe codes whose time is over, and forget after a month that there were any; gives PostgreSQL's command tag."""
    await uow.execute(_FORGET, rules.KEEP)
    return await uow.execute(_EXPIRE)
