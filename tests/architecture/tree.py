"""The project as files and syntax trees, for the checks of the house."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
BACKEND, BFF = ROOT / "backend", ROOT / "bff"
COMPOSITION = {"__init__.py", "app.py", "cli.py", "platform.py", "settings.py", "worker.py"}
"""Files that may stand straight in backend/."""
TOOLBOX = {"commands", "kit"}
"""Folders of backend/ that are not a module of the domain."""


def python_files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def name(path: Path) -> str:
    """The path as a person writes it, also the name of a test case."""
    return path.relative_to(ROOT).as_posix()


def modules() -> list[Path]:
    """The folders of the domain's modules."""
    folders = (path for path in BACKEND.iterdir() if (path / "__init__.py").exists())
    return sorted(path for path in folders if path.name not in TOOLBOX)


def of_kind(kind: str) -> list[Path]:
    """Every file of one kind in the modules: `rules` gives rules.py and what is in packages called rules."""
    found = python_files(*modules())
    return [path for path in found if path.stem == kind or kind in path.relative_to(BACKEND).parts]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every imported module (`from a.b import c` gives a.b)."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def python_scripts() -> list[Path]:
    """Everything in scripts/ that is Python, with or without the ending."""
    files = (path for path in (ROOT / "scripts").rglob("*") if path.is_file())
    return sorted(path for path in files if path.suffix == ".py" or b"python" in path.read_bytes().split(b"\n", 1)[0])
