"""JSON shapes of mailboxes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.mailboxes.rules import Protocol, Tls
from backend.contacts.messages.schemas import Email
from backend.contacts.rules import Kind
from backend.kit.schema import Input, Page, ShortText, View

Host = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]{1,250}$", max_length=250, examples=["imap.stad.be"])]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Secret = Annotated[str, Meta(min_length=1, max_length=500)]


class MailboxCreate(Input):
    """A new mailbox.

    Attributes:
        address: as people write it; unique.
        department_id: owner of what comes in; without one the rules place it, at last with the contact centre.
        protocol: `lmtp`: a mail server brings the mail, over LMTP or SMTP; `imap`: it is fetched every minute, and then
            `host`, `username` and `password` are needed.
        done_folder: where fetched mail goes on the server; without one it is marked as seen.
        password: kept encrypted and never given back.
    """

    address: Email
    name: ShortText
    department_id: UUID | UnsetType = UNSET
    kind: Kind = "question"
    protocol: Protocol = "lmtp"
    host: Host | UnsetType = UNSET
    port: Port | UnsetType = UNSET
    tls: Tls = "implicit"
    folder: ShortText = "INBOX"
    done_folder: ShortText | UnsetType = UNSET
    username: ShortText | UnsetType = UNSET
    password: Secret | UnsetType = UNSET
    active: bool = True


class MailboxPatch(Input):
    """What to change of a mailbox; fields left out stay, null takes away.

    A password goes with its server: with another `host`, `port`, `tls` or `username` it has to be given again.
    """

    name: ShortText | UnsetType = UNSET
    department_id: UUID | None | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    protocol: Protocol | UnsetType = UNSET
    host: Host | UnsetType = UNSET
    port: Port | UnsetType = UNSET
    tls: Tls | UnsetType = UNSET
    folder: ShortText | UnsetType = UNSET
    done_folder: ShortText | None | UnsetType = UNSET
    username: ShortText | UnsetType = UNSET
    password: Secret | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class MailboxView(View):
    """A mailbox. `failures`: looks that failed in a row; `failure`: why the last one did; `lookedAt`: the last look."""

    id: UUID
    address: str
    name: str
    department_id: UUID | None = None
    kind: Kind
    protocol: Protocol
    host: str | None = None
    port: int
    tls: Tls
    folder: str
    done_folder: str | None = None
    username: str | None = None
    has_password: bool
    active: bool
    created_at: datetime
    looked_at: datetime | None = None
    failures: int
    failure: str | None = None
    version: int


class MailboxPage(Page):
    """Mailboxes by address."""

    items: list[MailboxView]
