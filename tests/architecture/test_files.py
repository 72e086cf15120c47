"""Layout (design 2): every module has the same files, tests mirror the tree."""

from pathlib import Path

import pytest

from tests.architecture.tree import BACKEND, BFF, COMPOSITION, ROOT, TOOLBOX, imported, modules, name, python_files

KINDS = ("models", "schemas", "rules", "service", "controllers", "errors", "events", "jobs")
FILES = {"__init__.py", *(f"{kind}.py" for kind in KINDS)}
GROWN = {"rules", "service"}
"""A file that outgrew its budget becomes a package of its name, with files of any name, exported through __init__."""
CONTENT = {"data", "templates"}
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "shared", "tools"}
TOP = {"backend", "bff", "openapi", "migrations", "scripts", "tests", "pyproject.toml"}


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__")


def _packages() -> list[Path]:
    """Every module and every sub-resource of one."""
    subs = (sub for module in modules() for sub in _folders(module) if sub.name not in GROWN | CONTENT)
    return sorted([*modules(), *subs])


def _grown() -> list[Path]:
    return sorted(path for module in modules() for kind in GROWN for path in module.rglob(kind) if path.is_dir())


def test_the_top_of_the_checkout_is_complete() -> None:
    missing = sorted(entry for entry in TOP if not (ROOT / entry).exists())
    assert not missing, f"design 2 wants these at the top: {missing}"


def test_backend_holds_modules_the_toolbox_and_composition_only() -> None:
    loose = {path.name for path in BACKEND.glob("*.py")} - COMPOSITION
    assert not loose, f"{sorted(loose)}: put it in a module of the domain, or in kit when it has no domain words"
    strange = [path.name for path in _folders(BACKEND) if not (path / "__init__.py").exists()]
    assert not strange, f"not packages: {strange}"


@pytest.mark.parametrize("package", _packages(), ids=name)
def test_a_module_has_the_usual_files_only(package: Path) -> None:
    found = {path.name for path in package.iterdir() if path.is_file()}
    assert "__init__.py" in found, f"{name(package)} needs an __init__.py that says what it owns"
    strange = sorted(found - FILES)
    assert not strange, f"{name(package)}: {strange} is no name of a module; the names are {sorted(FILES)}"
    twice = sorted(kind for kind in GROWN if {f"{kind}.py"} <= found and (package / kind).is_dir())
    assert not twice, f"{name(package)}: {twice} is a file and a package"


@pytest.mark.parametrize("package", [path for path in _packages() if path not in modules()], ids=name)
def test_a_sub_resource_is_split_no_further(package: Path) -> None:
    strange = [path.name for path in _folders(package) if path.name not in GROWN | CONTENT]
    assert not strange, f"{name(package)}: {strange} is a third level; make it a sub-resource of its own"


@pytest.mark.parametrize("module", modules(), ids=name)
def test_a_module_says_what_it_owns(module: Path) -> None:
    text = (module / "__init__.py").read_text()
    assert text.startswith('"""'), f"{name(module)}/__init__.py: one paragraph: what it owns, which events it emits"


@pytest.mark.parametrize("package", _grown(), ids=name)
def test_a_grown_package_is_used_through_its_init(package: Path) -> None:
    assert (package / "__init__.py").exists(), f"{name(package)} needs an __init__.py"
    assert not _folders(package), f"{name(package)}: a grown {package.name} holds files, no folders"
    module = BACKEND / package.relative_to(BACKEND).parts[0]
    parts = name(package).replace("/", ".") + "."
    inside = [
        f"{name(path)}:{line} {imports}"
        for path in python_files(BACKEND, BFF)
        if not path.is_relative_to(module)
        for line, imports in imported(path)
        if imports.startswith(parts)
    ]
    assert not inside, f"import from {parts[:-1]}, which exports what others may use: {inside}"


def test_no_file_is_a_bag_of_things() -> None:
    found = [name(path) for path in python_files(BACKEND, BFF, ROOT / "tests") if path.stem in NO_NAMES]
    assert not found, f"say what is in it: {found}"


@pytest.mark.parametrize(("tests", "source"), [("backend", BACKEND), ("bff", BFF)])
def test_tests_mirror_the_tree(tests: str, source: Path) -> None:
    here = ROOT / "tests" / tests
    folders = [path.relative_to(here) for path in here.rglob("*") if path.is_dir() and path.name != "__pycache__"]
    lost = sorted(str(folder) for folder in folders if not (source / folder).is_dir())
    assert not lost, f"tests/{tests} has folders without a {tests}/ folder of that name: {lost}"


def test_a_command_is_a_file_of_the_command_line() -> None:
    strange = [path.name for path in _folders(BACKEND / "commands") if path.name not in CONTENT]
    assert not strange, f"backend/commands holds one file per command, no folders: {strange}"


def test_the_toolbox_folders_exist() -> None:
    assert {path.name for path in _folders(BACKEND)} >= TOOLBOX
