"""The pure part: comparing, reading what registers send whatever it is, what their codes mean."""

import contextlib
from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from backend.crm.registers.rules import (
    RegisterAway,
    RegisterFailed,
    RegisterRecord,
    RegisterRefused,
    RegisterUnknown,
    Said,
    compare,
)
from backend.crm.registers.rules.associations import association
from backend.crm.registers.rules.enterprises import enterprise
from backend.crm.registers.rules.magda import GIVE_PERSON, answered, failure_of
from backend.crm.registers.rules.persons import person
from backend.crm.registers.rules.texts import day, line
from backend.crm.rules import Source

TODAY = date(2026, 5, 4)
SSIN = "85073003328"
REGISTER: Source = "nationalRegister"


def said(field: Any, key: str, *, kind: str = "", hidden: bool = False, source: Source | None = None) -> Said:
    own = uuid4() if source else None
    return Said(field=field, kind=kind, key=key, shown=key, hidden=hidden, id=own, source=source)


def content(inside: str) -> etree._Element:
    return etree.fromstring(f"<Inhoud><Persoon><INSZ>{SSIN}</INSZ>{inside}</Persoon></Inhoud>")


HOME = """<Hoofdverblijfplaats><Straatnaam><String>Dorp</String></Straatnaam><Huisnummer>1</Huisnummer>
<Gemeentenaam><String>Lochristi</String></Gemeentenaam><Postcode>9080</Postcode></Hoofdverblijfplaats>"""


def until(end: str) -> str:
    """The right that nobody is told, until a day."""
    period = f"<Periode><Begin>2020-01-01</Begin><Einde>{end}</Einde></Periode>"
    return f"<NietMededeelbaarAdres>{period}</NietMededeelbaarAdres>"


@pytest.mark.parametrize(
    ("right", "hidden"),
    [
        ("", False),
        ("<NietMededeelbaarAdres/>", True),
        (until("2026-05-04"), True),
        (until("2020-06-30"), False),
        (until("ooit"), True),
        ('<NietMededeelbaarAdres DatumEinde="2026-05-03"/>', False),
        ('<NietMededeelbaarAdres DatumEinde="2026"/>', True),
    ],
)
def test_an_address_is_told_only_when_the_right_not_to_is_over_for_certain(right: str, hidden: bool) -> None:
    (address,) = person(content(f"<Adressen>{HOME}{right}</Adressen>"), SSIN, TODAY).addresses
    assert address.undisclosed is hidden


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<Postcode>9080</Postcode>", ""),
        ("<String>Dorp</String>", "<String> </String>"),
        ("<Hoofdverblijfplaats>", '<Hoofdverblijfplaats DatumEinde="2020-01-01">'),
        ("</Postcode>", "</Postcode><NISCodeLand>111</NISCodeLand>"),
        ("<String>Dorp</String>", f"<String>{'x' * 201}</String>"),
    ],
)
def test_half_an_address_one_that_is_over_or_abroad_is_left_out(old: str, new: str) -> None:
    assert old in HOME
    assert person(content(f"<Adressen>{HOME.replace(old, new)}</Adressen>"), SSIN, TODAY).addresses == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1985-07-30", date(1985, 7, 30)),
        ("1985-07-00", None),
        ("1985", None),
        ("", None),
        (None, None),
        ("x" * 10, None),
    ],
)
def test_only_a_whole_day_is_a_day(value: str | None, expected: date | None) -> None:
    assert day(value) == expected


def test_texts_are_one_clean_line() -> None:
    assert line("  Jan \n Piet\u202e er ") == "Jan Piet er"
    assert line("\u200b") is None
    assert line("x" * 201) is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("13202", RegisterUnknown),
        ("30002", RegisterUnknown),
        ("40046", RegisterUnknown),
        ("20002", RegisterRefused),
        ("20007", RegisterRefused),
        ("30032", RegisterRefused),
        ("40006", RegisterRefused),
        ("60009", RegisterAway),
        ("12345", RegisterRefused),
        ("", RegisterRefused),
    ],
)
def test_what_a_code_means(code: str, kind: type[RegisterFailed]) -> None:
    assert type(failure_of(code)) is kind


def test_a_code_that_is_none_is_not_passed_on() -> None:
    assert failure_of("INSZ 85073003328 bestaat niet").code == "other"


