"""Style budgets (design 2): small files, small functions."""

from pathlib import Path
from statistics import quantiles

from tests.architecture.tree import BACKEND, BFF, functions, name, of_kind, python_files

MOST_LINES = 400
MOST_SERVICE = 300
MOST_FUNCTION = 50
MEDIAN = 80
P90 = 250

FILES = python_files(BACKEND, BFF)


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def _over(paths: list[Path], most: int) -> list[str]:
    return [f"{name(path)} has {lines} lines" for path in paths if (lines := _lines(path)) > most]


def test_no_file_is_large() -> None:
    found = _over(FILES, MOST_LINES)
    assert not found, f"at most {MOST_LINES} lines, split it: {found}"


def test_no_service_is_large() -> None:
    found = _over(of_kind("service"), MOST_SERVICE)
    assert not found, f"at most {MOST_SERVICE} lines, split by sub-resource or make it a package service/: {found}"


def test_no_function_is_long() -> None:
    found = [
        f"{name(path)}:{function.lineno} {function.name} has {length} lines"
        for path in FILES
        for function in functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > MOST_FUNCTION
    ]
    assert not found, f"at most {MOST_FUNCTION} lines: {found}"


def test_most_files_are_small() -> None:
    tenths = quantiles([_lines(path) for path in FILES], n=10, method="inclusive")
    assert tenths[4] < MEDIAN, f"the median file has {tenths[4]:.0f} lines, it should be below {MEDIAN}"
    assert tenths[8] < P90, f"one file in ten has {tenths[8]:.0f} lines or more, it should be below {P90}"
