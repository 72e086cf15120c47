import asyncio
from pathlib import Path

import pytest

from backend.commands.demo import DemoState
from backend.commands.options import ROOT
from backend.kit.db import Database
from backend.settings import DEV_ISSUER
from tests.backend.commands.program import Outcome, onthaal


def administrator(username: str, subject: str, database_url: str, data: Path) -> Outcome:
    return onthaal(
        *("seed", "--administrator", username, "--issuer", DEV_ISSUER, "--subject", subject),
        *("--data", str(data)),
        DATABASE_URL=database_url,
        REDIS_URL="redis://127.0.0.1:1",
    )


def logins(database_url: str) -> list[tuple[str, str]]:
    async def ask() -> list[tuple[str, str]]:
        async with Database(database_url, size=1) as database, database.begin() as uow:
            rows = await uow.fetch(
                "SELECT u.username, l.subject FROM user_login l JOIN app_user u ON u.id = l.user_id ORDER BY 1, 2"
            )
        return [(row["username"], row["subject"]) for row in rows]

    return asyncio.run(ask())


def test_an_administrator_is_made_once_and_gets_further_logins(own_database: str, tmp_path: Path) -> None:
    assert administrator("ann", "ann", own_database, tmp_path).out == "administrator ann: added\n"
    for subject in ("ann", "ann-2"):
        got = administrator("ann", subject, own_database, tmp_path)
        assert (got.out, got.code) == ("administrator ann: is there, may log in\n", 0), got.err
    assert logins(own_database) == [("ann", "ann"), ("ann", "ann-2")]


def test_a_login_is_never_taken_from_somebody_else(own_database: str, tmp_path: Path) -> None:
    for name in ("ann", "bea"):
        assert administrator(name, name, own_database, tmp_path).code == 0
    got = administrator("bea", "ann", own_database, tmp_path)
    assert (got.code, got.err) == (2, f"onthaal: 'ann' of {DEV_ISSUER} is the login of another user\n")
    assert logins(own_database) == [("ann", "ann"), ("bea", "bea")]


def test_an_administrator_needs_a_login() -> None:
    got = onthaal("seed", "--administrator", "ann")
    assert (got.code, got.err) == (2, "onthaal: --administrator needs --issuer and --subject too\n")


def test_a_folder_is_asked_once_whether_it_is_a_demo(tmp_path: Path) -> None:
    state = DemoState(tmp_path)
    assert (state.undecided, state.wanted, state.loaded) == (True, False, False)
    state.decide(wanted=True)
    assert DemoState(tmp_path).wanted, "also after a start that was cut off"
    state.finish()
    assert (state.undecided, state.wanted, state.loaded) == (False, False, True)
    DemoState(tmp_path).decide(wanted=False)
    assert (state.undecided, state.wanted, state.loaded) == (False, False, False)


def test_a_city_file_that_is_wrong_is_one_line(tmp_path: Path) -> None:
    from backend.commands.city import read_city
    from backend.commands.failures import Refused

    file = tmp_path / "city.json"
    file.write_text('{"departments": [{"code": "x", "name": "X", "kind": "third"}], "users": [], "clients": []}')
    with pytest.raises(Refused, match=r"city\.json: Invalid enum value 'third'"):
        read_city(file)
    assert read_city(ROOT / "backend" / "identity" / "data" / "demo.json").departments[0].kind == "frontOffice"
