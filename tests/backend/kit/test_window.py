"""Counting in this process, with a clock that stands still until it is set; what who has to wait is told."""

import pytest

from backend.kit import window
from backend.kit.window import Window, too_often

MOST = 2
SECONDS = 60


class Counted:
    """A window with its clock."""

    def __init__(self) -> None:
        self.now = 3.3
        self.window = Window(lambda: self.now)

    def take(self, key: str = "one", *, count: bool = True) -> float:
        """One more."""
        return self.window.wait(key, most=MOST, seconds=SECONDS, count=count)


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_what_is_too_often_waits_until_the_first_is_past(counted: Counted) -> None:
    assert [counted.take(), counted.take()] == [0, 0]
    counted.now += 20
    assert counted.take() == pytest.approx(40)
    assert counted.take("other") == 0
    counted.now += 40.5
    assert counted.take() == 0


def test_looking_and_being_refused_do_not_count(counted: Counted) -> None:
    assert [counted.take(count=False) for _ in range(5)] == [0] * 5
    counted.take()
    counted.take()
    counted.now += 30
    assert counted.take() > 0
    counted.now += 30.5
    assert [counted.take(), counted.take()] == [0, 0]


def test_the_key_not_used_longest_is_forgotten_first(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "MOST_KEYS", 2)
    for key in ("one", "one", "other", "other", "one", "third"):
        counted.take(key)
    assert counted.take("one") > 0
    assert counted.take("other") == 0


def test_in_the_same_moment_it_waits_the_whole_while_and_no_longer(counted: Counted) -> None:
    counted.take()
    counted.take()
    assert too_often(counted.take(), seconds=SECONDS).headers == {"Retry-After": "60"}


@pytest.mark.parametrize(("wait", "told"), [(0.001, "1"), (1.0, "1"), (1.001, "2"), (59.2, "60"), (60.000001, "60")])
def test_the_wait_is_told_in_whole_seconds(wait: float, told: str) -> None:
    assert too_often(wait, seconds=SECONDS).headers == {"Retry-After": told}
