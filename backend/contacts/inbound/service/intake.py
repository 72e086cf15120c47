"""Keeping a mail before anybody says that we have it."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.contacts.inbound.rules import message_id
from backend.contacts.inbound.service.alerts import alert
from backend.kit.blobs import store_blob
from backend.kit.locks import one_at_a_time
from backend.kit.work import Work

READ = "contacts.readMail"
"""Outbox topic; ids: `mail`."""

_DIGEST = "inboundMail"
_KNOWN = """
SELECT id FROM inbound_mail
 WHERE (recipient = $1 AND digest = ANY($2::bytea[]) AND header_id IS NOT NULL)
    OR (mailbox_id = $3 AND uid_validity = $4 AND uid = $5)
"""
_ADD = """
INSERT INTO inbound_mail (id, mailbox_id, recipient, envelope_sender, received_at, blob_id, size, digest, uid_validity,
       uid, header_id, state, outcome, reason, processed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL, $13, $14)
"""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a mail came.

    Attributes:
        mailbox_id: where; None: at the sender address of our own mails.
        recipient: that address.
        envelope_sender: empty: nobody answers to it; None when it was fetched.
        uid: UIDVALIDITY and UID of a mail that was fetched.
        unusable: why it goes straight into quarantine.
    """

    mailbox_id: UUID | None
    recipient: str
    envelope_sender: str | None = None
    uid: tuple[int, int] | None = None
    unusable: str = ""


async def keep(work: Work, content: bytes, arrivals: Sequence[Arrival]) -> list[UUID]:
    """Keep a mail for everybody it is for, and have it read; durable when this transaction is.

    The same mail for the same address (its server did not hear our answer) is kept once. One without Message-ID cannot
    be told from another that says the same, so it is kept each time.

    Args:
        work: the unit of work, of the platform.
        content: as it came, at most 30 MB.
        arrivals: for whom.

    Returns:
        The ids under which it is kept, in the order of `arrivals`.
    """
    header_id, hashed = message_id(content), hashlib.sha256(content).hexdigest()
    kept: list[UUID] = []
    blob_id: UUID | None = None
    await one_at_a_time(work.uow, f"{_DIGEST} {hashed}")
    for arrival in arrivals:
        mail_id = await _known(work, hashed, arrival)
        if mail_id is None:
            blob_id = blob_id or await store_blob(work, content)
            mail_id = await _add(work, hashed, arrival, blob_id, len(content), header_id)
        kept.append(mail_id)
    work.trail.record("inboundMail", kept)
    return kept


async def _known(work: Work, hashed: str, arrival: Arrival) -> UUID | None:
    """The id under which just this mail is kept for this address already."""
    validity, uid = arrival.uid or (None, None)
    digests = work.keys.lookups(hashed, purpose=_DIGEST)
    found: UUID | None = await work.uow.fetchval(_KNOWN, arrival.recipient, digests, arrival.mailbox_id, validity, uid)
    return found


async def _add(work: Work, hashed: str, arrival: Arrival, blob_id: UUID, size: int, header_id: str | None) -> UUID:
    """A row of its own; it is read, or in quarantine from the first."""
    mail_id, (validity, uid) = uuid7(), arrival.uid or (None, None)
    await work.uow.execute(
        _ADD,
        mail_id,
        arrival.mailbox_id,
        arrival.recipient,
        arrival.envelope_sender,
        work.now,
        blob_id,
        size,
        work.keys.lookup(hashed, purpose=_DIGEST),
        validity,
        uid,
        header_id,
        "quarantined" if arrival.unusable else "received",
        arrival.unusable or None,
        work.now if arrival.unusable else None,
    )
    if arrival.unusable:
        await alert(work, mail_id)
    else:
        work.outbox.add(READ, work.now, mail=mail_id)
    return mail_id
