"""Direction of imports (design 2): the contracts of `[tool.importlinter]` in pyproject.toml, and models stay inside."""

import io
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from importlinter import cli

from tests.architecture.tree import ROOT, imported, modules, name, python_files

ADVICE = "Move the import down, or call the service of the module below. `lint-imports` shows the same."


@pytest.fixture
def in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", list(sys.path))  # import-linter puts the folder in front


@pytest.mark.usefixtures("in_root")
def test_imports_keep_the_contracts() -> None:
    with redirect_stdout(io.StringIO()) as report:
        code = cli.lint_imports(no_cache=True)
    assert code == cli.EXIT_STATUS_SUCCESS, f"{ADVICE}\n{report.getvalue()}"


@pytest.mark.parametrize("module", modules(), ids=name)
def test_models_are_imported_in_their_own_module_only(module: Path) -> None:
    models = f"backend.{module.name}.models"
    foreign = [
        f"{name(path)}:{line}"
        for path in python_files(ROOT / "backend", ROOT / "bff")
        if not path.is_relative_to(module)
        for line, imports in imported(path)
        if imports == models
    ]
    assert not foreign, f"call a service of backend.{module.name} instead of its tables: {foreign}"
