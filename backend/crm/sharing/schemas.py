"""JSON shapes of consent to share statuses."""

from datetime import datetime
from typing import Literal

from backend.kit.schema import Input, View

SharingSource = Literal["staff", "login"]
"""Who wrote it down: a colleague to whom the customer said so, or the customer by asking while logged in."""


class StatusSharingPut(Input):
    """What the customer says."""

    agreed: bool


class StatusSharingView(View):
    """What holds now; without `decidedAt` the customer was never asked, and nothing is shared."""

    agreed: bool
    source: SharingSource | None = None
    decided_at: datetime | None = None
