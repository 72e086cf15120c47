"""The two ways of paging of Mijn Burgerprofiel: numbered pages of a source, offsets of the list of forms. Pure."""

import math

from backend.kit.schema import View

LARGEST = 100
"""Items on a page; who asks more gets this many."""


class Link(View):
    """Where something is."""

    rel: str
    href: str


class PageMetadata(View):
    """Which page this is; `number` counts from 1, `page` in the address from 0."""

    number: int
    size: int
    total_elements: int
    total_pages: int


def page_metadata(page: int, limit: int, total: int) -> PageMetadata:
    """What is said of a page, `page` from 0."""
    return PageMetadata(number=page + 1, size=limit, total_elements=total, total_pages=math.ceil(total / limit))


def page_links(address: str, page: int, limit: int, total: int) -> list[Link]:
    """Links to this page and to those around it; `address` without its query."""
    last = max(math.ceil(total / limit) - 1, 0)
    wanted = {"self": page, "start": 0, "last": last}
    wanted |= {"previous": min(page - 1, last)} if page else {}
    wanted |= {"next": page + 1} if page < last else {}
    return [Link(rel=rel, href=f"{address}?limit={limit}&page={number}") for rel, number in wanted.items()]


class Href(View):
    """Where something is, by a name that its place gives; `templated`: parts in braces are to be filled in."""

    href: str
    templated: bool | None = None


def offset_links(address: str, offset: int, limit: int, total: int) -> dict[str, Href]:
    """Links to this part of a list and to those around it."""
    last = max(math.ceil(total / limit) - 1, 0) * limit
    wanted = {"self": offset, "first": 0, "last": last}
    wanted |= {"prev": max(offset - limit, 0)} if offset else {}
    wanted |= {"next": offset + limit} if offset + limit < total else {}
    return {rel: Href(href=f"{address}?limit={limit}&offset={start}") for rel, start in wanted.items()}
