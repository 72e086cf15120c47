"""JSON shapes of what changed."""

from typing import Annotated, Literal

from msgspec import Meta

from backend.kit.schema import View

Part = Literal["worklists", "notices", "ringing"]


class ChangesView(View):
    """What to read again; empty when nothing changed. `cursor` = `since` of the next call."""

    changed: list[Part]
    cursor: Annotated[str, Meta(examples=["9f3a1c20.17.1764400000000"])]
