"""`onthaal token`: access tokens of the development issuer."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import configured, data_option, need

if TYPE_CHECKING:
    from backend.settings import Settings

SHOWN = 40
"""Usernames named when the one asked does not exist."""


@click.command
@click.argument("usernames", metavar="USERNAME...", nargs=-1, required=True)
@click.option("--seconds", type=click.IntRange(1, 30 * 86_400), help="How long it is valid; default 10 hours.")
@data_option
def token(usernames: tuple[str, ...], seconds: int | None, data: Path) -> None:
    """Print an access token for a demo user, on one line; for several users one line each, in that order.

    Development only: `curl -H "Authorization: Bearer $(onthaal token an.agent)" http://127.0.0.1:8080/me`
    """
    from backend.kit.keys import TOKEN_SECONDS, DevelopmentIssuer
    from backend.settings import AUDIENCE, DEV_ISSUER

    settings = configured(data)
    if settings.production:
        raise Refused("production mode has no development tokens: get one from your own issuer")
    need(settings, "database_url")
    asyncio.run(_check_users(settings, usernames))
    issuer = DevelopmentIssuer(settings.folder / "keys", DEV_ISSUER, AUDIENCE)
    issuer.prepare()
    for username in usernames:
        click.echo(issuer.token(username, seconds=seconds or TOKEN_SECONDS))


async def _check_users(settings: "Settings", usernames: tuple[str, ...]) -> None:
    """Refuse users that the API would not know."""
    from backend.identity.principals.service import PrincipalStore
    from backend.kit.changes import ChangeFeed
    from backend.kit.db import Database
    from backend.kit.roles import APPLICATION
    from backend.settings import DEV_ISSUER

    async with Database(settings.database_url, role=APPLICATION, size=1) as database:
        store = PrincipalStore(database, ChangeFeed())
        unknown = [name for name in usernames if not await store.find(DEV_ISSUER, name, None)]
        if not unknown:
            return
        async with database.begin() as uow:
            rows = await uow.fetch(
                "SELECT l.subject FROM user_login l JOIN app_user u ON u.id = l.user_id AND u.active"
                " WHERE l.issuer = $1 ORDER BY l.subject LIMIT $2",
                DEV_ISSUER,
                SHOWN,
            )
    known = ", ".join(row["subject"] for row in rows)
    raise Refused(
        f"no user {unknown[0]!r}" + (f"; there are: {known}" if known else "; run `onthaal seed --demo` first")
    )
