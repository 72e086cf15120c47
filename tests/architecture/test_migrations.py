"""Migrations are complete (they make what the models say) and reversible (each one, to the last grant)."""

import importlib
import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from backend.kit.db import Base
from backend.kit.embedded.cluster import Cluster
from backend.kit.migrate import downgrade, pending, upgrade
from tests.architecture.databases import connected, empty_database, picture
from tests.architecture.tree import BACKEND, ROOT, imported, name, python_files, tree_of

pytestmark = pytest.mark.anyio

MIGRATIONS = ROOT / "migrations"


def _scripts() -> list[Script]:
    """All migrations, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return list(ScriptDirectory.from_config(config).walk_revisions())[::-1]


def import_tables() -> None:
    """Import every file that declares a table, in the modules and in kit."""
    for path in python_files(BACKEND):
        if path.stem == "models" or re.search(r"^class \w+\((Base|Entity)\)", path.read_text(), re.MULTILINE):
            importlib.import_module(name(path).removesuffix(".py").replace("/", "."))


def _difference(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


async def test_the_migrations_make_what_the_models_say(cluster: Cluster, template: str) -> None:
    import_tables()
    engine = create_async_engine(cluster.url("postgres", template), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(_difference)
    finally:
        await engine.dispose()
    assert len(Base.metadata.tables) > 10
    assert not found, f"models.py and migrations/versions differ; what would have to be migrated: {found}"


def test_migrations_form_one_line() -> None:
    heads = [script.revision for script in _scripts() if not script.nextrev]
    assert len(heads) == 1, f"two migrations follow the same one: {heads}; number yours after the newest"
    for number, script in enumerate(_scripts(), start=1):
        assert script.revision == f"{number:04}", f"{script.path}: revision {number:04}, not {script.revision}"
        assert Path(script.path).name.startswith(f"{script.revision}_"), (
            f"{script.path}: begin its name with the number"
        )
        assert script.doc, f"{script.path}: say in the docstring what it does"


def test_a_migration_needs_nothing_of_the_application() -> None:
    """It must still run when the code has moved on."""
    found = [
        f"{name(path)}:{line} {module}"
        for path in python_files(MIGRATIONS / "versions")
        for line, module in imported(path)
        if module.split(".")[0] in {"backend", "bff"}
    ]
    assert not found, f"write the statement out: {found}"
    assert all(tree_of(path) for path in python_files(MIGRATIONS))


async def test_every_migration_can_be_undone(cluster: Cluster) -> None:
    """Up, down and up again, one by one; the schema is each time the same to the last column and grant."""
    async with empty_database(cluster, "undo") as database, connected(cluster, "postgres", database) as admin:
        url = cluster.url("postgres", database)
        await upgrade(url, _scripts()[0].revision)
        await downgrade(url, "base")
        before, undone = await picture(admin), "base"
        for script in _scripts():
            await upgrade(url, script.revision)
            after = await picture(admin)
            assert after != before, f"{script.path} does nothing"
            await downgrade(url, undone)
            assert await picture(admin) == before, f"{script.path}: downgrade leaves something behind or drops too much"
            await upgrade(url, script.revision)
            assert await picture(admin) == after, f"{script.path}: the second upgrade gives something else"
            before, undone = after, script.revision
        assert not await pending(url)


async def test_nothing_is_left_after_the_way_back(cluster: Cluster) -> None:
    async with empty_database(cluster, "way_back") as database, connected(cluster, "postgres", database) as admin:
        url = cluster.url("postgres", database)
        assert await pending(url)
        head = (await upgrade(url))[1]
        assert await upgrade(url) == (head, head), "a second `onthaal migrate` changes nothing"
        assert await downgrade(url, "base") == (head, None)
        left = [line for line in await picture(admin) if "alembic_version" not in line and "postgres" not in line]
        # what the role script gave on schema public stays with the roles
        assert [line for line in left if not line.startswith("schema public ")] == []
