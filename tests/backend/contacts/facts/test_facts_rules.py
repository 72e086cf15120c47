import pytest

from backend.contacts.facts.rules import first_postcode, normal_postcode, told_postcode


@pytest.mark.parametrize(
    ("typed", "normal"),
    [("9000", "9000"), (" B-9000", "9000"), ("be 9000", "BE9000"), ("1012 ab", "1012AB"), ("B9", "B9")],
)
def test_a_postcode_is_the_same_however_it_is_written(typed: str, normal: str) -> None:
    assert normal_postcode(typed) == normal


def test_the_place_goes_before_answers() -> None:
    answers = [
        {"question": "Huisnummer?", "answer": "1234"},
        {"question": "Postcode van de plaats", "answer": "Het is 9031 Drongen"},
        {"question": "Postcode van u", "answer": "9040"},
    ]
    assert told_postcode("B-9000", answers) == "9000"
    assert told_postcode(None, answers) == "9031"
    assert told_postcode(None, answers[:1]) is None, "a number that nobody calls a postcode is none"
    assert told_postcode(None, [{"question": "Postcode", "answer": "weet ik niet"}]) is None


def test_the_first_one_that_is_known_counts() -> None:
    assert first_postcode(None, "9000", "9040") == "9000"
    assert first_postcode(None, None) is None
