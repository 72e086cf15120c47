"""`onthaal catalogue source`: the streams that the catalogue follows."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import configured, data_option, need
from backend.commands.screen import progress, table

if TYPE_CHECKING:
    from backend.catalogue.imports.schemas import ImportReport
    from backend.catalogue.sources.schemas import CatalogueSourceView
    from backend.catalogue.sources.service import SourceService
    from backend.settings import Settings

T = TypeVar("T")
COLUMNS = ("name", "active", "condition", "every", "last run (UTC)", "next run (UTC)", "key", "url", "error")
KEY_HELP = "File with the key of the publisher (sent as x-api-key); - reads it from standard input."

key_option = click.option("--api-key-file", type=click.File(), help=KEY_HELP)
every_option = click.option("--every", type=click.IntRange(5, 10_080), help="Minutes between two runs.")


@click.group
def source() -> None:
    """Streams of products that the catalogue follows; the worker synchronises them."""


@source.command
@click.argument("name")
@click.argument("url")
@click.option("--catalogue", help="Catalogue whose products it brings, to take over what was imported by hand.")
@every_option
@key_option
@data_option
def add(name: str, url: str, catalogue: str | None, every: int | None, api_key_file: Any, data: Path) -> None:
    """Follow the stream at URL under NAME: an https address, or file:///folder of this machine."""
    from backend.catalogue.sources.schemas import CatalogueSourceCreate

    fields = _fields(url=url, every=every, api_key_file=api_key_file, name=name, catalogue=catalogue)
    given = _checked(CatalogueSourceCreate, fields)
    _show([_with(data, "add", lambda sources: sources.create(given))])


@source.command("list")
@data_option
def list_sources(data: Path) -> None:
    """List the sources and how they are doing."""
    from backend.kit.paging import MAX_LIMIT, PageRequest

    async def every(sources: "SourceService") -> "list[CatalogueSourceView]":
        return (await sources.page(PageRequest(limit=MAX_LIMIT))).items

    _show(_with(data, "list", every))


@source.command
@click.argument("name")
@click.option("--rename", help="Another name.")
@click.option("--url", help="Another address; reading begins anew.")
@click.option("--no-api-key", is_flag=True, help="Forget the key.")
@click.option("--active/--inactive", default=None, help="Whether it is synchronised.")
@every_option
@key_option
@data_option
def change(
    name: str,
    rename: str | None,
    url: str | None,
    no_api_key: bool,
    active: bool | None,
    every: int | None,
    api_key_file: Any,
    data: Path,
) -> None:
    """Change the source NAME; what is not given stays."""
    from backend.catalogue.sources.schemas import CatalogueSourcePatch

    fields = _fields(url=url, every=every, api_key_file=api_key_file, name=rename, active=active)
    given = _checked(CatalogueSourcePatch, fields | ({"apiKey": None} if no_api_key else {}))

    async def apply(sources: "SourceService") -> "CatalogueSourceView":
        held = await sources.named(name)
        return await sources.change(held.id, given, held.version)

    _show([_with(data, "change", apply)])


@source.command
@click.argument("name")
@click.option("--full", is_flag=True, help="Read everything, also what was seen before.")
@click.option("--allow-withdrawals", is_flag=True, help="Withdraw what disappeared, however much it is.")
@data_option
def run(name: str, full: bool, allow_withdrawals: bool, data: Path) -> None:
    """Synchronise the source NAME now, in this process."""
    from backend.commands.catalogue import show_report

    settings = _settings(data)
    with progress("products") as tell:
        report = asyncio.run(_run(settings, name, full, allow_withdrawals, tell))
    if report is None:
        raise Refused("the source was changed meanwhile: run it again", 1)
    click.echo(f"{report.mode}: {report.pages} pages, {report.requests} requests, {report.bytes} bytes")
    show_report(report)


async def _run(
    settings: "Settings", name: str, full: bool, allow: bool, tell: Callable[[int, int | None], None]
) -> "ImportReport | None":
    from backend.catalogue.sources.jobs import Synchroniser
    from backend.catalogue.sources.service import SourceService
    from backend.commands.acting import acting, connected
    from backend.kit.outbox import TryAgain

    async with connected(settings) as platform:
        async with acting(platform, "cli.catalogue.source.run") as work:
            held = await SourceService(work, private=True, files=True).named(name)
        synchroniser = Synchroniser(
            platform.database,
            lambda uow, trace: platform.work(uow, None, "cli.catalogue.source.run", trace),
            private=settings.inside,
        )
        try:
            return await synchroniser.run(held.id, full=full, allow=allow, progress=tell)
        except TryAgain as busy:
            raise Refused(str(busy), 1) from busy


def _settings(data: Path) -> "Settings":
    settings = configured(data)
    need(settings, "database_url")
    return settings


def _with(data: Path, action: str, use: "Callable[[SourceService], Awaitable[T]]") -> T:
    settings = _settings(data)

    async def act() -> T:
        from backend.catalogue.sources.service import SourceService
        from backend.commands.acting import acting, connected

        async with (
            connected(settings) as platform,
            acting(platform, f"cli.catalogue.source.{action}") as work,
        ):
            return await use(SourceService(work, private=settings.inside, files=True))

    return asyncio.run(act())


def _fields(*, every: int | None, api_key_file: Any, **given: object) -> dict[str, object]:
    key = api_key_file.read().strip() if api_key_file else None
    fields = given | {"everyMinutes": every, "apiKey": key}
    return {name: value for name, value in fields.items() if value is not None}


def _checked(kind: type[T], fields: dict[str, object]) -> T:
    import msgspec

    url = str(fields.get("url", ""))
    try:
        if not url.startswith("file://"):
            return msgspec.convert(fields, kind)
        made: Any = msgspec.convert({**fields, "url": "https://x"}, kind)  # the API knows no files
        return cast("T", msgspec.structs.replace(made, url=url))
    except msgspec.ValidationError as error:
        raise Refused(str(error)) from error


def _show(sources: "list[CatalogueSourceView]") -> None:
    table(COLUMNS, [_row(one) for one in sources])


def _row(one: "CatalogueSourceView") -> tuple[object, ...]:
    last, following = (f"{at:%Y-%m-%d %H:%M}" if at else "never" for at in (one.last_run_at, one.next_run_at))
    return (
        one.name,
        "yes" if one.active else "no",
        one.condition,
        f"{one.every_minutes} min",
        last,
        following if one.active else "",
        "yes" if one.has_api_key else "no",
        one.url,
        one.last_error,
    )
