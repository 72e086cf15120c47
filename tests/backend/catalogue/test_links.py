"""The transaction link: whatever data are filled in, it leads where the template leads; bad templates say why."""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.rules import PLACEHOLDERS, TRANSACTION_URL, template_fault, transaction_link

DATA = st.dictionaries(st.sampled_from(PLACEHOLDERS), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
LITERAL = st.text("ab9-._~%!$'()*+,;:@", max_size=4)
PLACE = st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS])
PIECE = st.lists(LITERAL | PLACE, max_size=3).map("".join)
TEMPLATE = st.builds(
    "https://loket.stad.example{}{}{}".format,
    st.lists(PIECE, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts)),
    st.lists(st.tuples(st.text("xyz", min_size=1, max_size=3), PIECE), max_size=3).map(
        lambda pairs: "?" + "&".join(f"{name}={value}" for name, value in pairs) if pairs else ""
    ),
    st.none().map(lambda _: "") | PIECE.map("#{}".format),
)


@given(TEMPLATE, DATA)
def test_data_never_change_where_a_link_leads(template: str, known: dict[str, str]) -> None:
    assert template_fault(template) is None
    link, asked = transaction_link(template, known), template.replace("{", "").replace("}", "")
    made, meant = urlsplit(link), urlsplit(asked)
    assert (made.scheme, made.netloc) == (meant.scheme, meant.netloc) == ("https", "loket.stad.example")
    assert made.path.count("/") == meant.path.count("/")
    steps = zip(made.path.split("/"), template.partition("#")[0].partition("?")[0].split("/")[2:], strict=True)
    assert not [part for part, place in steps if "{" in place and unquote(part) in {".", ".."}]
    assert set('{}<>"\\ \n\t\r') & set(link) == set()
    assert link.isascii()
    assert {name for name, _ in parse_qsl(made.query)} <= {name for name, _ in parse_qsl(meant.query)}
    assert bool(made.fragment) <= bool(meant.fragment)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_a_value_arrives_as_it_was(value: str) -> None:
    link = transaction_link("https://loket.stad.example/a?n={name}&vast=1", {"name": value})
    assert [pair.partition("=")[2] for pair in urlsplit(link).query.split("&")] == [link.split("n=")[1][:-7], "1"]
    assert unquote(link.split("n=")[1][:-7]) == value


@given(st.text(alphabet='htps:/.@{}nameLoket-_?#&=%19 \\"<>[]', max_size=30).map("https://{}".format) | TEMPLATE)
def test_what_is_accepted_is_what_the_pattern_of_seed_data_accepts(template: str) -> None:
    described = re.search(r"^https?://[^\s<>\"\\]+$", template) and not template.endswith("\n")
    if described and template_fault(template) is None:
        assert re.search(TRANSACTION_URL, template)
        transaction_link(template, dict.fromkeys(PLACEHOLDERS, "../x"))


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("https://loket.stad.example/{onbekend}", "{onbekend} is no placeholder"),
        ("https://loket.stad.example/{ssin}", "{ssin} is no placeholder"),
        ("https://loket.stad.example/{}", "{} is no placeholder"),
        ("https://loket.stad.example/}{", "brace"),
        ("https://{name}.example/", "may not stand in the host"),
        ("https://stad.example:{phone}/", "may not stand in the host"),
        ("https://stad.example@evil.example/", "@"),
        ("https://stad.example:geheim@evil.example/", "@"),
        ("https://127.0.0.1/", "name of a host"),
        ("https://0x7f.1/", "name of a host"),
        ("https://2130706433/", "name of a host"),
        ("https://[::1]/", "name of a host"),
        ("https://-a.example/", "name of a host"),
        ("https://a..example/", "name of a host"),
        ("https://a.example./", "name of a host"),
        ("https:///pad", "name of a host"),
        (f"https://{'a' * 64}.example/", "name of a host"),
        (f"https://{'a.' * 130}example/", "name of a host"),
        ("https://stad.example:99999/", "is not a port"),
        ("https://stad.example:/", "is not a port"),
        ("https://stad.example:0/", "is not a port"),
        ("ftp://stad.example/", "begins with"),
        ("javascript:alert(1)", "begins with"),
        ("//stad.example/", "begins with"),
    ],
)
def test_a_bad_template_says_why(template: str, said: str) -> None:
    fault = template_fault(template)
    assert fault is not None
    assert said in fault


@pytest.mark.parametrize(
    ("template", "known", "link"),
    [
        ("https://a.be/{name}/x", {"name": ".."}, "https://a.be//x"),
        ("https://a.be/%2e{name}/x", {"name": "."}, "https://a.be//x"),
        ("https://a.be/{name}/x", {"name": "a/../b"}, "https://a.be/a%2F..%2Fb/x"),
        ("https://a.be/../x", {"name": "."}, "https://a.be/../x"),
        ("https://a.be?n={name}", {"name": "&m=1#top"}, "https://a.be?n=%26m%3D1%23top"),
        ("https://a.be/{name}", {"name": "{email}", "email": "x"}, "https://a.be/%7Bemail%7D"),
        (
            "https://a.be/?s={street}&h={houseNumber}&b={box}",
            {"street": "Kaai", "houseNumber": "1"},
            "https://a.be/?s=Kaai&h=1",
        ),
    ],
)
def test_values_that_try(template: str, known: dict[str, str], link: str) -> None:
    assert transaction_link(template, known) == link
