"""`onthaal migrate`: roles, tables and the reference data that must exist."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import configured, data_option, need

if TYPE_CHECKING:
    from backend.kit.db import UnitOfWork

FRONT_OFFICE = ("onthaal", "Onthaal en klantencontact")

_ADD_FRONT_OFFICE = """
INSERT INTO department (id, code, name, kind) SELECT $1, $2, $3, 'frontOffice'
 WHERE NOT EXISTS (SELECT FROM department WHERE kind = 'frontOffice') ON CONFLICT DO NOTHING
"""
_HAS_FRONT_OFFICE = "SELECT EXISTS (SELECT FROM department WHERE kind = 'frontOffice')"


@click.command
@data_option
def migrate(data: Path) -> None:
    """Bring the database to the newest schema.

    Uses MIGRATION_DATABASE_URL (the owner), else DATABASE_URL. Where this login may not create the database roles,
    the SQL for an administrator is printed on standard output and the exit code is 3.
    """
    import asyncio

    from backend.kit.migrate import RolesMissing
    from backend.settings import check_production

    settings = configured(data)
    check_production(settings)
    if not settings.migration_database_url:
        need(settings, "database_url")
    try:
        before, after = asyncio.run(bring_up_to_date(settings.migration_database_url or settings.database_url))
    except RolesMissing as error:
        click.echo(error.script, nl=False)
        todo = "have a database administrator run the SQL on standard output, then run this again"
        click.echo(f"onthaal: {error}; {todo}", err=True)  # standard output holds the script only
        sys.exit(3)
    click.echo(f"schema {after}" if before == after else f"schema {before or 'empty'} -> {after}")


async def bring_up_to_date(url: str) -> tuple[str | None, str | None]:
    """Roles, tables, the contact centre's department; gives the revision before and after.

    Raises:
        RolesMissing: an administrator has to run its `script` first.
        Refused: the code of the contact centre is taken by another department.
    """
    from backend.kit.db import Database
    from backend.kit.migrate import upgrade
    from backend.kit.roles import OWNER

    revisions = await upgrade(url)
    async with Database(url, role=OWNER, size=1) as database, database.transaction() as uow:
        await ensure_front_office(uow)
    return revisions


async def ensure_front_office(uow: "UnitOfWork") -> None:
    """Every question has an owner: without a product that names a department, that is the contact centre.

    Raises:
        Refused: another department has its code.
    """
    from uuid_utils.compat import uuid7

    await uow.execute(_ADD_FRONT_OFFICE, uuid7(), *FRONT_OFFICE)
    if not await uow.fetchval(_HAS_FRONT_OFFICE):
        raise Refused(f"department {FRONT_OFFICE[0]!r} must be the contact centre (kind frontOffice)")
