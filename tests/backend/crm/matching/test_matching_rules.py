"""Normal forms, keys, levels, scores: what can be said without a database."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.crm.matching.rules import (
    WEIGHTS,
    PersonName,
    Place,
    Prepared,
    Subject,
    asked,
    base_levels,
    compare,
    explained,
    named,
    prepare,
    probabilities,
    rarity_of,
    restored,
    ruled_out,
    stored,
    total,
)
from backend.crm.matching.rules.places import house, organisation, street
from backend.crm.matching.rules.reach import phone
from backend.crm.matching.rules.spelling import code, given_class, words
from backend.crm.matching.rules.wording import LEVELS

TEXT = st.text(max_size=60) | st.sampled_from(
    ["", "😀", "-", "Van", "é" * 500, "0" * 300, "İ", "ß", "\u200d", "12 b", "'s"]
)


def _hashes(digits: str) -> list[str]:
    return [f"1:{digits[::-1]}"]


def _ready(subject: Subject) -> Prepared:
    return prepare(subject, _hashes)


def _person(given: str = "", family: str = "", **more: object) -> Subject:
    return Subject(kind="person", names=(PersonName(given=given, family=family),), **more)  # type: ignore[arg-type]


def _levels(one: Subject, other: Subject) -> set[str]:
    return {name for name, _ in compare(_ready(one), _ready(other), lambda _kind, _sound: 7.0)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Van den Broeck", "Vandenbroek"),
        ("De Clercq", "Declerck"),
        ("Wuyts", "Wuijts"),
        ("Baeck", "Baak"),
        ("Philips", "Filips"),
        ("Claeys", "Klaeys"),
        ("Janssens", "Jansen"),
        ("Verhaeghe", "Verhage"),
        ("D'Hondt", "Dhondt"),
    ],
)
def test_spellings_of_a_name_sound_the_same(one: str, other: str) -> None:
    assert code("".join(words(one))) == code("".join(words(other)))


@pytest.mark.parametrize(("one", "other"), [("Peeters", "Pauwels"), ("Maes", "Mertens"), ("De Smet", "De Smedt-Bril")])
def test_other_names_do_not(one: str, other: str) -> None:
    assert code("".join(words(one))) != code("".join(words(other)))


def test_short_names_are_of_one_class() -> None:
    assert given_class("jef") == given_class("jozef") == given_class("jos")
    assert given_class("jan") != given_class("jozef")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("50C bus 809", ("50c", "809")),
        ("64/709", ("64", "709")),
        ("12 b3", ("12", "3")),
        ("63 bte B", ("63", "b")),
        ("7", ("7", "")),
        ("50 C", ("50c", "")),
    ],
)
def test_a_box_is_found_in_the_number(typed: str, number: tuple[str, str]) -> None:
    assert house(typed) == number


def test_a_street_is_the_same_when_it_is_abbreviated() -> None:
    assert street("Kerkstr.") == street("Kerkstraat") == ("kerk", "kerk", "straat")
    assert street("Brusselse Steenweg") == street("Brusselsestwg")
    assert _levels(
        _person(places=(Place("K. Albertlaan", "3", "", "9000", "Gent"),)),
        _person(places=(Place("Koning Albertln", "3", "", "9000", "Gent"),)),
    ) >= {"place.full"}


@pytest.mark.parametrize("typed", ["0477/82.31.90", "+32 (0)477 823190", "0032477823190", "0477 82 31 90"])
def test_a_phone_number_has_one_form(typed: str) -> None:
    assert phone(typed) == "477823190"


def test_legal_forms_are_no_part_of_a_name() -> None:
    assert organisation("V.Z.W. Fanfare De Eendracht") == organisation("Fanfare De Eendracht vzw")
    assert organisation("NV") == ["nv"]


def test_swapped_names_share_keys_both_ways() -> None:
    right, wrong = _ready(_person("Jan", "Peeters")), _ready(_person("Peeters", "Jan"))
    for one, other in ((right, wrong), (wrong, right)):
        shared = set(asked(one, small=True)) & set(stored(other))
        assert {key[0] for key in shared} >= {"A", "D", "S", "I"}
    assert "order.swapped" in _levels(_person("Jan", "Peeters"), _person("Peeters", "Jan"))


@pytest.mark.parametrize(("typed", "other"), [("Hermnas", "Hermans"), ("Hermas", "Hermans"), ("Hernans", "Hermans")])
def test_one_wrong_letter_leaves_shared_keys(typed: str, other: str) -> None:
    one = asked(_ready(_person("Amelie", typed)), small=False)
    assert {key[0] for key in set(one) & set(stored(_ready(_person("Amélie", other))))} & {"A", "D"}


def test_people_and_organisations_never_meet() -> None:
    person = _person("Jan", "Peeters", emails=("info@peeters.be",), phones=("092330000",))
    company = Subject(
        kind="enterprise", organisations=("Jan Peeters",), emails=("info@peeters.be",), phones=("092330000",)
    )
    assert not set(asked(_ready(person), small=True)) & set(stored(_ready(company)))
    assert ruled_out(_ready(person), _ready(company), []) == "een persoon is geen organisatie"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("85073003328", "85073003328", True),
        ("85073003328", "90010100151", False),
        ("85473003307", "85073003328", True),  # registered without a national number first (BIS: month + 40)
        ("85273003318", "85073003328", True),
    ],
)
def test_another_national_number_is_another_person(one: str, other: str, same: bool) -> None:
    first, second = (_ready(_person("Jan", "Maes", identifiers=(("ssin", number),))) for number in (one, other))
    assert (ruled_out(first, second, []) is None) == same


def test_hashes_of_different_keys_say_nothing() -> None:
    first = prepare(_person("Jan", "Maes", identifiers=(("ssin", "85073003328"),)), lambda _: ["2:aa"])
    second = prepare(_person("Jan", "Maes", identifiers=(("ssin", "85073003328"),)), lambda _: ["1:bb"])
    assert ruled_out(first, second, []) is None


def test_father_and_son_are_two() -> None:
    home = (Place("Kerkstraat", "3", "", "9000", "Gent"),)
    father = _person("Jan", "Maes", birth_date=date(1950, 3, 1), places=home)
    son = _person("Jan", "Maes", birth_date=date(1980, 7, 9), places=home)
    typing_error = _person("Jan", "Maes", birth_date=date(1951, 3, 1), places=home)
    same_phone = _person("Jan", "Maes", birth_date=date(1980, 7, 9), places=home, emails=("jan@maes.be",))

    def why(one: Subject, other: Subject) -> str | None:
        levels = compare(_ready(one), _ready(other), lambda _kind, _sound: 5.0)
        return ruled_out(_ready(one), _ready(other), levels)

    assert "generatie" in str(why(father, son))
    assert why(father, typing_error) is None
    assert why(msgspec_replaced(father), same_phone) is None


def msgspec_replaced(subject: Subject) -> Subject:
    """The same with the e-mail address of the son: a person decides then."""
    return Subject(
        kind="person",
        names=subject.names,
        birth_date=subject.birth_date,
        places=subject.places,
        emails=("jan@maes.be",),
    )


def test_other_enterprise_numbers_are_other_enterprises() -> None:
    def company(number: str) -> Prepared:
        return _ready(
            Subject(kind="enterprise", organisations=("Garage X",), identifiers=(("enterpriseNumber", number),))
        )

    assert ruled_out(company("0442528054"), company("0403019261"), []) == "ander ondernemingsnummer"
    assert ruled_out(company("0442528054"), company("0442.528.054"), []) is None


def test_every_level_has_words_and_a_weight_has_a_level() -> None:
    unknown = {name.removeprefix("o_") for name in WEIGHTS.weights} - LEVELS
    assert not {name for name in unknown if not name.partition(".")[0].endswith("Rarity")} - {"base.constant"}


def test_agreement_never_speaks_against() -> None:
    for name in ("phone.mobile", "email.exact", "born.exact", "place.full", "ssin.exact", "familyRarity.same"):
        assert WEIGHTS.weights[name] > 0
    for name in ("phone.different", "born.different", "given.different", "household.home", "base.size"):
        assert WEIGHTS.weights[name] < 0


def test_chances_are_shared_with_nobody() -> None:
    assert probabilities([]) == []
    assert probabilities([0.0]) == [0.5]
    assert sum(probabilities([900.0, 899.0, -900.0])) == pytest.approx(1.0)
    assert probabilities([-900.0]) == pytest.approx([0.0])


def test_rare_is_rarer_than_common() -> None:
    assert rarity_of(1, 100_000) > rarity_of(1000, 100_000) > 0
    assert rarity_of(0, 0) > 0


SUBJECTS = st.builds(
    Subject,
    kind=st.sampled_from(["person", "association", "enterprise", None]),
    names=st.lists(st.builds(PersonName, given=TEXT, family=TEXT), max_size=3).map(tuple),
    organisations=st.lists(TEXT, max_size=2).map(tuple),
    birth_date=st.none() | st.dates(),
    emails=st.lists(TEXT | st.emails(), max_size=2).map(tuple),
    phones=st.lists(TEXT | st.from_regex(r"[+0-9 ./()]{0,20}"), max_size=2).map(tuple),
    places=st.lists(
        st.builds(Place, street=TEXT, number=TEXT, box=TEXT, postcode=TEXT, municipality=TEXT), max_size=2
    ).map(tuple),
    identifiers=st.lists(st.tuples(st.sampled_from(["ssin", "vCode", "enterpriseNumber"]), TEXT), max_size=2).map(
        tuple
    ),
)


@settings(max_examples=150, deadline=None)
@given(SUBJECTS, SUBJECTS)
def test_whatever_is_typed_is_compared_and_adds_up(one: Subject, other: Subject) -> None:
    first, second = _ready(one), _ready(other)
    stored(first), asked(second, small=True)
    levels = [*compare(first, second, lambda _kind, _sound: 6.5), *base_levels(12_345)]
    ruled_out(first, second, levels)
    parts = explained(levels)
    assert sum(part.weight for part in parts) == pytest.approx(total(levels))
    assert all(part.text and part.feature for part in parts)


@settings(max_examples=150, deadline=None)
@given(SUBJECTS)
def test_a_stored_profile_is_looked_for_like_the_subject_it_was(subject: Subject) -> None:
    first = _ready(subject)
    again = _ready(restored(first))
    assert _ready(restored(again)) == again
    if all(text.isascii() and text.isalpha() for name in subject.names for text in (name.given, name.family)):
        assert again.names == first.names
    assert (again.born, again.numbers, again.ssins) == (first.born, first.numbers, first.ssins)


@settings(max_examples=100, deadline=None)
@given(TEXT)
def test_any_text_can_be_a_name(text: str) -> None:
    asked(_ready(named(text)), small=True)


def test_reading_one_profile_twice_gives_the_same() -> None:
    subject = _person(
        "Jef",
        "Van den Broeck",
        birth_date=date(1980, 5, 6),
        emails=("jozef.vandenbroeck80@gmail.com",),
        phones=("+32 (0)477 823190",),
        places=(Place("Kon. Albertlaan", "50C bus 809", "", "9000", "Gent"),),
        identifiers=(("ssin", "80050600175"),),
    )
    assert _ready(restored(_ready(subject))) == _ready(subject)
