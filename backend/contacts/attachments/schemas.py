"""JSON shapes of attachments."""

from datetime import datetime
from uuid import UUID

from backend.contacts.attachments.rules import State
from backend.kit.schema import Page, View


class AttachmentView(View):
    """A file of a question, without its content.

    `pending`: not scanned yet. `clean`: can be downloaded; without `scannedAt` this installation has no scanner and
    nothing was looked at. `infected`: `finding` is what the scanner found. `error`: never given out, `finding` says
    why: `typeNotAllowed`, `tooLarge`, `empty`, `notScanned`, `unreadable` or `tooLargeToScan`.
    """

    id: UUID
    message_id: UUID | None = None
    name: str
    media_type: str
    size: int
    misnamed: bool = False
    """The name claims to be something else than the content is."""
    state: State
    finding: str | None = None
    scanned_at: datetime | None = None
    author_id: UUID | None = None
    created_at: datetime


class AttachmentCreated(AttachmentView):
    """The file that was attached, and the version of its question since then."""

    question_version: int


class AttachmentPage(Page):
    """Attachments, the oldest first."""

    items: list[AttachmentView]
