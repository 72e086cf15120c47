"""`onthaal doctor`: what is configured, what answers, in which version."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.options import configured, data_option
from backend.commands.screen import console, table

if TYPE_CHECKING:
    from backend.commands.checks import Check
    from backend.commands.origin import Configured

MARKS = {(True, True): "ok", (True, False): "ok", (False, True): "MISSING", (False, False): "warning"}


@click.command
@click.option("--invariants", is_flag=True, help="Check instead what must be true of every question in the database.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_option
def doctor(invariants: bool, as_json: bool, data: Path) -> None:
    """Tell what is configured, reachable and in which version; exits with 1 when something vital is missing.

    With `--invariants` it reads the whole database, in batches and without changing anything, and exits with 1 when
    a question is not as it must be.
    """
    if invariants:
        from backend.commands.invariants import look, report

        report(asyncio.run(look(configured(data))), as_json=as_json)
    from backend.commands.checks import examine
    from backend.commands.origin import origins

    settings = configured(data)
    shown = origins(settings)
    checks = asyncio.run(examine(settings))
    healthy = all(check.ok for check in checks if check.vital)
    if as_json:
        import msgspec

        document = {"ok": healthy, "settings": shown, "checks": checks}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=1).decode())
    else:
        _print(shown, checks)
    sys.exit(0 if healthy else 1)


def _print(shown: "list[Configured]", checks: "list[Check]") -> None:
    table(("setting", "value", "from"), ((one.variable, one.value, one.origin) for one in shown))
    console().print()
    table(("check", "", "found"), ((check.name, MARKS[check.ok, check.vital], check.detail) for check in checks))
