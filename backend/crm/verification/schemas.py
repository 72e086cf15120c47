"""JSON shapes of verification."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from backend.crm.verification.rules import State
from backend.kit.schema import Input, View


class VerificationView(View):
    """A code that was asked for; never the code itself.

    `delivery`: waiting to be mailed, taken over by the mail server, or refused by it for good.
    """

    contact_point_id: UUID
    state: State
    delivery: Literal["pending", "sent", "failed"]
    requested_at: datetime
    expires_at: datetime
    tries_left: int


class VerificationConfirm(Input):
    """The code as the customer says or shows it."""

    code: Annotated[str, Meta(pattern=r"^[0-9](?:[ -]?[0-9]){5}$", max_length=20, examples=["123 456"])]
