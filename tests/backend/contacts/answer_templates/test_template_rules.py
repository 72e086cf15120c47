import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.contacts.answer_templates.rules import PLACEHOLDERS, Fit, fault, fill, score, used

EVERYTHING = Fit(kind=None, product_id=None, theme=None, department_id=None)


@pytest.mark.parametrize(
    "text",
    [
        "{{ customerName }}",
        "{% for x in range(10**9) %}x{% endfor %}",
        "{customerName.__class__}",
        "{reference!r}",
        "{0}",
        "{}",
        "{customerName",
        "customerName}",
        "{ssin}",
        "${reference:>1000000000}",
        "{product.internalInstructions}",
    ],
)
def test_code_is_no_template(text: str) -> None:
    assert fault(text) is not None


def test_every_placeholder_is_known() -> None:
    text = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    assert fault(text) is None
    assert used(text) == frozenset(PLACEHOLDERS)
    assert fault("Geen enkele.") is None


def test_a_value_brings_no_placeholders_of_its_own() -> None:
    known = {"customerName": "{reference} \\1 \\g<0>", "reference": "7XK"}
    assert fill("Beste {customerName}", known).text == "Beste {reference} \\1 \\g<0>"


def test_what_is_not_known_stays_visible() -> None:
    filled = fill("{product.name} en {product.name}, {reference}", {"reference": "7XK", "product.name": None})
    assert filled.text == "{product.name} en {product.name}, 7XK"
    assert filled.missing == ("product.name",)


@given(st.dictionaries(st.sampled_from(PLACEHOLDERS), st.text(max_size=40)), st.lists(st.sampled_from(PLACEHOLDERS)))
def test_filling_in_keeps_every_value_as_it_is(known: dict[str, str], names: list[str]) -> None:
    filled = fill("|".join(f"{{{name}}}" for name in names), known)
    assert filled.text == "|".join(known.get(name) or f"{{{name}}}" for name in names)
    assert set(filled.missing) == {name for name in names if not known.get(name)}


def test_the_closest_template_wins() -> None:
    asked = {"kind": "request", "product_id": "pas", "themes": {"Reizen"}}
    fits = [
        Fit(kind=None, product_id="pas", theme=None, department_id=None),
        Fit(kind="request", product_id=None, theme="Reizen", department_id="d"),
        Fit(kind="request", product_id=None, theme=None, department_id="d"),
        Fit(kind=None, product_id=None, theme=None, department_id="d"),
        EVERYTHING,
    ]
    scores = [score(fit, **asked) for fit in fits]  # type: ignore[arg-type]
    assert scores == sorted(scores, reverse=True)  # type: ignore[type-var]
    assert len(set(scores)) == len(scores)


@pytest.mark.parametrize("other", [{"kind": "complaint"}, {"product_id": "ander"}, {"theme": "Wonen"}])
def test_a_template_for_other_questions_is_not_offered(other: dict[str, str]) -> None:
    fit = Fit(**{"kind": None, "product_id": None, "theme": None, "department_id": None, **other})
    assert score(fit, kind="request", product_id="pas", themes={"Reizen"}) is None
