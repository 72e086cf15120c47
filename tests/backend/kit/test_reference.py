"""The proof of the check symbol, and what people make of a reference."""

import itertools
import re
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kit.reference import (
    ALPHABET,
    LENGTH,
    ReferenceInvalid,
    _fold,
    _shown,
    _times_a,
    derived_reference,
    new_reference,
    parse_reference,
)

quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
valid_words = st.lists(st.integers(0, 31), min_size=LENGTH - 1, max_size=LENGTH - 1).map(
    lambda values: [*values, _times_a(_fold(values))]
)
references = valid_words.map(lambda values: _shown("".join(ALPHABET[value] for value in values)))


def is_valid(symbols: str) -> bool:
    try:
        parse_reference(symbols)
    except ReferenceInvalid:
        return False
    return True


def test_the_powers_of_the_generator_are_all_different() -> None:
    powers = list(itertools.accumulate(range(30), lambda power, _: _times_a(power), initial=1))
    assert sorted(powers) == list(range(1, 32))
    assert _times_a(powers[-1]) == 1


def test_the_check_is_linear_and_therefore_proved_for_every_reference() -> None:
    """Prove all three promises exhaustively.

    The check is linear, so a change e of a valid reference is noticed exactly when the check of e alone is
    not zero. It is enough to try every difference, not every reference.
    """
    for place, difference in itertools.product(range(LENGTH), range(1, 32)):
        change = [0] * LENGTH
        change[place] = difference
        assert _fold(change) != 0  # every error in one place
    for one, two in itertools.combinations(range(LENGTH), 2):
        for difference in range(1, 32):
            change = [0] * LENGTH
            change[one] = change[two] = difference
            # a swap of x and y changes both places by x ^ y, a doubled error xx -> yy as well
            assert _fold(change) != 0


@quick
@given(valid_words, valid_words)
def test_the_check_is_linear(one: list[int], two: list[int]) -> None:
    assert _fold(one) == 0
    assert _fold([a ^ b for a, b in zip(one, two, strict=True)]) == 0


@quick
@given(references)
def test_every_single_error_and_every_swap_of_a_real_reference_is_caught(reference: str) -> None:
    symbols = reference.replace("-", "")
    for place, other in itertools.product(range(LENGTH), ALPHABET):
        changed = symbols[:place] + other + symbols[place + 1 :]
        assert is_valid(changed) == (changed == symbols)
    for one, two in itertools.combinations(range(LENGTH), 2):
        swapped = list(symbols)
        swapped[one], swapped[two] = swapped[two], swapped[one]
        assert is_valid("".join(swapped)) == (swapped == list(symbols))
    for shorter in (symbols[:-1], symbols[1:], symbols + "0", "0" + symbols):
        assert not is_valid(shorter)


def test_a_new_reference_has_the_promised_form() -> None:
    for reference in (new_reference() for _ in range(500)):
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{3}(-[0-9A-HJKMNP-TV-Z]{3}){2}", reference)
        assert not re.search(r"[A-Z]{3}", reference.replace("-", ""))
        assert parse_reference(reference) == reference


@quick
@given(references, st.randoms(use_true_random=False), st.sampled_from(["", " ", "-", " - ", ".", "/", "\u2013"]))
def test_what_people_type_is_understood(reference: str, random: Random, between: str) -> None:
    sounds = {"0": "0oO", "1": "1iIlL"}
    typed = between.join(
        random.choice(sounds.get(symbol, symbol + symbol.lower())) for symbol in reference if symbol != "-"
    )
    assert parse_reference(f"  {typed}\n") == reference


def test_an_example_stays_valid_for_ever() -> None:
    """References are printed on paper: a change of the check would make them invalid."""
    assert parse_reference("4f7 k2m 9xf") == "4F7-K2M-9XF"
    assert parse_reference("0OO-00o-000") == "000-000-000"
    with pytest.raises(ReferenceInvalid, match="check symbol"):
        parse_reference("4F7-K2M-9XG")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "4F7-K2M-9X",
        "4F7-K2M-9X33",
        "4F7-K2M-9XU",
        "4F7-K2M-9X\u00b3",
        "4F7-K2M-9X!",
        "0" * 100_000,
        "\x00" * 9,
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ReferenceInvalid):
        parse_reference(text)


@quick
@given(st.text(max_size=20))
def test_no_text_breaks_the_parser(text: str) -> None:
    if is_valid(text):
        assert parse_reference(parse_reference(text)) == parse_reference(text)


def test_references_are_random() -> None:
    drawn = [new_reference() for _ in range(3000)]
    assert len(set(drawn)) == len(drawn)
    for place in (0, 4, 10):  # every symbol occurs in every place, the check included
        assert {reference[place] for reference in drawn} == set(ALPHABET)


def test_a_derived_reference_is_a_reference_and_always_the_same_one() -> None:
    made = [derived_reference(bytes([number])) for number in range(200)]
    assert made == [derived_reference(bytes([number])) for number in range(200)]
    assert all(parse_reference(one) == one for one in made)
    assert len(set(made)) == len(made)
    assert not [one for one in made if re.search(r"[A-Z]{3}", one.replace("-", ""))]
