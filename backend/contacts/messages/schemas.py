"""JSON shapes of messages."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from backend.contacts.rules import Purpose
from backend.kit.schema import View

Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$", examples=["jan@voorbeeld.be"])]


class MessageView(View):
    """Something said about a question.

    Of a mail that came in: `text` is what was written just now, `fullText` everything in it when that is more; `marks`
    tell what to be careful about (`automatic`, `spam`, `unknownSender` …). Purpose `question`: the mail that became
    the question, whose text is that of the question.
    """

    id: UUID
    direction: Literal["inbound", "outbound", "note"]
    purpose: Purpose
    channel: str
    text: str | None = None
    product_id: UUID | None = None
    author_id: UUID | None = None
    delivery: Literal["none", "pending", "sent", "failed"]
    failure: str | None = None
    created_at: datetime
    sent_at: datetime | None = None
    marks: list[str] = []
    full_text: str | None = None
