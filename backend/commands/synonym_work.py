"""What the commands about synonyms share: one transaction of the platform, finding a group by id or key."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from backend.commands.failures import Refused
from backend.commands.options import configured, need

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from backend.app import Platform
    from backend.catalogue.synonyms.schemas import SynonymGroupView
    from backend.kit.work import Work

T = TypeVar("T")

ORIGINS = ("shipped", "changed", "city", "removed")
SHORTEST_ID = 8
"""Characters of an id that may name a group."""


def in_transaction(data: Path, action: str, do: "Callable[[Platform, Work], Awaitable[T]]") -> T:
    """The result of `do` in one transaction of the platform."""
    settings = configured(data)
    need(settings, "database_url")

    async def run() -> T:
        from backend.commands.acting import acting, connected

        async with connected(settings) as platform, acting(platform, f"cli.catalogue.synonyms.{action}") as work:
            return await do(platform, work)

    return asyncio.run(run())


async def every_group(work: "Work", q: str, origin: str | None) -> "list[SynonymGroupView]":
    """Every group that was asked for, page by page."""
    from backend.catalogue.synonyms.service import SynonymService
    from backend.kit.paging import MAX_LIMIT, PageRequest

    views: list[SynonymGroupView] = []
    cursor: str | None = None
    while True:
        request = PageRequest(limit=MAX_LIMIT, cursor=cursor)
        page = await SynonymService(work).page(request, phrase=q, origin=origin)  # type: ignore[arg-type] # click checked it
        views += page.items
        if not isinstance(page.next, str):
            return views
        cursor = page.next


async def named_group(work: "Work", name: str) -> "SynonymGroupView":
    """The group with this id (or the beginning of it) or key."""
    views = await every_group(work, "", None)
    found = [one for one in views if name in {one.key, str(one.id)}]
    if not found and len(name) >= SHORTEST_ID:
        found = [one for one in views if str(one.id).startswith(name.lower())]
    if len(found) != 1:
        many = f"{len(found)} groups begin with {name}: give more of the id" if found else f"no group {name}"
        raise Refused(f"{many} (`onthaal catalogue synonyms list` names them)")
    return found[0]