NAMES = st.sampled_from(
    ["Persoon", "INSZ", "Naam", "Adressen", "Hoofdverblijfplaats", "Straatnaam", "String", "Geboorte", "Datum",
     "Overlijden", "Contactgegevens", "Email", "Onderneming", "Ondernemingsnummer", "Namen", "Adres", "Type", "Code",
     "Repliek", "Antwoorden", "Antwoord", "Referte", "Inhoud", "Uitzonderingen", "Uitzondering", "Identificatie"]
)  # fmt: skip
TEXTS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Cn"]), max_size=12)


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> etree._Element:
    """Elements of registers, anywhere."""
    made = etree.Element(draw(NAMES), {"DatumEinde": draw(TEXTS)} if draw(st.booleans()) else {})
    made.text = draw(st.one_of(st.just(SSIN), st.just("0442528054"), TEXTS))
    for child in draw(st.lists(trees(depth - 1), max_size=3)) if depth else []:
        made.append(child)
    return made


@given(trees())
def test_whatever_is_sent_is_a_record_or_a_failure(tree: etree._Element) -> None:
    for read in (
        lambda: person(tree, SSIN, TODAY),
        lambda: enterprise(tree, "0442528054"),
        lambda: answered(GIVE_PERSON, tree, uuid4()),
    ):
        with contextlib.suppress(RegisterFailed):
            read()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["vereniging", "vCode", "naam", "locaties", "adres", "sleutels", "contactgegevens", "status"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON | JSON.map(lambda value: {"vereniging": {"vCode": "V0001001", "naam": value, "locaties": [value]}}))
def test_whatever_json_is_sent_is_a_record_or_a_failure(value: object) -> None:
    with contextlib.suppress(RegisterFailed):
        assert isinstance(association(msgspec.json.encode(value), "V0001001"), RegisterRecord)


KEYS = st.sampled_from(["a", "b", "c"])
FIELDS = st.sampled_from([("name", "person"), ("name", "alias"), ("address", ""), ("contactPoint", "email")])
SOURCES: st.SearchStrategy[Source] = st.sampled_from(["agent", "nationalRegister"])
OURS = st.lists(st.tuples(FIELDS, KEYS, st.booleans(), SOURCES), max_size=6).map(
    lambda all_: [said(f[0], k, kind=f[1], hidden=h and f[0] == "address", source=s) for f, k, h, s in all_]
)
THEIRS = st.lists(st.tuples(FIELDS, KEYS, st.booleans()), max_size=4, unique_by=lambda one: one[:2]).map(
    lambda all_: [said(f[0], k, kind=f[1], hidden=h and f[0] == "address") for f, k, h in all_]
)


@given(THEIRS, OURS)
def test_a_comparison_tells_everything_once_and_nothing_hidden(theirs: list[Said], ours: list[Said]) -> None:
    found = compare(theirs, ours, REGISTER)
    told = [one.theirs for one in found if one.theirs is not None]
    assert sorted(map(id, told)) == sorted(map(id, theirs)), "everything the register says, once"
    for one in found:
        if one.theirs is not None and one.theirs.hidden:
            assert one.hidden
            assert one.shown is None
        hidden = {other.key for other in ours if other.hidden}
        in_the_open = {other.key for other in ours if not other.hidden and other.field == one.field}
        assert not (set(one.ours) & (hidden - in_the_open)), "a hidden address of ours is no line"
        assert one.ends == () or one.acceptable
    own = {other.id for other in ours if other.source == REGISTER}
    assert {end for one in found for end in one.ends} <= own, "what others said never ends"


@given(THEIRS)
def test_what_was_taken_over_is_the_same_the_next_time(theirs: list[Said]) -> None:
    ours = [msgspec.structs.replace(one, id=uuid4(), source=REGISTER) for one in theirs]
    found = compare(theirs, ours, REGISTER)
    assert {one.verdict for one in found} <= {"same"}
    assert not any(one.acceptable for one in found)


def test_the_only_name_of_somebody_never_ends() -> None:
    held = [said("name", "Jan", kind="person", source=REGISTER), said("name", "Jef", kind="alias", source=REGISTER)]
    assert [(one.kind, one.verdict) for one in compare([], held, REGISTER)] == [("alias", "ended")]


def test_another_number_of_the_same_kind_cannot_be_accepted() -> None:
    held = [said("identifier", "0442528054", kind="enterpriseNumber", source="agent")]
    (found,) = compare([said("identifier", "0316380841", kind="enterpriseNumber")], held, "associationsRegister")
    assert (found.verdict, found.acceptable, found.ours) == ("different", False, ("0442528054",))
