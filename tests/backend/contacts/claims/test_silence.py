"""Nobody learns from an answer of the public form who is known: not from its bytes, not from its time."""

import math
import time
from bisect import bisect_right
from collections.abc import Sequence
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.backend.contacts.claims.test_claims import known
from tests.backend.contacts.intake.office import FORM, Counter

pytestmark = pytest.mark.anyio

ROUNDS = 40
CHANCE = 0.0001
"""That times of one and the same distribution are called different, per comparison and attempt."""

PEOPLE: dict[str, dict[str, Any]] = {
    "unknown": {"givenName": "Nie", "familyName": "Mand", "email": "nie@mand.example"},
    "known": {"givenName": "Jef", "familyName": "Maes", "email": "jef@opgeslagen.be"},
    "many": {"givenName": "Jan", "familyName": "Twee", "email": "jan@tweemaal.be"},
    "protected": {"givenName": "Eva", "familyName": "Dicht", "email": "eva@beschermd.be"},
}
HIDDEN = {"date", "belgov-trace-id"}


async def city(counter: Counter) -> None:
    """One customer who is known, two who are alike, one who is protected."""
    await known(counter)
    for _ in range(2):
        await known(counter, names={"given": "Jan", "family": "Twee"}, contactPoints=[point("jan@tweemaal.be")])
    eva = await known(counter, names={"given": "Eva", "family": "Dicht"}, contactPoints=[point("eva@beschermd.be")])
    await counter.execute("UPDATE customer SET status = 'restricted' WHERE id = $1", UUID(eva))


def point(address: str) -> dict[str, str]:
    return {"type": "email", "value": address}


async def test_answers_are_the_same_to_the_byte_but_for_the_two_random_values(counter: Counter) -> None:
    await city(counter)
    seen = set()
    for form in PEOPLE.values():
        answer = await counter.send(**form)
        told = answer.json()
        content = answer.content
        for value in (told["reference"], told["statusSecret"]):
            content = content.replace(value.encode(), b"?" * len(value))
        headers = tuple(sorted((name, value) for name, value in answer.headers.items() if name not in HIDDEN))
        seen.add((answer.status_code, headers, content))
    assert len(seen) == 1, seen
    assert next(iter(seen))[0] == 202
    await counter.work()
    assert len(await counter.fetch("SELECT FROM claim")) == 1, "the four are not the four that they should be"
    assert len(await counter.fetch("SELECT FROM message WHERE purpose = 'note'")) == 2


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """The statistic of Kolmogorov and Smirnov: how far two samples are apart, at most."""
    left, right = sorted(one), sorted(other)
    share = (abs(bisect_right(left, at) / len(left) - bisect_right(right, at) / len(right)) for at in [*left, *right])
    return max(share)


def limit(count: int) -> float:
    """The distance that two samples of one distribution pass with `CHANCE`."""
    return math.sqrt(-math.log(CHANCE / 2) / 2) * math.sqrt(2 / count)


async def test_answers_take_the_same_time(counter: Counter) -> None:
    """Times of the four, sent in turn; what differs in truth differs in each of three attempts."""
    await city(counter)
    apart: dict[str, float] = {}
    for _ in range(3):
        times = await measured(counter)
        first, _, third = quantiles(times["known"])
        planted = [one + 2 * (third - first) for one in times["known"]]  # the width that the machine gives them today
        assert distance(times["known"], planted) > limit(ROUNDS), "it would see nothing"
        far = {name: distance(times["unknown"], times[name]) for name in PEOPLE}
        apart = {name: value for name, value in far.items() if value > limit(ROUNDS)}
        if not apart:
            return
    raise AssertionError(f"farther apart than {limit(ROUNDS):.2f}: {apart}")


async def measured(counter: Counter) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in PEOPLE}
    for number in range(ROUNDS):
        turn = list(PEOPLE)
        for name in turn[number % 4 :] + turn[: number % 4]:
            client = counter.visitor()
            body = {**FORM, **PEOPLE[name], "proof": await counter.proof(client)}
            headers = {"Idempotency-Key": uuid4().hex}
            start = time.perf_counter()
            answer = await client.post("/intake/forms", json=body, headers=headers)
            times[name].append(time.perf_counter() - start)
            assert answer.status_code == 202
    return times
