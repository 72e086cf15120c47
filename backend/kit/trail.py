"""The audit trail of one unit of work: collected while it runs, written just before its commit.

If it cannot be written nothing is committed (503). The table is owned by the `audit` module, which passes the writer.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.kit.access import Principal
from backend.kit.db import Statement, UnitOfWork


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One action or one look: who, in which role and department, what, why, about whom, which fields.

    Attributes:
        subject: pseudonym: the id of the customer, question … concerned.
        fields: names only, never values.
    """

    id: UUID
    at: datetime
    actor: UUID | None
    roles: list[str]
    department: UUID | None
    client: str | None
    action: str
    purpose: str
    subject_kind: str | None
    subject: UUID | None
    fields: list[str]
    outcome: str
    trace: str


Writer = Callable[[list[Entry]], Statement]


class Trail:
    """Collects entries.

    Args:
        uow: the transaction.
        write: the one statement that writes them all.
        principal: who acts; None for the platform itself.
        trace: the id of the request or job.
        at: the moment of the request.
        action: operation id or job topic, used when an entry names no other.
        purpose: why personal data are processed.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        write: Writer,
        *,
        principal: Principal | None,
        trace: str,
        at: datetime,
        action: str,
        purpose: str = "questionHandling",
    ) -> None:
        self._uow = uow
        self._write = write
        self._principal = principal
        self._trace = trace
        self._at = at
        self._action = action
        self._purpose = purpose
        self._entries: list[Entry] = []

    def record(
        self,
        subject_kind: str | None = None,
        subjects: Iterable[UUID | None] = (None,),
        *,
        action: str = "",
        fields: Iterable[str] = (),
        outcome: str = "done",
        purpose: str = "",
    ) -> None:
        """One entry per subject; nothing when there is none."""
        subjects = list(subjects)
        if not subjects:
            return
        if not self._entries:
            self._uow.last(lambda: self._write(self._entries))
        who = self._principal
        roles = sorted(who.roles) if who else ["platform"]
        for subject in subjects:
            self._entries.append(
                Entry(
                    id=uuid7(),
                    at=self._at,
                    actor=who.id if who else None,
                    roles=roles,
                    department=who.department if who else None,
                    client=who.client if who else None,
                    action=action or self._action,
                    purpose=purpose or self._purpose,
                    subject_kind=subject_kind,
                    subject=subject,
                    fields=list(fields),
                    outcome=outcome,
                    trace=self._trace,
                )
            )
