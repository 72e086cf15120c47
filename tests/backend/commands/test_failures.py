import asyncio
import errno

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from backend.commands.failures import Refused, explain, guarded
from backend.kit.configuration import SettingsInvalid
from backend.kit.db import Database
from backend.kit.embedded import StartError
from backend.kit.embedded.cluster import Cluster
from backend.kit.migrate import RolesMissing
from backend.kit.problems import invalid_input


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Refused("no"), "no"),
        (StartError("port in use"), "port in use"),
        (SettingsInvalid("production mode needs X"), "production mode needs X"),
        (RolesMissing("CREATE ROLE"), "the database roles are missing and this login may not create them; `onthaal"),
        (invalid_input("Too long.", name="code"), "code: Too long."),
        (PermissionError(errno.EACCES, "Permission denied", "/data/keys"), "/data/keys: Permission denied"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "no connection: "),
        (TimeoutError(), "no connection: timed out"),
        (PoolTimeoutError("pool"), "PostgreSQL cannot be reached: "),
    ],
)
def test_what_may_happen_is_a_line(error: Exception, line: str) -> None:
    assert line in (explain(error) or "")


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), RuntimeError("a unit of work commits once")])
def test_a_fault_of_ours_keeps_its_traceback(error: Exception) -> None:
    def fail() -> None:
        raise error

    assert explain(error) is None
    with pytest.raises(type(error)):
        guarded(fail)


def test_the_exit_code_is_that_of_the_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> None:
        raise Refused("differs", 1)

    with pytest.raises(SystemExit) as stop:
        guarded(refuse)
    assert stop.value.code == 1
    assert capsys.readouterr().err == "onthaal: differs\n"


@pytest.mark.parametrize(
    ("user", "database", "role", "sql", "line"),
    [
        ("postgres", "postgres", "", "SELECT * FROM audit_entry", "(run `onthaal migrate` first)"),
        ("postgres", "postgres", "nobody_at_all", "SELECT 1", "see `onthaal doctor`"),
        ("stranger", "postgres", "", "SELECT 1", "PostgreSQL does not let us in: "),
        ("postgres", "nowhere", "", "SELECT 1", "PostgreSQL does not let us in: "),
        ("onthaal_app", "template_onthaal", "", "SELECT * FROM audit_entry", "permission denied for table audit_entry"),
    ],
)
def test_what_postgresql_refuses_is_a_line(
    cluster: Cluster, template: str, user: str, database: str, role: str, sql: str, line: str
) -> None:
    assert template == "template_onthaal"

    async def fails() -> Exception:
        async with Database(cluster.url(user, database), role=role, size=1) as connected:
            with pytest.raises(Exception) as caught:  # noqa: PT011 whatever the driver raises
                async with connected.begin() as uow:
                    await uow.fetch(sql)
        return caught.value

    found = explain(asyncio.run(fails()))
    assert found
    assert line in found
    assert "\n" not in found
