"""What files of a kind may not hold (design 2), read from their syntax trees."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import BACKEND, BFF, functions, imported, name, of_kind, python_files, tree_of

COMMITS = {BACKEND / "kit" / "db.py", BACKEND / "kit" / "migrate.py"}
"""The unit of work; and the migrations, which are no request."""
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s.+\sSET|DELETE\s+FROM)\s", re.DOTALL)
FILES = python_files(BACKEND, BFF)


@pytest.mark.parametrize("path", [path for path in FILES if path not in COMMITS], ids=name)
def test_only_the_unit_of_work_commits(path: Path) -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr == "commit" and not _is_unit_of_work(node)
    ]
    assert not found, f"one request = one commit, by backend/kit/db.py: {found}"


def _is_unit_of_work(node: ast.Attribute) -> bool:
    """`uow.commit` is the commit of kit/db.py; only compositions of a request call it."""
    return isinstance(node.value, ast.Name) and node.value.id == "uow"


@pytest.mark.parametrize("path", of_kind("service") + of_kind("jobs") + of_kind("controllers"), ids=name)
def test_modules_leave_the_commit_to_the_request(path: Path) -> None:
    words = {"commit", "rollback"}
    found = [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute) and node.attr in words]
    assert not found, f"{name(path)}, lines {found}: services, jobs and controllers never commit"


@pytest.mark.parametrize("path", of_kind("controllers"), ids=name)
def test_controllers_hold_no_sql(path: Path) -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]
    assert not found, f"statements belong in the service: {found}"


@pytest.mark.parametrize("path", of_kind("rules"), ids=name)
def test_rules_are_pure(path: Path) -> None:
    waits = [function.name for function in functions(path) if isinstance(function, ast.AsyncFunctionDef)]
    assert not waits, f"{name(path)}: {waits} waits for something; rules are pure functions"
    called = {
        node.func.id for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"open", "print", "input"}, f"{name(path)}: rules read and write nothing"
    now = [
        f"{name(path)}:{node.lineno}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"datetime.now", "date.today", "time.time"}
    ]
    assert not now, f"the moment is an argument of a rule, it does not look at the clock: {now}"


@pytest.mark.parametrize("path", of_kind("schemas"), ids=name)
def test_schemas_hold_no_logic(path: Path) -> None:
    """Shapes only; `__post_init__` may refuse what a type cannot say, and calls a rule for it."""
    found = [f"{name(path)}:{one.lineno} {one.name}" for one in functions(path) if one.name != "__post_init__"]
    assert not found, f"put it in rules.py: {found}"


@pytest.mark.parametrize("path", of_kind("models"), ids=name)
def test_models_hold_tables_only(path: Path) -> None:
    found = [f"{name(path)}:{one.lineno} {one.name}" for one in functions(path)]
    assert not found, f"no queries and no logic in models: {found}"
    advice = "name the table of another module in the foreign key, without a relationship"
    called = {ast.unparse(node.func) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)}
    assert "relationship" not in called, f"{name(path)}: {advice}"


@pytest.mark.parametrize("path", [BACKEND / "app.py", *of_kind("controllers"), *of_kind("schemas")], ids=name)
def test_annotations_are_real_where_the_framework_reads_them(path: Path) -> None:
    assert "__future__" not in {module for _, module in imported(path)}, (
        f"{name(path)}: Litestar and msgspec read annotations at run time"
    )


@pytest.mark.parametrize("path", [path for path in FILES if BACKEND / "kit" not in path.parents], ids=name)
def test_only_the_toolbox_knows_the_driver(path: Path) -> None:
    found = [f"{name(path)}:{line}" for line, module in imported(path) if module.split(".")[0] == "asyncpg"]
    assert not found, f"go through backend.kit.db: {found}"


def test_the_toolbox_has_no_words_of_the_domain() -> None:
    words = re.compile(r"\b(customer|question|contact centre|department|citizen)s?\b", re.IGNORECASE)
    found = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in python_files(BACKEND / "kit")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and words.search(node.name)
    ]
    assert not found, f"backend/kit is a toolbox for any domain: {found}"
