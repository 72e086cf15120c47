"""What the journey tells: chapters and steps in Dutch, each with its time, and the same as data."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import httpx
import msgspec

WIDTH = 92
"""Columns before the milliseconds."""


class Deviation(Exception):
    """Something is not as promised; the text is one line in Dutch."""


class Step(msgspec.Struct, kw_only=True, rename="camel"):
    """One thing that happened.

    Attributes:
        ms: milliseconds.
    """

    chapter: str
    title: str
    ok: bool = False
    ms: float = 0.0
    notes: list[str] = []

    def note(self, text: str) -> None:
        """Add a line that the reader wants to see: a reference, a count."""
        self.notes.append(text)


class Report:
    """Prints steps as they end and remembers them.

    Args:
        out: where the lines go.
    """

    def __init__(self, out: TextIO) -> None:
        self.steps: list[Step] = []
        self._out = out
        self._chapter = ""
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self._started

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._chapter = title
        self.line(f"\n{title}")

    def line(self, text: str) -> None:
        """Print a line."""
        print(text, file=self._out, flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Time what happens inside, and print whether it went as promised.

        Raises:
            Deviation: it did not; an answer that is missing or has another form counts too.
        """
        step, started = Step(chapter=self._chapter, title=title), time.monotonic()
        self.steps.append(step)
        try:
            with told():
                yield step
            step.ok = True
        finally:
            step.ms = round((time.monotonic() - started) * 1000, 1)
            self._print(step)

    def _print(self, step: Step) -> None:
        self.line(f"  {'✓' if step.ok else '✗'} {step.title:<{WIDTH}} {step.ms:8.0f} ms")
        for note in step.notes:
            self.line(f"      {note}")

    def summary(self, **more: Any) -> dict[str, Any]:
        """Everything as data."""
        return {**more, "seconds": round(self.seconds, 1), "steps": self.steps}


@contextmanager
def told() -> Iterator[None]:
    """Whatever goes wrong inside becomes a line in Dutch.

    Raises:
        Deviation: no answer, an answer of another form, a file that cannot be read.
    """
    try:
        yield
    except httpx.HTTPError as error:
        raise Deviation(f"geen antwoord van de API ({type(error).__name__}: {error})") from error
    except OSError as error:
        raise Deviation(f"een bestand kan niet gelezen worden ({error})") from error
    except (LookupError, TypeError, ValueError) as error:
        raise Deviation(f"een antwoord heeft niet de afgesproken vorm ({error!r})") from error


def check(condition: object, reason: str) -> None:
    """Go on only when this holds.

    Raises:
        Deviation: with the reason, in Dutch.
    """
    if not condition:
        raise Deviation(reason)


def same(what: str, actual: object, promised: object) -> None:
    """Go on only when both are equal.

    Raises:
        Deviation: names both.
    """
    check(actual == promised, f"{what} is {actual!r}; beloofd was {promised!r}")
