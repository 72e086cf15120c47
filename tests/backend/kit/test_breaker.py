"""The circuit breaker as a state machine: it never asks who just failed, and always comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, first=2.0, longest=10.0, clock=clock)


def opened(breaker: Breaker) -> Breaker:
    for _ in range(3):
        assert breaker.allows()
        breaker.failed("timeout")
    return breaker


def test_it_opens_after_three_failures_in_a_row_and_tells_once(breaker: Breaker) -> None:
    assert [breaker.failed("timeout") for _ in range(2)] == [False, False]
    assert not breaker.succeeded(), "it was not open"
    assert [breaker.failed(reason) for reason in ("a", "b", "c", "d")] == [False, False, True, False]
    assert breaker.state == "open"
    assert breaker.reason == "c"
    assert not breaker.allows()


def test_one_at_a_time_tries_again(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 2.0
    assert breaker.state == "halfOpen"
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    assert breaker.succeeded()
    assert not breaker.succeeded(), "it was closed"
    assert breaker.reason == ""
    assert breaker.allows()


def test_it_waits_longer_after_each_failed_try_up_to_a_limit(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    for wait in (2.0, 4.0, 8.0, 10.0, 10.0):
        clock.now += wait - 0.01
        assert not breaker.allows()
        clock.now += 0.01
        assert breaker.allows()
        assert not breaker.failed("still"), "it is told once, when it opens"
    clock.now += 10.0
    assert breaker.allows()
    breaker.succeeded()
    opened(breaker)
    clock.now += 2.0
    assert breaker.allows(), "who recovered starts with the short wait again"


def test_a_try_that_was_dropped_leaves_room_for_another(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 2.0
    assert breaker.allows()
    assert not breaker.allows()
    breaker.dropped()
    assert breaker.allows()


def test_failures_of_who_was_asked_before_it_opened_do_not_prolong_it(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    for _ in range(20):
        breaker.failed("late")
    clock.now += 2.0
    assert breaker.allows()


@given(st.lists(st.tuples(st.sampled_from(["ok", "fail", "drop"]), st.floats(0, 5)), max_size=60))
def test_it_never_stays_away_longer_than_the_limit(steps: list[tuple[str, float]]) -> None:
    clock = Clock()
    breaker = Breaker(failures=3, first=2.0, longest=10.0, clock=clock)
    for outcome, wait in steps:
        clock.now += wait
        if breaker.allows():
            {"ok": breaker.succeeded, "fail": lambda: breaker.failed("x"), "drop": breaker.dropped}[outcome]()
    clock.now += 10.0
    assert breaker.allows()
