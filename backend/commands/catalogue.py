"""`onthaal catalogue`: products from the LPDC, and what earlier imports brought."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.options import configured, data_option, need
from backend.commands.screen import progress, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.catalogue.imports.schemas import ImportReport
    from backend.settings import Settings

COUNTS = ("created", "changed", "unchanged", "withdrawn", "refused")
SHOWN_REFUSALS = 20


@click.group
def catalogue() -> None:
    """The product catalogue."""


@catalogue.command("import")
@click.argument("source")
@click.option("--name", help="Name of the catalogue; default: what the stream calls itself.")
@click.option("--allow-withdrawals", is_flag=True, help="Withdraw what disappeared, however much it is.")
@data_option
def import_products(source: str, name: str | None, allow_withdrawals: bool, data: Path) -> None:
    """Import products from SOURCE: the address of a page of an LDES (LPDC), a page's file, a folder or a glob of pages.

    Files of several streams are imported stream by stream, each into a catalogue of its own; with --name all of them
    are one catalogue. Importing again changes only what differs; what the city itself added to a product stays. A
    stream that is to be followed is better added as a source: `onthaal catalogue source add`.
    """
    settings = configured(data)
    need(settings, "database_url")
    with progress("products") as tell:
        reports = asyncio.run(_import(settings, source, name, allow_withdrawals, tell))
    show_reports(reports)


def show_reports(reports: "list[ImportReport]") -> None:
    """Print what imports did, each under the name of its catalogue when there are several.

    Raises:
        Refused: one of them has an error; the others are shown all the same.
    """
    from backend.commands.failures import Refused

    failed: list[str] = []
    for report in reports:
        if len(reports) > 1:
            click.echo(f"{report.source}:")
        try:
            show_report(report)
        except Refused as refused:
            failed.append(f"{report.source}: {refused}" if len(reports) > 1 else str(refused))
    if failed:
        raise Refused("; ".join(failed), 1)


def show_report(report: "ImportReport") -> None:
    """Print what an import did, and end the command with an error when it did not do everything.

    Raises:
        Refused: the report has an error.
    """
    table(COUNTS, [[getattr(report, count) for count in COUNTS]])
    for refusal in report.refusals[:SHOWN_REFUSALS]:
        click.echo(f"{'notice' if refusal.kind == 'notice' else 'refused'} {refusal.id}: {refusal.reason}")
    if len(report.refusals) > SHOWN_REFUSALS:
        click.echo(f"... and {len(report.refusals) - SHOWN_REFUSALS} more")
    if report.error:
        from backend.commands.failures import Refused

        raise Refused(report.error, 1)


async def _import(
    settings: "Settings",
    source: str,
    name: str | None,
    allow_withdrawals: bool,
    tell: "Callable[[int, int | None], None]",
) -> "list[ImportReport]":
    """Import stream by stream, each in a transaction of its own."""
    from backend.catalogue.imports.service import CatalogueImporter, read_catalogue
    from backend.commands.acting import acting, connected
    from backend.kit.ldes import streams_at

    streams = await streams_at(source) if name is None else []
    reports = []
    async with connected(settings) as platform:
        for stream in streams if len(streams) > 1 else [None]:
            reading = await read_catalogue(source, name=name, stream=stream, mixed=name is not None)
            async with acting(platform, "cli.catalogue.import") as work:
                importer = CatalogueImporter(work)
                reports.append(await importer.store(reading, progress=tell, allow_withdrawals=allow_withdrawals))
    return reports


@catalogue.command
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="At most this many.")
@data_option
def status(limit: int, data: Path) -> None:
    """List the last imports."""
    settings = configured(data)
    need(settings, "database_url")
    rows = [_row(report) for report in asyncio.run(_reports(settings, limit))]
    table(("finished (UTC)", "source", "mode", "pages", *COUNTS, "error"), rows)


def _row(report: "ImportReport") -> tuple[object, ...]:
    finished = f"{report.finished_at:%Y-%m-%d %H:%M:%S}"
    return (
        finished,
        report.source,
        report.mode,
        report.pages,
        *(getattr(report, count) for count in COUNTS),
        report.error,
    )


async def _reports(settings: "Settings", limit: int) -> "list[ImportReport]":
    from backend.catalogue.imports.service import ImportService
    from backend.commands.acting import acting, connected
    from backend.kit.paging import PageRequest

    async with connected(settings) as platform, acting(platform, "cli.catalogue.status") as work:
        return (await ImportService(work).page(PageRequest(limit=limit))).items
