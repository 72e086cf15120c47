"""Calls that ring: told by the switchboard, seen by the colleague whose telephone it is."""

from datetime import timedelta
from uuid import UUID

from msgspec import UNSET
from uuid_utils.compat import uuid7

from backend.contacts.telephony.schemas import (
    CallAccepted,
    CallRinging,
    RingingCalls,
    RingingCallView,
    TelephoneTake,
    TelephoneView,
)
from backend.crm.customers.schemas import CustomerHit
from backend.crm.finding.schemas import CustomerQuery
from backend.crm.finding.service import FindingService
from backend.kit.db import Row, UnitOfWork
from backend.kit.identifiers import IdentifierInvalid, normalise_phone
from backend.kit.locks import one_at_a_time
from backend.kit.paging import PageRequest
from backend.kit.problems import invalid_input, not_found
from backend.kit.schema import given
from backend.kit.work import Work

KEEP = timedelta(minutes=10)
SUGGESTED = 3
MOST = 5
"""Calls on the screen at once."""
TOPIC = "ringing"
_PLACE = {"table": "ringing_call", "column": "phone"}

_BY_EXTENSION = (
    "SELECT t.user_id FROM telephone t JOIN app_user u ON u.id = t.user_id AND u.active WHERE extension = $1"
)
_BY_NAME = "SELECT id FROM app_user WHERE username = $1 AND active AND kind = 'person'"
_ADD = "INSERT INTO ringing_call (id, user_id, phone, at) VALUES ($1, $2, $3, $4)"
_MINE = """
SELECT id, phone, at FROM ringing_call WHERE user_id = $1 AND at > $2 AND taken_at IS NULL
 ORDER BY at DESC, id DESC LIMIT $3
"""
_TAKE = """
UPDATE ringing_call SET taken_at = coalesce(taken_at, $3) WHERE id = $1 AND user_id = $2 RETURNING id
"""
_WHERE = "SELECT extension FROM telephone WHERE user_id = $1"
_LEAVE = "DELETE FROM telephone WHERE user_id = $1"
_SIT = """
INSERT INTO telephone (extension, user_id, since) VALUES ($1, $2, $3)
    ON CONFLICT (extension) DO UPDATE SET user_id = $2, since = $3
"""
_FORGET = "DELETE FROM ringing_call WHERE at < now() - $1::interval"


class TelephonyService:
    """What rings, and where.

    Args:
        work: the unit of work.
        finding: finds customers by their number.
    """

    def __init__(self, work: Work, finding: FindingService) -> None:
        self._work = work
        self._finding = finding

    async def ring(self, data: CallRinging) -> CallAccepted:
        """Tell the colleague whose telephone it is; nobody when nobody sits there.

        Raises:
            ProblemError: 400 unless exactly one of `extension` and `username` is given, or for what is no number.
        """
        extension, username = given(data.extension), given(data.username)
        if (extension is None) == (username is None):
            raise invalid_input("Give either extension or username.", name="extension")
        phone = _number(given(data.phone))
        work = self._work
        user = await work.uow.fetchval(*((_BY_EXTENSION, extension) if extension else (_BY_NAME, username)))
        if user is None:
            return CallAccepted()
        call = uuid7()
        sealed = work.keys.encrypt(phone, **_PLACE, row=call) if phone else None
        await work.uow.execute(_ADD, call, user, sealed, min(given(data.at) or work.now, work.now))
        work.trail.record("ringingCall", [call])
        work.touch(TOPIC, [user])
        return CallAccepted(id=call)

    async def mine(self) -> RingingCalls:
        """What rings at the person's; every customer shown is logged as a hit."""
        work = self._work
        rows = await work.uow.fetch(_MINE, work.who.id, work.now - KEEP, MOST)
        extension = await work.uow.fetchval(_WHERE, work.who.id)
        return RingingCalls(extension=extension or UNSET, items=[await self._view(row) for row in rows])

    async def take(self, call_id: UUID) -> None:
        """The person has it: it is off the list. 404 for a call of somebody else, or long ago."""
        work = self._work
        if await work.uow.fetchval(_TAKE, call_id, work.who.id, work.now) is None:
            raise not_found("call")
        work.trail.record("ringingCall", [call_id])
        work.touch(TOPIC, [work.who.id])

    async def sit(self, data: TelephoneTake) -> TelephoneView:
        """The person sits at this telephone from now on, or at none."""
        work, extension = self._work, given(data.extension)
        await one_at_a_time(work.uow, "telephone")  # two who change places would wait for each other
        await work.uow.execute(_LEAVE, work.who.id)
        if extension:
            await work.uow.execute(_SIT, extension, work.who.id, work.now)
        work.trail.record("user", [work.who.id], fields=["telephone"])
        return TelephoneView(extension=data.extension)

    async def _view(self, row: Row) -> RingingCallView:
        if row["phone"] is None:
            return RingingCallView(id=row["id"], at=row["at"])
        phone = self._work.keys.decrypt(row["phone"], **_PLACE, row=row["id"])
        return RingingCallView(id=row["id"], at=row["at"], phone=phone, suggestions=await self._who(phone))

    async def _who(self, phone: str) -> list[CustomerHit]:
        found = await self._finding.query(CustomerQuery(phone=phone), PageRequest(limit=SUGGESTED, cursor=None))
        hits: list[CustomerHit] = found.items
        return await self._work.access.project_all("customerHit", hits, [hit.id for hit in hits])


def _number(text: str | None) -> str | None:
    """A number as it is kept; what a switchboard says of a withheld one is no number."""
    if text is None:
        return None
    try:
        phone = normalise_phone(text)
    except IdentifierInvalid as error:
        raise invalid_input("Not a phone number; leave it out when it is withheld.", name="phone") from error
    return phone.e164 or phone.typed


async def forget_old(uow: UnitOfWork) -> int:
    """Drop calls of more than ten minutes ago; gives how many."""
    tag = await uow.execute(_FORGET, KEEP)
    return int(tag.split()[-1])
