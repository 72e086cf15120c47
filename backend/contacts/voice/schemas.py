"""JSON shapes of what a citizen says about an answer."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from backend.kit.schema import Input, LongText, View

Token = Annotated[str, Meta(min_length=20, max_length=200, description="From the link in the mail with the answer.")]


class SatisfactionGive(Input):
    """Whether the answer helped."""

    token: Token
    solved: bool
    score: Annotated[int, Meta(ge=1, le=5)] | UnsetType = UNSET
    comment: LongText | UnsetType = UNSET


class SatisfactionReceived(View):
    """It arrived; `reopened` when the question is looked at again."""

    reopened: bool
