"""`onthaal doctor --invariants`: what must be true of every question, looked at in a live database."""

import sys
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.screen import console, table

if TYPE_CHECKING:
    from backend.routing.invariants.rules import Finding
    from backend.settings import Settings

SHOWN = 20
"""Violations of one invariant on the screen; JSON gives all."""
SECONDS = 30


async def look(settings: "Settings") -> "list[Finding]":
    """Check every invariant; the database is only read."""
    from backend.app import Platform
    from backend.commands.failures import Refused
    from backend.kit.db import Database
    from backend.kit.roles import APPLICATION
    from backend.routing.invariants.service import InvariantService
    from backend.worker import handlers

    if not settings.database_url:
        raise Refused("not configured: set DATABASE_URL or start `onthaal up`", 1)
    async with Database(settings.database_url, role=APPLICATION, size=1, statement_seconds=SECONDS) as database:
        topics = handlers(Platform(settings, database)).keys()
        return await InvariantService(database, topics).check()


def report(findings: "list[Finding]", *, as_json: bool) -> None:
    """Print what was found; exits with 1 when anything is violated."""
    kept = not any(one.violations for one in findings)
    if as_json:
        import msgspec

        document = {"ok": kept, "invariants": findings}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=1).decode())
    else:
        table(
            ("invariant", "looked at", "violations"),
            ((one.invariant, str(one.looked_at), str(len(one.violations) or "none")) for one in findings),
        )
        for one in findings:
            _violations(one)
    sys.exit(0 if kept else 1)


def _violations(finding: "Finding") -> None:
    if finding.violations:
        console().print()
        shown = finding.violations[:SHOWN]
        table((finding.invariant, "reference"), ((str(one.id), one.reference or "") for one in shown))
        if len(finding.violations) > SHOWN:
            console().print(f"and {len(finding.violations) - SHOWN} more; `--json` gives all")
