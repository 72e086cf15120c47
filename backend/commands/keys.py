"""`onthaal keys`: replacing the keys of personal data while everything runs."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import configured, data_option, need
from backend.commands.screen import console, progress, table

if TYPE_CHECKING:
    from backend.commands.rotation import Rotation
    from backend.kit.holders import Holder
    from backend.kit.rewrite import Rewritten
    from backend.settings import Settings

WAIT_SECONDS = 120
"""Longer than it takes until a process that crashed counts as gone (90 s)."""

F = TypeVar("F", bound="Callable[..., Any]")


def wait_option(function: F) -> F:
    """Add `--wait SECONDS`."""
    return click.option(
        "--wait",
        type=click.FloatRange(1, 3600),
        default=WAIT_SECONDS,
        show_default=True,
        help="Seconds that running processes get to follow.",
    )(function)


@click.group
def keys() -> None:
    """The keys of personal data, which are replaced while everything runs.

    `rotate` does it all on one machine. Where machines have copies of the key file: `add`, copy the file to all of
    them, `activate`, copy again, `rewrite`. Days later `retire` takes the old version away.
    """


@keys.command
@wait_option
@data_option
def rotate(wait: float, data: Path) -> None:
    """Replace the keys: add a version, have all processes write with it, rewrite what older ones wrote.

    Stopped at any moment, run it again: it goes on where it was.
    """
    asyncio.run(_rotate(_settings(data), wait))


@keys.command
@wait_option
@data_option
def add(wait: float, data: Path) -> None:
    """Add a version to the key file; it does not write yet."""
    version, fresh = _run(data, wait, lambda rotation: rotation.add())
    click.echo(f"version {version} {'added' if fresh else 'was there already'}; it does not write yet")
    _hint("copy the key file to every machine, then run `onthaal keys activate`")


@keys.command
@wait_option
@data_option
def activate(wait: float, data: Path) -> None:
    """Have the newest version in the key file write, once every running process has it."""
    version, late = _run(data, wait, _activate)
    click.echo(f"version {version} writes")
    if late:
        _hint(f"copy the key file to every machine: {late} still write(s) with an older version")
    _hint("then run `onthaal keys rewrite`")


@keys.command
@wait_option
@data_option
def rewrite(wait: float, data: Path) -> None:
    """Rewrite what older versions wrote, in small steps; stopped at any moment, run it again."""
    _report(_run(data, wait, _rewrite))


@keys.command
@click.argument("version", type=click.IntRange(1, 255))
@click.option("--force", is_flag=True, help="Do not wait until repeated calls and mails are forgotten.")
@wait_option
@data_option
def retire(version: int, force: bool, wait: float, data: Path) -> None:
    """Take an old VERSION out of the key file, when nothing needs it any more."""
    from backend.commands.rotation import names

    late = _run(data, wait, lambda rotation: rotation.retire(version, force=force))
    click.echo(f"version {version} is gone from the key file")
    if late:
        _hint(f"still in memory of {names(late)}: copy the key file to every machine")


@keys.command
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_option
def status(as_json: bool, data: Path) -> None:
    """Tell which versions there are, what is under each, and which process does what."""
    asyncio.run(_status(_settings(data), as_json=as_json))


T = TypeVar("T")


def _settings(data: Path) -> "Settings":
    settings = configured(data)
    need(settings, "database_url")
    return settings


def _run(data: Path, wait: float, step: "Callable[[Rotation], Any]") -> Any:
    """One step, alone."""

    async def run() -> Any:
        from backend.commands.rotation import rotating

        async with rotating(_settings(data), wait, _hint) as rotation:
            return await step(rotation)

    return asyncio.run(run())


def _hint(line: str) -> None:
    click.echo(line, err=True)


async def _rotate(settings: "Settings", wait: float) -> None:
    from backend.commands.rotation import rotating

    async with rotating(settings, wait, _hint) as rotation:
        ring = rotation.file.read()
        if ring.highest == ring.writes and await rotation.unfinished():
            _hint(f"going on with the rotation to version {ring.writes}")
        else:
            await _introduce(rotation)
        _report(await _rewrite(rotation))
        ring = rotation.file.read()
        older = [version for version in ring.versions if version != ring.writes]
        needed = await rotation.needed_until(min(older)) if older else None
    if needed:
        _hint(f"after {needed[0]:%Y-%m-%d %H:%M} UTC: `onthaal keys retire {min(older)}`")


async def _introduce(rotation: "Rotation") -> None:
    """A new version, known to all and then written with by all; without the first nothing is changed."""
    version, fresh = await rotation.add()
    late: list[Holder] | None = None
    try:
        late = await rotation.known_to_all(version)
    finally:
        if fresh and late != []:
            rotation.undo(version)
    if late:
        raise _too_late(version, late)
    click.echo(f"version {version} is known to all processes")
    if late := await rotation.activate(version):
        from backend.commands.rotation import names

        raise Refused(f"version {version} is active, but {names(late)} did not follow yet: run this again", 1)
    click.echo(f"version {version} writes")


async def _activate(rotation: "Rotation") -> tuple[int, str]:
    from backend.commands.rotation import names

    version = rotation.file.read().highest
    if late := await rotation.known_to_all(version):
        raise _too_late(version, late)
    return version, names(await rotation.activate(version))


def _too_late(version: int, late: "list[Holder]") -> Refused:
    from backend.commands.rotation import names

    return Refused(
        f"nothing was changed: version {version} did not reach {names(late)}. Does it read another copy of the key "
        "file? Then use `onthaal keys add`, copy the file, and `onthaal keys activate`",
        1,
    )


async def _rewrite(rotation: "Rotation") -> "tuple[Rewritten, float]":
    began = time.monotonic()
    with progress("rewriting") as bar:
        return await rotation.rewrite(bar), time.monotonic() - began


def _report(outcome: "tuple[Rewritten, float]") -> None:
    done, seconds = outcome
    click.echo(f"{done.rows} rows rewritten in {seconds:.1f} s ({done.rows / max(seconds, 0.001):.0f} a second)")
    if not done.left:
        return
    for line in done.stuck:
        _hint(line)
    raise Refused(f"{done.left} rows are still under an older version; the old keys stay needed", 1)


async def _status(settings: "Settings", *, as_json: bool) -> None:
    from backend.commands.renewals import left_to_pass
    from backend.commands.rotation import looking

    async with looking(settings, 0, _hint) as rotation:
        ring, versions = rotation.file.read(), await rotation.versions()
        usage, holders = await rotation.usage(), await rotation.holders()
    if as_json:
        import msgspec

        document = {"writes": ring.writes, "versions": versions, "columns": usage, "processes": holders}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=1).decode())
        return

    def role(version: int) -> str:
        if version not in ring.versions:
            return "gone"
        return "writes" if version == ring.writes else "does not write yet" if version > ring.writes else "reads"

    def day(moment: Any) -> str:
        return f"{moment:%Y-%m-%d %H:%M}" if moment else ""

    rows = [(one.version, role(one.version), day(one.added_at), day(one.replaced_at)) for one in versions]
    table(("version", "", "added (UTC)", "replaced (UTC)"), rows)
    console().print()
    shown = sorted({*ring.versions, *(version for one in usage for version in one.versions)})
    counts = [(one.name, *(one.versions.get(version, 0) for version in shown)) for one in usage]
    table(("column", *(f"rows of version {version}" for version in shown)), counts)
    console().print()
    table(("hashes that are not rewritten", ""), [(one.name, one.why) for one in left_to_pass()])
    console().print()
    _processes(holders)


def _processes(holders: "list[Holder]") -> None:
    table(
        ("process", "since (UTC)", "heard of", "has versions", "writes"),
        [
            (
                one.process,
                f"{one.started_at:%Y-%m-%d %H:%M:%S}",
                f"{one.quiet:.0f} s ago",
                ", ".join(map(str, sorted(one.versions))),
                ", ".join(map(str, one.writes)),
            )
            for one in holders
        ],
    )
