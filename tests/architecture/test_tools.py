"""ruff and mypy are part of the suite: what they refuse fails here, with what they say."""

import subprocess
import sys

from tests.architecture.tree import ROOT, python_scripts

FOLDERS = ["backend", "bff", "migrations", "tests"]


def _run(*command: str) -> None:
    paths = [*FOLDERS, *(str(path.relative_to(ROOT)) for path in python_scripts())]
    done = subprocess.run(
        [sys.executable, "-m", *command, *paths], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}"


def test_ruff_check() -> None:
    _run("ruff", "check", "--no-cache", "--output-format", "concise")


def test_ruff_format() -> None:
    _run("ruff", "format", "--check", "--no-cache")


def test_mypy() -> None:
    """About 20 s the first time, 1 s when .mypy_cache is warm."""
    _run("mypy", "--strict", "--explicit-package-bases")
