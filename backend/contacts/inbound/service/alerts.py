"""Telling people that mail is in quarantine: by mail, without a word of it."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.kit.db import UnitOfWork
from backend.kit.work import Work

NOTICE = "contacts.quarantineNotice"
"""Outbox topic; ids: `mail`, `user`."""

_RECENT = """
SELECT EXISTS (SELECT FROM inbound_mail o JOIN inbound_mail i ON i.id = $1
  WHERE o.state = 'quarantined' AND o.id <> i.id AND o.mailbox_id IS NOT DISTINCT FROM i.mailbox_id
    AND o.processed_at > $2::timestamptz - interval '1 hour')
"""
_TOLD = """
SELECT u.id FROM app_user u
 WHERE u.active AND u.email IS NOT NULL AND EXISTS (
   SELECT FROM inbound_mail i LEFT JOIN mailbox b ON b.id = i.mailbox_id
     LEFT JOIN department d ON d.id = b.department_id
    WHERE i.id = $1 AND (
      EXISTS (SELECT FROM membership m WHERE m.user_id = u.id AND 'teamLead' = ANY (m.roles) AND m.department_id =
        coalesce(d.id, (SELECT c.id FROM department c WHERE c.kind = 'frontOffice')))
      OR NOT coalesce(d.sensitive, false) AND ('administrator' = ANY (u.roles) OR EXISTS (
        SELECT FROM membership m JOIN department o ON o.id = m.department_id AND o.active
         WHERE m.user_id = u.id AND 'administrator' = ANY (m.roles)))))
"""
_NOTICE = """
SELECT i.id, i.received_at AS at, i.state, u.email AS recipient
  FROM inbound_mail i JOIN app_user u ON u.id = $2 AND u.active AND u.email IS NOT NULL WHERE i.id = $1
"""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in quarantine, and the address of whoever is told."""

    id: UUID
    at: datetime
    state: str
    recipient: str


async def alert(work: Work, mail_id: UUID) -> None:
    """Tell administrators and the team leads of the department whose mail it is; once an hour for a mailbox.

    What came for a shielded department only its own team leads hear of.
    """
    if await work.uow.fetchval(_RECENT, mail_id, work.now):
        return
    for row in await work.uow.fetch(_TOLD, mail_id):
        work.outbox.add(NOTICE, work.now, mail=mail_id, user=row["id"])


async def notice(uow: UnitOfWork, mail_id: UUID, user_id: UUID) -> Notice | None:
    """What this person is told; None when the person is gone, or the mail is no longer in quarantine."""
    row = await uow.fetchrow(_NOTICE, mail_id, user_id)
    return Notice(**row) if row and row["state"] == "quarantined" else None
