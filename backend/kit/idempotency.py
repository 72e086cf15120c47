"""`Idempotency-Key`: the same creating call twice happens once (design 6).

The key is inserted first, in the transaction of its effect: a concurrent twin waits on the primary key and then
replays the stored answer. Kept 72 hours.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import HeaderParameter
from sqlalchemy import LargeBinary, SmallInteger, func
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.access import Principal, operation_of
from backend.kit.db import Base, UnitOfWork
from backend.kit.problems import ProblemError, invalid_input
from backend.kit.sealed import passing, unkeyed
from backend.kit.work import Work

T = TypeVar("T")

KEEP = timedelta(hours=72)
_PURPOSE = "idempotency"
KEY = re.compile(r"[\x21-\x7e]{8,128}\Z")
"""What an Idempotency-Key may be."""


class IdempotencyRecord(Base):
    """One creating call: `id` = SHA-256 of person, operation and key; `fingerprint` = keyed hash of what was asked."""

    __tablename__ = "idempotency_record"

    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True, info=unkeyed("a plain hash of a random key"))
    fingerprint: Mapped[bytes] = mapped_column(
        LargeBinary, info=passing(KEEP, "the answers to creating calls are kept for 72 hours")
    )
    status: Mapped[int | None] = mapped_column(SmallInteger)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary, info=unkeyed("the answer as it was sent"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now(), index=True)


_CLAIM = """
INSERT INTO idempotency_record (id, fingerprint) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING true
"""
_FINISH = "UPDATE idempotency_record SET status = $2, answer = $3 WHERE id = $1"
_HELD = "SELECT fingerprint, status, answer FROM idempotency_record WHERE id = $1"
_FORGET = "DELETE FROM idempotency_record WHERE created_at < now() - $1::interval"


class Once:
    """Runs a creating call once per key.

    Args:
        work: the unit of work of the call.
        owner: who calls, and which operation: the same key of somebody else is another key.
        key: the header's value.
    """

    def __init__(self, work: Work, owner: str, key: str) -> None:
        self._uow = work.uow
        self._keys = work.keys
        self._id = hashlib.sha256(f"{owner}\n{key}".encode()).digest()

    async def run(self, asked: object, effect: Callable[[], Awaitable[T]], *, status: int = 201) -> Response[Any]:
        """The answer of `effect`, or the stored answer when this key was used before with the same body.

        Raises:
            ProblemError: 422 when the key was used with another body.
        """
        # keyed, because what was asked may hold a national number: a plain hash of that is soon guessed
        text = msgspec.json.encode(asked).decode()
        fingerprint = self._keys.lookup(text, purpose=_PURPOSE)
        if not await self._uow.fetchval(_CLAIM, self._id, fingerprint):
            return await self._replay(self._keys.lookups(text, purpose=_PURPOSE))
        answer = msgspec.json.encode(await effect())
        self._uow.last(lambda: (_FINISH, (self._id, status, answer)))
        return Response(answer, status_code=status, media_type="application/json")

    async def _replay(self, fingerprints: list[bytes]) -> Response[Any]:
        held = await self._uow.fetchrow(_HELD, self._id)
        if held is None or held["answer"] is None:  # the 72 hours passed between the two statements
            raise ProblemError(409, "The first call with this key is being forgotten; use a new key.")
        if held["fingerprint"] not in fingerprints:
            raise ProblemError(422, "This Idempotency-Key was used before with another body.")
        headers = {"Idempotency-Replayed": "true"}
        return Response(held["answer"], status_code=held["status"], media_type="application/json", headers=headers)


def provide_once(
    request: Request[Principal, Any, Any],
    work: NamedDependency[Work],
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            description="Your own unique key of this call, 8-128 visible ASCII characters; repeat it when you retry.",
            required=True,
            schema_extra={"pattern": "^[!-~]{8,128}$"},
        ),
    ] = None,
) -> Once:
    """Dependency `once` of creating operations."""
    if idempotency_key is None or not KEY.match(idempotency_key):
        raise invalid_input("Send 8 to 128 visible ASCII characters.", where="header", name="Idempotency-Key")
    return Once(work, f"{request.user.id}\n{operation_of(request.route_handler)}", idempotency_key)


async def forget_old(uow: UnitOfWork) -> str:
    """Drop answers older than 72 hours; gives PostgreSQL's command tag."""
    return await uow.execute(_FORGET, KEEP)
