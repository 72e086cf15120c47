"""`onthaal catalogue export`: our stream of snapshots as files."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import configured, data_option, need

if TYPE_CHECKING:
    from backend.settings import Settings


@click.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@data_option
def export_products(folder: Path, data: Path) -> None:
    """Write our published products to FOLDER: pages of an LDES, one file each, that `catalogue import` reads.

    FOLDER is made when it is not there; it must be empty, because an import reads all of a folder.
    """
    settings = configured(data)
    need(settings, "database_url")
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    pages = asyncio.run(_export(settings, folder))
    click.echo(f"{pages} page{'s' * (pages != 1)} in {folder}")


async def _export(settings: "Settings", folder: Path) -> int:
    """Bring the stream up to date, then write its pages; gives how many."""
    from backend.catalogue.publication.service import PublicationService, StreamReader
    from backend.commands.acting import acting, connected

    async with connected(settings) as platform:
        added = 1
        while added:  # each time in a transaction of its own: the worker can publish meanwhile
            async with acting(platform, "cli.catalogue.export") as work:
                added = await PublicationService(work, platform.stream).publish()
        reader, number, more = StreamReader(platform.database, platform.stream), 0, True
        while more:
            body, more = await reader.page(number)
            (folder / f"page-{number:06}.json").write_bytes(body)
            number += 1
    return number
