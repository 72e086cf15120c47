"""JSON shapes of mail that came in."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.kit.schema import Input, LongText, Page, Reason, ShortText, View

MailState = Literal["received", "processed", "quarantined", "ignored"]


class InboundMailView(View):
    """A mail that came in, without its content.

    Attributes:
        recipient: address it was sent to.
        sender: address in its From; absent until it was read, and when there is none.
        outcome: what became of it: `question`, `reply`, `note` (kept with a question), `bounce`, `delayed`, `receipt`
            (what a mail server told of a mail of ours), `duplicate`, `ownMail`, `dismissed`.
        marks: what to be careful about: `automatic`, `list`, `spam`, `loop`, `tooMany`, `unknownSender`, `cut` (not all
            of it could be taken over), `encrypted`.
        reason: why it is in quarantine, or was put aside.
    """

    id: UUID
    mailbox_id: UUID | None = None
    recipient: str
    received_at: datetime
    size: int
    sender: str | None = None
    state: MailState
    outcome: str | None = None
    marks: list[str] = []
    reason: str | None = None
    question_id: UUID | None = None
    processed_at: datetime | None = None
    processed_by: UUID | None = None


class InboundMailDetail(InboundMailView):
    """A mail that came in, with what can be read of it as long as it is no question."""

    subject: str | None = None
    sender_name: str | None = None
    sent_at: datetime | None = None
    text: str | None = None
    attachments: list[str] = []


class InboundMailPage(Page):
    """Mails that came in, the newest first."""

    items: list[InboundMailView]


class InboundMailRelease(Input):
    """What a person makes of a mail in quarantine: more about a question, or a new one.

    Attributes:
        question_id: about which question it goes on; without it the mail becomes a new one.
        subject: in the words of whoever read it; without it the mail's own.
        text: the same; needed when nothing of the mail can be read.
        department_id: owner of the new question.
    """

    question_id: UUID | UnsetType = UNSET
    subject: ShortText | UnsetType = UNSET
    text: LongText | UnsetType = UNSET
    department_id: UUID | UnsetType = UNSET


class InboundMailDismissal(Input):
    """Why a mail in quarantine needs nothing more; it stays, among those that are `ignored`."""

    reason: Annotated[Reason, Meta(examples=["Reclame zonder tekst"])]
