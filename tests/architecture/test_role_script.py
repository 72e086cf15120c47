"""Where `onthaal migrate` may not make the roles, it gives a script that an administrator runs (design 2, issue 2)."""

from collections.abc import AsyncIterator, Iterator

import pytest

from backend.kit import roles
from backend.kit.embedded.cluster import Cluster, temporary_cluster
from backend.kit.migrate import RolesMissing, upgrade
from tests.architecture.databases import connected, empty_database

pytestmark = pytest.mark.anyio

NAMES = (roles.OWNER, roles.APPLICATION, roles.INTAKE, roles.REPORTING, roles.AUDITOR)


@pytest.fixture(scope="module")
def bare() -> Iterator[Cluster]:
    """A server that has never seen Onthaal."""
    with temporary_cluster() as made:
        yield made


@pytest.fixture
async def clean(bare: Cluster) -> AsyncIterator[Cluster]:
    """The server, without our roles afterwards."""
    yield bare
    async with connected(bare, "postgres", "postgres") as admin:
        for (role,) in await admin.fetch(
            "SELECT rolname FROM pg_roles WHERE rolname ~ '^(onthaal_|city)' ORDER BY 1 DESC"
        ):
            await admin.execute(f'DROP ROLE "{role}"')


async def test_a_login_that_may_not_make_roles_gets_a_script(clean: Cluster) -> None:
    async with connected(clean, "postgres", "postgres") as admin:
        await admin.execute('CREATE ROLE "city-login" LOGIN NOCREATEROLE')
        async with empty_database(clean, "city-one") as database:
            url = clean.url("city-login", database)
            with pytest.raises(RolesMissing) as refused:
                await upgrade(url)
            assert await admin.fetch("SELECT FROM pg_roles WHERE rolname LIKE 'onthaal%'") == [], "nothing half-made"
            script = refused.value.script
            assert all(role in script for role in NAMES)
            assert f'GRANT {roles.OWNER} TO "city-login"' in script
            async with connected(clean, "postgres", database) as there:
                await there.execute(script)
                await there.execute(script)  # a second time is harmless
            before, after = await upgrade(url)
            assert before is None
            assert await upgrade(url) == (after, after)
            async with connected(clean, roles.APPLICATION, database) as application:
                assert await application.fetchval("SELECT count(*) FROM department") == 0


async def test_a_login_that_is_no_member_of_the_owner_gets_a_script_too(clean: Cluster) -> None:
    async with connected(clean, "postgres", "postgres") as admin, empty_database(clean, "other") as database:
        await upgrade(clean.url("postgres", database))
        await admin.execute("CREATE ROLE city LOGIN NOCREATEROLE")
        with pytest.raises(RolesMissing):
            await upgrade(clean.url("city", database))


async def test_the_administrator_of_a_managed_service_makes_them_itself(clean: Cluster) -> None:
    """CREATEROLE and its own database, no superuser: what managed PostgreSQL gives."""
    async with connected(clean, "postgres", "postgres") as admin:
        await admin.execute("CREATE ROLE city LOGIN CREATEROLE CREATEDB")
        async with empty_database(clean, "managed", owner="city") as database:
            before, after = await upgrade(clean.url("city", database))
            assert (before, after is not None) == (None, True)
            made = await admin.fetch("SELECT rolname FROM pg_roles WHERE rolname = ANY ($1::text[])", list(NAMES))
            assert len(made) == len(NAMES)
            assert await upgrade(clean.url("city", database)) == (after, after)
