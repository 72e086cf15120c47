"""`onthaal match`: looking over the whole base for customers that are there twice."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import configured, data_option, need
from backend.commands.screen import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.app import Platform
    from backend.crm.suggestions.rules import Scope
    from backend.crm.suggestions.schemas import MatchRunView
    from backend.crm.suggestions.service import RunService
    from backend.kit.work import Work
    from backend.settings import Settings

ACTION = "cli.match.run"
TOLD_SECONDS = 1.0


@click.group
def match() -> None:
    """Customers that are there twice: suggestions for people to decide about."""


@match.command
@click.option("--all", "everybody", is_flag=True, help="Look at every customer, also those whose keys are up to date.")
@data_option
def run(everybody: bool, data: Path) -> None:
    """Bring search keys and suggestions up to date now, in this process, at full speed.

    Without --all: the customers whose keys are of an older version of the engine or of the keys. A run that was cut
    off, here or in the worker, goes on where it was. Nothing is ever merged: people decide.
    """
    settings = configured(data)
    need(settings, "database_url")
    with progress("customers") as tell:
        report = asyncio.run(_run(settings, "all" if everybody else "outdated", tell))
    click.echo(
        f"{report.looked_at} customers in {report.seconds:.1f} s: {report.rewritten} with new keys, "
        f"{report.created} new suggestions, {report.reopened} open again, {report.closed} no longer hold"
    )


async def _run(settings: "Settings", scope: "Scope", tell: "Callable[[int, int | None], None]") -> "MatchRunView":
    from backend.commands.acting import acting, connected
    from backend.crm.suggestions.jobs import Walker

    async with connected(settings) as platform:
        async with acting(platform, ACTION) as work:
            started = await _begun(_runs(work), scope)
        walker = Walker(
            platform.database, lambda uow, trace: platform.work(uow, None, ACTION, f"cli:{trace}"), share=0.0
        )
        while await walker.walk(started.id, TOLD_SECONDS):
            tell((await _report(platform, started)).looked_at, None)
        return await _report(platform, started)


def _runs(work: "Work") -> "RunService":
    from backend.crm.customers.service import CustomerService
    from backend.crm.suggestions.service import RunService

    return RunService(work, CustomerService(work))


async def _begun(runs: "RunService", scope: "Scope") -> "MatchRunView":
    """A new run, or the one that was cut off."""
    going = await runs.running()
    if going is None:
        return await runs.begin(scope)
    if going.scope != scope and scope == "all":
        raise Refused("a run over part of the customers is under way: try again when it is done", 1)
    return going


async def _report(platform: "Platform", started: "MatchRunView") -> "MatchRunView":
    from backend.commands.acting import acting

    async with acting(platform, ACTION) as work:
        return await _runs(work).get(started.id)
