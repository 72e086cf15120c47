"""`onthaal catalogue synonyms export` and `import`: the list as a file, everything or nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import data_option
from backend.commands.synonym_work import ORIGINS, in_transaction

if TYPE_CHECKING:
    from backend.app import Platform
    from backend.catalogue.synonyms.service import Brought
    from backend.kit.work import Work

FORMATS = ("json", "csv")


@click.command("export")
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

    text = in_transaction(data, "export", do)
    if file is None:
        click.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")
        click.echo(f"{file}: written")


@click.command("import")
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
        brought = in_transaction(data, "import", lambda _, work: _import(work, file, raw, chosen, dry_run=dry_run))
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
