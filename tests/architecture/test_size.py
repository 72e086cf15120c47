"""Style budgets (design 2): small files, small functions."""

from pathlib import Path
from statistics import quantiles

import pytest

from tests.architecture.tree import BACKEND, BFF, functions, name, of_kind, python_files

MOST_LINES = 400
MOST_SERVICE = 300
MOST_FUNCTION = 50
MEDIAN = 80
P90 = 250

FILES = python_files(BACKEND, BFF)


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_and_its_functions_are_small(path: Path) -> None:
    assert _lines(path) <= MOST_LINES, f"{name(path)} has {_lines(path)} lines, at most {MOST_LINES}: split it"
    long = [
        f"{name(path)}:{function.lineno} {function.name}: {length} lines"
        for function in functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > MOST_FUNCTION
    ]
    assert not long, f"at most {MOST_FUNCTION} lines in a function: {long}"


@pytest.mark.parametrize("path", of_kind("service"), ids=name)
def test_a_service_is_split_in_time(path: Path) -> None:
    advice = "split it by sub-resource, or make it a package of its name"
    assert _lines(path) <= MOST_SERVICE, f"{name(path)} has {_lines(path)} lines, at most {MOST_SERVICE}: {advice}"


def test_most_files_are_small() -> None:
    sizes = [_lines(path) for path in FILES if path.name != "__init__.py"]
    tenths = quantiles(sizes, n=10, method="inclusive")
    assert tenths[4] < MEDIAN, f"the median file has {tenths[4]:.0f} lines, it should be below {MEDIAN}"
    assert tenths[8] < P90, f"one file in ten has {tenths[8]:.0f} lines or more, it should be below {P90}"
