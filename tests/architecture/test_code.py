"""What files of a kind may not hold (design 2), read from their syntax trees. Each failure names file and line."""

import ast
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.architecture.tree import BACKEND, BFF, imported, name, of_kind, python_files, tree_of

UNIT_OF_WORK = BACKEND / "kit" / "db.py"
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s.+\sSET|DELETE\s+FROM)\s", re.DOTALL)
CLOCKS = {"datetime.now", "datetime.utcnow", "date.today", "time.time", "time.monotonic", "uuid4", "uuid7"}
IN_AND_OUT = {"open", "print", "input"}
DOMAIN = re.compile(r"customer|question|citizen|contact|product|worklist|catalogue", re.IGNORECASE)


def where(paths: Iterable[Path], wanted: Callable[[ast.AST], bool]) -> list[str]:
    """Every place with a node that is wanted (here: unwanted)."""
    return [
        f"{name(path)}:{getattr(node, 'lineno', 0)}"
        for path in paths
        for node in ast.walk(tree_of(path))
        if wanted(node)
    ]


def called(node: ast.AST) -> str:
    """What a call calls, as written; empty for anything else."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def is_declaration(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A method of a Protocol: a docstring or `...`, nothing else."""
    return all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in function.body)


def test_only_the_unit_of_work_commits() -> None:
    """Requests and jobs commit through `uow.commit()`; migrations on a connection of their own."""
    own = {UNIT_OF_WORK, BACKEND / "kit" / "migrate.py"}
    paths = [path for path in python_files(BACKEND, BFF) if path not in own]
    found = where(paths, lambda node: called(node).endswith(".commit") and called(node) != "uow.commit")
    assert not found, f"one request = one commit, by backend/kit/db.py: {found}"
    callers = {place.split(":")[0] for place in where(paths, lambda node: called(node) == "uow.commit")}
    allowed = {"backend/app.py", "backend/platform.py", "backend/worker.py"}
    assert callers <= allowed, f"only compositions end a unit of work: {callers}"


def test_modules_leave_the_commit_to_the_request() -> None:
    paths = [*of_kind("service"), *of_kind("jobs"), *of_kind("controllers"), *of_kind("rules")]
    found = where(paths, lambda node: isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"})
    assert not found, f"services, jobs and controllers never commit: {found}"


def test_controllers_hold_no_sql() -> None:
    def is_statement(node: ast.AST) -> bool:
        return isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value) is not None

    found = where(of_kind("controllers"), is_statement)
    assert not found, f"statements belong in the service: {found}"


def test_rules_are_pure() -> None:
    def waits(node: ast.AST) -> bool:
        return isinstance(node, ast.Await) or (isinstance(node, ast.AsyncFunctionDef) and not is_declaration(node))

    found = where(of_kind("rules"), waits)
    assert not found, f"rules wait for nothing: {found}"
    found = where(of_kind("rules"), lambda node: called(node) in CLOCKS)
    assert not found, f"a moment or an id is an argument of a rule: {found}"
    found = where(of_kind("rules"), lambda node: called(node) in IN_AND_OUT)
    assert not found, f"rules read and write nothing: {found}"


def test_schemas_hold_no_logic() -> None:
    """Shapes only; `__post_init__` may refuse what a type cannot say."""
    wanted = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = where(of_kind("schemas"), lambda node: isinstance(node, wanted) and node.name != "__post_init__")
    assert not found, f"put it in rules.py: {found}"


def test_models_hold_tables_only() -> None:
    found = where(of_kind("models"), lambda node: isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    assert not found, f"no queries and no logic in models.py: {found}"
    found = where(of_kind("models"), lambda node: called(node) == "relationship")
    assert not found, f"join in the service, or name the table in a foreign key: {found}"


def test_annotations_are_real_where_the_framework_reads_them() -> None:
    read = [BACKEND / "app.py", *python_files(BACKEND / "kit"), *of_kind("controllers"), *of_kind("schemas")]
    found = where(read, lambda node: isinstance(node, ast.ImportFrom) and node.module == "__future__")
    assert not found, f"Litestar and msgspec read annotations at run time: {found}"


def test_only_the_toolbox_knows_the_driver() -> None:
    found = [
        f"{name(path)}:{line}"
        for path in python_files(BACKEND, BFF)
        for line, module in imported(path)
        if module.split(".")[0] == "asyncpg" and BACKEND / "kit" not in path.parents
    ]
    assert not found, f"go through backend.kit.db: {found}"


def test_the_toolbox_has_no_words_of_the_domain() -> None:
    paths = python_files(BACKEND / "kit")
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = where(paths, lambda node: isinstance(node, named) and DOMAIN.search(node.name) is not None)
    assert not found, f"backend/kit is a toolbox for any domain: {found}"
