"""Output: tables and colour on a terminal, plain aligned lines in a pipe or a file."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

PIPE_WIDTH = 240
"""Columns when nobody looks: wide enough that nothing is cut off."""


def console(*, stderr: bool = False) -> "Console":
    """The console; without markup surprises in what data holds."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    return (
        made
        if made.is_terminal
        else Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=PIPE_WIDTH, color_system=None)
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Print rows under column names; every value as text."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    out = console()
    made = Table(
        *columns,
        box=box.SIMPLE_HEAD if out.is_terminal else None,
        title=title or None,
        title_justify="left",
        header_style="bold",
        pad_edge=False,
    )
    for row in rows:
        made.add_row(*(Text("" if value is None else str(value)) for value in row))
    out.print(made)


@contextmanager
def progress(label: str) -> "Iterator[Callable[[int, int | None], None]]":
    """A progress bar on standard error; call the result with (done, total), total None while unknown."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    out = console(stderr=True)
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
