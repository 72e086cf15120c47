"""`onthaal up`: everything on this machine with one command."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import configured, data_option

if TYPE_CHECKING:
    from backend.commands.installation import Installation
    from backend.kit.embedded.supervisor import Part

ADVICE = "run `onthaal migrate`, `onthaal serve` and `onthaal worker` with your own servers"


@click.command
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the API; default 8080 (ONTHAAL_PORT).")
@click.option("--empty", is_flag=True, help="Do not load the demo city at the first start.")
@data_option
def up(port: int | None, empty: bool, data: Path) -> None:
    """Start everything on this machine: PostgreSQL, Redis, a mail server, the API and a worker.

    What DATABASE_URL, REDIS_URL or SMTP_URL name is used instead of started. Ctrl-C or SIGTERM stops all of it; the
    data folder keeps everything for the next start.
    """
    from backend.commands.installation import Installation
    from backend.commands.serve import emptied
    from backend.commands.welcome import say, welcome
    from backend.kit.embedded.places import Places, check_port
    from backend.kit.embedded.supervisor import Supervisor

    if configured(data).production:
        raise Refused(f"production mode does not start embedded servers: {ADVICE}")
    places = Places(data)
    with places.lock():
        places.stop_leftovers()
        settings = configured(data, port=port)  # again: what an earlier run published is gone now
        check_port(settings.host, settings.port)
        made = Installation(settings, places)
        demo = [] if empty else _around(made)
        parts = [*made.embedded(), *demo, *made.own(str(emptied(places.run / "metrics")))]
        supervisor = Supervisor(parts, places.log, on_change=places.record, say=say)

        def ready() -> None:
            places.publish(made.runtime)
            welcome(made)

        if made.cluster is None:
            prepare(made, empty=empty)
        else:
            supervisor.after("postgresql", lambda: prepare(made, empty=empty))
        supervisor.run(ready)
    say("stopped")


def _around(made: "Installation") -> "list[Part]":
    """What stands around a city in demo mode: an identity provider, unless one is configured, and Mijn Burgerprofiel.

    Without the provider everything works but logging in, and that is said.
    """
    from backend.commands.welcome import say
    from backend.kit.embedded import StartError
    from bff.settings import load

    simulator = made.burgerprofiel()
    parts = [simulator] if simulator else []
    if load().providers_file:
        return parts
    try:
        return [*parts, made.login()]
    except StartError as error:
        say(f"nobody can log in on the website or the console: {error}")
        return parts


def prepare(made: "Installation", *, empty: bool) -> None:
    """Database, roles, tables, and the demo city at the first start."""
    from backend.commands.demo import DemoState
    from backend.commands.seed import add_demo, join_logins
    from backend.commands.welcome import say

    asyncio.run(_migrate(made))
    state = DemoState(made.places.data)
    if state.undecided:
        state.decide(wanted=not empty and asyncio.run(_nobody(made)))
    if state.wanted:
        say("first start: loading the demo city")
        for line in asyncio.run(add_demo(made.configuration)):
            say(line)
        state.finish()
    if state.loaded and made.issuer:
        asyncio.run(join_logins(made.configuration, made.issuer))


async def _migrate(made: "Installation") -> None:
    from backend.commands.migrate import bring_up_to_date
    from backend.kit.migrate import pending

    if made.maintenance_url:
        await _create_database(made.maintenance_url)
    # Somebody else's server, already migrated: the application's own login is enough.
    if made.maintenance_url or await pending(made.runtime.migration_database_url):
        await bring_up_to_date(made.runtime.migration_database_url)


async def _create_database(url: str) -> None:
    from sqlalchemy import text

    from backend.commands.installation import DATABASE
    from backend.kit.db import Database

    async with Database(url, size=1) as server, server.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")  # a database is not made in a transaction
        if not await connection.scalar(text("SELECT true FROM pg_database WHERE datname = :name"), {"name": DATABASE}):
            await connection.execute(text(f'CREATE DATABASE "{DATABASE}"'))


async def _nobody(made: "Installation") -> bool:
    """Whether the database has no users yet: then it is not in use by a real city."""
    from backend.kit.db import Database
    from backend.kit.roles import APPLICATION

    async with Database(made.runtime.database_url, role=APPLICATION, size=1) as database, database.begin() as uow:
        return not await uow.fetchval("SELECT EXISTS (SELECT FROM app_user WHERE username NOT LIKE 'channel.%')")
