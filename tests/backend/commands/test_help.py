import resource
import subprocess

import pytest

from backend.cli import cli
from tests.backend.commands.program import COMMAND, environment, onthaal

COMMANDS = sorted(cli.commands)


def test_the_commands_are_those_of_the_manual() -> None:
    wanted = "audit bench bff catalogue doctor flow keys mail mail-in match migrate openapi seed serve token up worker"
    assert wanted.split() == COMMANDS


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "bench"])
def test_every_command_explains_itself(name: str) -> None:
    got = onthaal(name, "--help")
    assert got.code == 0
    assert f"Usage: onthaal {name}" in got.out


def test_help_is_quick_and_imports_no_framework() -> None:
    code = """
import sys
from backend.cli import cli
cli.main(["--help"], standalone_mode=False)
print(*(name for name in sys.modules if "." not in name))
"""
    before = _seconds_of_children()
    done = subprocess.run(
        [COMMAND[0], "-c", code], env=environment(), capture_output=True, text=True, check=True, timeout=20
    )
    assert not {"litestar", "sqlalchemy", "asyncpg", "httpx", "alembic"} & set(done.stdout.split())
    assert _seconds_of_children() - before < 0.5


def _seconds_of_children() -> float:
    """CPU time, which other tests do not disturb."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_wrong_option_is_no_traceback() -> None:
    got = onthaal("up", "--prot", "1")
    assert got.code == 2
    assert "No such option" in got.err
    assert "Traceback" not in got.err
