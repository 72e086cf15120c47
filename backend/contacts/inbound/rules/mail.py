"""What is read from a mail that came in."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Sign = Literal["automatic", "list", "spam", "loop", "tooMany", "unknownSender", "cut", "encrypted"]
"""What a reader has to know about a mail.

`automatic`: a machine wrote it; `list`: it came through a mailing list or in bulk; `spam`: a filter on the way says so;
`loop`: it went round; `tooMany`: its sender sent very many; `unknownSender`: nobody told this address for the question
it is about; `cut`: not everything in it could be taken over, the original has it; `encrypted`: for somebody's own key.
"""

SILENT: frozenset[Sign] = frozenset({"automatic", "list", "spam", "loop", "tooMany"})
"""Whoever is answered automatically must be a person who waits for it: these get no acknowledgement."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a mail.

    Attributes:
        name: as the sender calls it, on one line; empty when it has no name.
        media_type: as the sender says.
    """

    name: str
    media_type: str
    content: bytes


class Bounce(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail server tells about a mail of ours.

    Attributes:
        kind: `failed`: not delivered; `delayed`: it keeps trying; `told`: delivered, passed on or opened.
        status: as in RFC 3463 (`5.1.1`); empty when it does not say.
    """

    kind: Literal["failed", "delayed", "told"]
    status: str = ""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail, read as far as it can be.

    Attributes:
        subject: on one line; empty without one.
        sender: e-mail address of From, normalised; None when there is no valid one.
        sender_name: display name of From.
        reply_to: where an answer goes: Reply-To when there is a valid one, else `sender`.
        sent_at: the Date header (aware), for what it is worth.
        message_id: `<...@...>` of the mail itself.
        answers: Message-IDs of In-Reply-To and References, the nearest first.
        ours: ids of our own mails, named anywhere in it: in its headers, or in what a mail server returns.
        own_id: id of our own mail when this is that mail, come back.
        references: references of questions in the subject.
        text: everything that is written in it, earlier mails included.
        pieces: attachments, pictures in the text too.
        signs: what can be seen from the mail alone.
        bounce: when a mail server wrote it about a mail of ours.
        unreadable: why nothing can be made of it; empty when something can.
    """

    subject: str = ""
    sender: str | None = None
    sender_name: str = ""
    reply_to: str | None = None
    sent_at: datetime | None = None
    message_id: str | None = None
    answers: tuple[str, ...] = ()
    ours: tuple[UUID, ...] = ()
    own_id: UUID | None = None
    references: tuple[str, ...] = ()
    text: str = ""
    pieces: tuple[Piece, ...] = ()
    signs: frozenset[Sign] = frozenset()
    bounce: Bounce | None = None
    unreadable: str = ""
