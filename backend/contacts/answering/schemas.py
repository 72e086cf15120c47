"""JSON shapes of the preview of an answer."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.answering.rules import Caution
from backend.contacts.life.schemas import AttachmentIds
from backend.contacts.messages.schemas import Email
from backend.kit.schema import Input, LongText, View


class AnswerPreview(Input):
    """An answer by mail as it would be sent; nothing of it is kept."""

    text: LongText
    email: Email | UnsetType = UNSET
    attachment_ids: AttachmentIds = []


class AnswerPreviewView(View):
    """The mail as it would leave now, and what to think of first.

    `warnings`: `noAddress`: nobody would get it; `contributionsOpen`: other departments still owe a part;
    `prefersPhone`, `prefersLetter`: the customer would rather not have mail; `openPlaceholder`: a placeholder of a
    template is still in the text; `attachmentUnusable`: a file is not there or not clean; `ended`: the question is not
    open any more.
    """

    recipient: Annotated[str, Meta(examples=["l…@voorbeeld.be"])] | None = None
    subject: str
    text: str
    html: str
    attachments: list[str]
    warnings: list[Caution]
