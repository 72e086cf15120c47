"""`onthaal catalogue index`: the index in Meilisearch, and the key with which the API searches it."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import configured, data_option, need

if TYPE_CHECKING:
    from backend.settings import Settings


@click.command("index")
@click.option("--keys", is_flag=True, help="Make a search-only key for the API instead, and print it: only this once.")
@data_option
def index_products(keys: bool, data: Path) -> None:
    """Build the index in Meilisearch anew, beside the old one; searches go on meanwhile.

    Needs MEILISEARCH_URL, and MEILISEARCH_ADMIN_KEY unless the server has no keys. The worker keeps the index up to
    date by itself; this is for the first time, or for whoever does not want to wait for it.
    """
    settings = configured(data)
    if not settings.meilisearch_url:
        raise Refused("set MEILISEARCH_URL: without it the embedded engine answers, which needs no index")
    if keys:
        click.echo(asyncio.run(_key(settings)))
        click.echo("Give it to the API as MEILISEARCH_KEY; it is not shown again.", err=True)
        return
    need(settings, "database_url")
    click.echo(asyncio.run(_rebuild(settings)))


async def _key(settings: "Settings") -> str:
    from backend.catalogue.engines.jobs import search_key
    from backend.kit.search.meilisearch.faults import Fault

    try:
        return await search_key(settings)
    except Fault as fault:
        raise Refused(f"Meilisearch made no key: {fault}", 1) from fault


async def _rebuild(settings: "Settings") -> str:
    from backend.catalogue.engines.jobs import Busy, IndexKeeper
    from backend.commands.acting import connected
    from backend.kit.search.meilisearch.faults import Fault

    async with connected(settings) as platform:
        keeper = IndexKeeper(platform.database, platform.products, platform.feed, settings)
        try:
            done = await keeper.rebuild()
        except Busy as error:
            raise Refused("another process is changing the index: try again later", 1) from error
        except Fault as fault:
            raise Refused(f"the index is what it was: {fault}", 1) from fault
    return f"{done.sent} products in the new index"
