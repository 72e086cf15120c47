"""What has to be done about a flow, and when it is raised. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

import msgspec

TaskKind = Literal["productWithdrawn", "productUnknown", "reviewDue", "reviewOverdue", "linkedFlowGone"]

MAIL = "assistant.mailTask"
"""Outbox topic; ids: `task`, `user`."""
AHEAD = timedelta(days=30)
"""How long before its day a review is announced."""

Cause = tuple[TaskKind, str]
"""What there is to do, and about which product or flow; empty for a review."""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A version that counts, with what it leads to."""

    slug: str
    products: tuple[str, ...]
    flows: tuple[str, ...]
    review_by: date | None


def causes(looked: Looked, day: date, products: Mapping[str, bool], published: frozenset[str]) -> set[Cause]:
    """What has to be done about a version.

    Args:
        looked: the version.
        day: today.
        products: whether each product is published; one that is missing is unknown.
        published: slugs of flows that can be taken now or will be.
    """
    found = set[Cause]()
    for product in looked.products:
        if product not in products:
            found.add(("productUnknown", product))
        elif not products[product]:
            found.add(("productWithdrawn", product))
    found |= {("linkedFlowGone", flow) for flow in looked.flows if flow not in published}
    if looked.review_by and looked.review_by < day:
        found.add(("reviewOverdue", ""))
    elif looked.review_by and looked.review_by - AHEAD <= day:
        found.add(("reviewDue", ""))
    return found
