"""`onthaal catalogue synonyms`: words that mean the same to who searches, and the city's own choices in them."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import configured, data_option, need
from backend.commands.screen import table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from backend.app import Platform
    from backend.catalogue.synonyms.schemas import FoundProduct, SynonymGroupView, SynonymPreviewView
    from backend.catalogue.synonyms.service import Brought
    from backend.kit.work import Work

T = TypeVar("T")

ORIGINS = ("shipped", "changed", "city", "removed")
FORMATS = ("json", "csv")
SHORTEST_ID = 8

group_argument = click.argument("group", metavar="GROUP")
note_option = click.option("--note", help="Why; for your colleagues.")


@click.group
def synonyms() -> None:
    """Words that mean the same to who searches.

    The platform ships a list; the city adds groups, changes or removes shipped ones, and goes back to the shipped
    text. GROUP is the id of a group or its key in the shipped list. Searches use a change within two seconds.
    """


@synonyms.command("list")
@click.option("--q", default="", help="Only groups with this in a phrase.")
@click.option("--origin", type=click.Choice(ORIGINS), help="Only these.")
@data_option
def list_groups(q: str, origin: str | None, data: Path) -> None:
    """List groups by their first phrase."""
    views = _run(data, "list", lambda _, work: _all(work, q, origin))
    table(("id", "key", "origin", "phrases"), ((one.id, one.key, one.origin, _said(one.phrases)) for one in views))


@synonyms.command
@click.argument("phrases", nargs=-1, required=True)
@note_option
@data_option
def add(phrases: tuple[str, ...], note: str | None, data: Path) -> None:
    """Add a group of the city: PHRASES that mean the same."""

    async def do(_: "Platform", work: "Work") -> "SynonymGroupView":
        from msgspec import UNSET

        from backend.catalogue.synonyms.schemas import SynonymGroupCreate
        from backend.catalogue.synonyms.service import SynonymService

        body = SynonymGroupCreate(phrases=list(phrases), note=note or UNSET)
        return await SynonymService(work).create(body)

    _tell(_run(data, "add", do))


@synonyms.command
@group_argument
@click.argument("phrases", nargs=-1)
@click.option("--add", "more", multiple=True, metavar="PHRASE", help="Add this phrase; can be repeated.")
@click.option("--drop", "less", multiple=True, metavar="PHRASE", help="Take this phrase out; can be repeated.")
@note_option
@data_option
def change(
    group: str, phrases: tuple[str, ...], more: tuple[str, ...], less: tuple[str, ...], note: str | None, data: Path
) -> None:
    """Give GROUP other PHRASES, or add and drop some."""
    if phrases and (more or less):
        raise Refused("give all the phrases, or --add and --drop some: not both")

    async def do(_: "Platform", work: "Work") -> "SynonymGroupView":
        held = await _named(work, group)
        wanted = list(phrases) or _edited(held.phrases, more, less)
        fields: dict[str, Any] = {"phrases": wanted} if phrases or more or less else {}
        return await _changed(work, held, **fields, **({"note": note} if note else {}))

    _tell(_run(data, "change", do))


@synonyms.command
@group_argument
@data_option
def remove(group: str, data: Path) -> None:
    """Take GROUP out of use; a shipped one can be restored, one of the city is gone."""

    async def do(_: "Platform", work: "Work") -> "SynonymGroupView":
        from backend.catalogue.synonyms.service import SynonymService

        held = await _named(work, group)
        await SynonymService(work).remove(held.id, held.version)
        return held

    held = _run(data, "remove", do)
    again = f"; `restore {held.key}` brings it back" if held.key else ""
    click.echo(f"{held.id}: removed ({_said(held.phrases)}){again}")


@synonyms.command
@group_argument
@data_option
def restore(group: str, data: Path) -> None:
    """Give GROUP its shipped phrases again, also when it was removed."""

    async def do(_: "Platform", work: "Work") -> "SynonymGroupView":
        return await _changed(work, await _named(work, group), restored=True)

    _tell(_run(data, "restore", do))


@synonyms.command
@click.argument("phrases", nargs=-1)
@click.option("--group", metavar="GROUP", help="The group that would get PHRASES; without it a new group.")
@click.option("--remove", "removed", is_flag=True, help="As if the group were removed.")
@click.option("--restore", "restored", is_flag=True, help="As if the group had its shipped phrases again.")
@click.option("--query", "queries", multiple=True, help="Compare this query too; can be repeated.")
@data_option
def preview(
    phrases: tuple[str, ...], group: str | None, removed: bool, restored: bool, queries: tuple[str, ...], data: Path
) -> None:
    """Show which queries would find something else; saves nothing."""

    async def do(platform: "Platform", work: "Work") -> "SynonymPreviewView":
        from msgspec import UNSET

        from backend.catalogue.synonyms.schemas import SynonymPreview
        from backend.catalogue.synonyms.service import PreviewService

        body: SynonymPreview = SynonymPreview(
            id=(await _named(work, group)).id if group else UNSET,
            phrases=list(phrases) or UNSET,
            removed=removed,
            restored=restored,
            queries=list(queries),
        )
        return await PreviewService(work, platform.products, platform.previews).preview(body)

    _show(_run(data, "preview", do))


@synonyms.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=False)
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the name of FILE, else json.")
@click.option("--origin", "origins", type=click.Choice(ORIGINS), multiple=True, help="Only these; can be repeated.")
@data_option
def export_groups(file: Path | None, form: str | None, origins: tuple[str, ...], data: Path) -> None:
    """Write the groups in use to FILE, or to the screen: JSON as the shipped list, or CSV with a group per line."""
    chosen = _format(file, form)

    async def do(_: "Platform", work: "Work") -> str:
        from backend.catalogue.synonyms.service import TransferService

        return await TransferService(work).export(chosen, origins)  # type: ignore[arg-type] # click checked both

    text = _run(data, "export", do)
    if file is None:
        click.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")
        click.echo(f"{file}: written")


@synonyms.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the name of FILE.")
@click.option("--dry-run", is_flag=True, help="Check everything, save nothing.")
@data_option
def import_groups(file: Path, form: str | None, dry_run: bool, data: Path) -> None:
    """Add and change the groups of FILE, all of them or none; groups that are not in it stay as they are.

    JSON: {"key": ["phrase", ...], ...}. CSV: key, phrase, phrase, ... on each line, between , or ;. A key of the
    shipped list, or the id of a group, changes that group; any other key, or none, makes a new group.
    """
    raw, chosen = file.read_bytes(), _format(file, form)
    try:
        brought = _run(data, "import", lambda _, work: _import(work, file, raw, chosen, dry_run=dry_run))
    except _DryRun as done:
        brought = done.brought
    counts = f"{brought.created} created, {brought.changed} changed, {brought.unchanged} unchanged"
    click.echo(counts + (" (dry run: nothing saved)" if dry_run else ""))


class _DryRun(Exception):
    """Leaves the transaction without a commit."""

    def __init__(self, brought: "Brought") -> None:
        super().__init__("nothing is saved")
        self.brought = brought


async def _import(work: "Work", file: Path, raw: bytes, form: str, *, dry_run: bool) -> "Brought":
    from backend.catalogue.synonyms.service import TransferService
    from backend.kit.problems import ProblemError

    try:
        brought = await TransferService(work).bring(raw, form)  # type: ignore[arg-type]  # click checked it
    except ProblemError as error:
        if not error.issues:
            raise
        lines = "\n".join(f"{one.name}: {one.detail}" for one in error.issues)
        raise Refused(f"{file}: nothing imported\n{lines}", 1) from None
    if dry_run:
        raise _DryRun(brought)
    return brought


def _format(file: Path | None, form: str | None) -> str:
    ending = file.suffix.lower().removeprefix(".") if file else "json"
    if form is None and ending not in FORMATS:
        raise Refused(f"{file}: give --format json or csv")
    return form or ending


def _run(data: Path, action: str, do: "Callable[[Platform, Work], Awaitable[T]]") -> T:
    """The result of `do` in one transaction of the platform."""
    settings = configured(data)
    need(settings, "database_url")

    async def run() -> T:
        from backend.commands.acting import acting, connected

        async with connected(settings) as platform, acting(platform, f"cli.catalogue.synonyms.{action}") as work:
            return await do(platform, work)

    return asyncio.run(run())


async def _all(work: "Work", q: str, origin: str | None) -> "list[SynonymGroupView]":
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


async def _named(work: "Work", name: str) -> "SynonymGroupView":
    """The group with this id (or the beginning of it) or key."""
    views = await _all(work, "", None)
    found = [one for one in views if name in {one.key, str(one.id)}]
    if not found and len(name) >= SHORTEST_ID:
        found = [one for one in views if str(one.id).startswith(name.lower())]
    if len(found) != 1:
        many = f"{len(found)} groups begin with {name}: give more of the id" if found else f"no group {name}"
        raise Refused(f"{many} (`onthaal catalogue synonyms list` names them)")
    return found[0]


async def _changed(work: "Work", held: "SynonymGroupView", **fields: Any) -> "SynonymGroupView":
    from backend.catalogue.synonyms.schemas import SynonymGroupPatch
    from backend.catalogue.synonyms.service import SynonymService

    return await SynonymService(work).change(held.id, SynonymGroupPatch(**fields), held.version)


def _edited(phrases: "Sequence[str]", more: "Sequence[str]", less: "Sequence[str]") -> list[str]:
    dropped = [" ".join(one.lower().split()) for one in less]
    if missing := [one for one in dropped if one not in phrases]:
        raise Refused(f"'{missing[0]}' is not in the group: {_said(phrases)}")
    return [*(one for one in phrases if one not in dropped), *more]


def _tell(view: "SynonymGroupView") -> None:
    click.echo(f"{view.id}: {view.origin} ({_said(view.phrases)})")


def _show(view: "SynonymPreviewView") -> None:
    for warning in view.warnings:
        click.echo(f"warning: {warning.detail}")
    rows = [(one.query, _titles(one.before), _titles(one.after)) for one in view.changes]
    if rows:
        table(("query", "finds now", "would find"), rows)
    click.echo(f"{len(view.changes)} of {view.compared} queries change; nothing was saved")


def _titles(found: "Sequence[FoundProduct]") -> str:
    return " | ".join(one.title for one in found)


def _said(phrases: "Sequence[str]") -> str:
    return ", ".join(phrases)
