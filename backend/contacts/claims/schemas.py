"""JSON shapes of confirming whose form it is."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.intake.schemas import Reference
from backend.kit.schema import Input, View

Token = Annotated[str, Meta(min_length=20, max_length=100, description="From the link in our mail, after the `#`.")]


class ClaimConfirm(Input):
    """Both halves: the token shows whose channel it is, the reference who sent the form.

    A customer who is logged in may leave the token out.
    """

    token: Token | UnsetType = UNSET
    reference: Reference
    answer: Literal["yes", "no"]


class ClaimUndo(Input):
    """The token of the mail that announced it."""

    token: Token


class ClaimView(View):
    """What became of it."""

    state: Literal["confirmed", "refused", "undone"]
