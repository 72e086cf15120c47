"""`onthaal catalogue synonyms`: words that mean the same to who searches, and the city's own choices in them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import data_option
from backend.commands.screen import table
from backend.commands.synonym_files import export_groups, import_groups
from backend.commands.synonym_work import ORIGINS, every_group, in_transaction, named_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.app import Platform
    from backend.catalogue.synonyms.schemas import FoundProduct, SynonymGroupView, SynonymPreviewView
    from backend.kit.work import Work

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
    views = in_transaction(data, "list", lambda _, work: every_group(work, q, origin))
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

    _tell(in_transaction(data, "add", do))


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
        held = await named_group(work, group)
        wanted = list(phrases) or _edited(held.phrases, more, less)
        fields: dict[str, Any] = {"phrases": wanted} if phrases or more or less else {}
        return await _changed(work, held, **fields, **({"note": note} if note else {}))

    _tell(in_transaction(data, "change", do))


@synonyms.command
@group_argument
@data_option
def remove(group: str, data: Path) -> None:
    """Take GROUP out of use; a shipped one can be restored, one of the city is gone."""

    async def do(_: "Platform", work: "Work") -> "SynonymGroupView":
        from backend.catalogue.synonyms.service import SynonymService

        held = await named_group(work, group)
        await SynonymService(work).remove(held.id, held.version)
        return held

    held = in_transaction(data, "remove", do)
    again = f"; `restore {held.key}` brings it back" if held.key else ""
    click.echo(f"{held.id}: removed ({_said(held.phrases)}){again}")


@synonyms.command
@group_argument
@data_option
def restore(group: str, data: Path) -> None:
    """Give GROUP its shipped phrases again, also when it was removed."""

    async def do(_: "Platform", work: "Work") -> "SynonymGroupView":
        return await _changed(work, await named_group(work, group), restored=True)

    _tell(in_transaction(data, "restore", do))


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
            id=(await named_group(work, group)).id if group else UNSET,
            phrases=list(phrases) or UNSET,
            removed=removed,
            restored=restored,
            queries=list(queries),
        )
        return await PreviewService(work, platform.products, platform.previews).preview(body)

    _show(in_transaction(data, "preview", do))


synonyms.add_command(export_groups)
synonyms.add_command(import_groups)


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
