"""`onthaal seed`: the demo city, or the first administrator of a real one."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import ROOT, configured, data_option, need

if TYPE_CHECKING:
    from backend.settings import Settings

DEMO = ROOT / "backend" / "identity" / "data" / "demo.json"


@click.command
@click.option("--demo", is_flag=True, help="The demo city: departments, users, clients and its product catalogue.")
@click.option("--administrator", metavar="USERNAME", help="Make this user an administrator ...")
@click.option("--issuer", help="... whom this token issuer ...")
@click.option("--subject", help="... calls by this name.")
@data_option
def seed(demo: bool, administrator: str | None, issuer: str | None, subject: str | None, data: Path) -> None:
    """Fill a new installation; run it as often as you like, what is there stays.

    Without an option it loads the demo city. Production mode takes `--administrator` only.
    """
    settings = configured(data)
    wanted = demo or not administrator
    if wanted and settings.production:
        raise Refused("production mode takes no demo city: use --administrator USERNAME --issuer ISS --subject SUB")
    if administrator and not (issuer and subject):
        raise Refused("--administrator needs --issuer and --subject too")
    need(settings, "database_url")
    if wanted:
        for line in asyncio.run(add_demo(settings)):
            click.echo(line)
    if administrator and issuer and subject:
        _check_issuer(settings, issuer)
        new = asyncio.run(_administrator(settings, administrator, issuer, subject))
        click.echo(f"administrator {administrator}: {'added' if new else 'is there, may log in'}")


def _check_issuer(settings: "Settings", issuer: str) -> None:
    from backend.settings import issuers

    trusted = [one.issuer for one in issuers(settings)]
    if issuer not in trusted:
        raise Refused(f"issuer {issuer} is not trusted; ONTHAAL_ISSUERS_FILE names: {', '.join(trusted) or 'none'}")


async def _administrator(settings: "Settings", username: str, issuer: str, subject: str) -> bool:
    from backend.commands.acting import acting, connected
    from backend.commands.city import add_administrator

    async with connected(settings) as platform, acting(platform, "cli.seed") as work:
        return await add_administrator(work, username, issuer, subject)


async def add_demo(settings: "Settings") -> list[str]:
    """Load the demo city, its catalogue (which names its departments) and its flows; gives a line about each."""
    from backend.commands.acting import acting, connected
    from backend.commands.city import add_city, read_city
    from backend.commands.flows import add_demo_flows
    from backend.commands.products import add_demo_catalogue

    async with connected(settings) as platform:
        async with acting(platform, "cli.seed") as work:
            counts = await add_city(work, read_city(DEMO))
        async with acting(platform, "cli.seed") as work:
            products = await add_demo_catalogue(work)
        flows = await add_demo_flows(platform)
    people = ", ".join(f"{count} {what}" for what, count in counts.items())
    return [f"demo city: {people} added", f"demo catalogue: {products}", f"demo guided questions: {flows}"]


async def join_logins(settings: "Settings", issuer: str) -> None:
    """Make who logs in at the demo provider the demo user of that name, with the roles that are administered here."""
    from backend.commands.acting import acting, connected
    from backend.commands.city import add_login, read_city

    async with connected(settings) as platform, acting(platform, "cli.seed") as work:
        for user in read_city(DEMO).users:
            user_id = await work.uow.fetchval("SELECT id FROM app_user WHERE username = $1", user.username)
            if user_id is not None:
                await add_login(work, user_id, issuer, user.username)
