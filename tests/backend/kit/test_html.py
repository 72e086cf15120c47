"""Nothing dangerous stays, nothing useful goes, and the plain text reads like the page."""

import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kit.html import HtmlTooComplex, sanitise, to_text
from backend.kit.text import clean_text

quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LPDC = Path(__file__).parents[4] / "shared" / "data" / "lpdc" / "ldes"
ALLOWED = {"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "a", "h2", "h3", "h4", "h5"} | {
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td")
}
ATTRIBUTES = {"a": {"href", "rel"}, "th": {"colspan", "rowspan", "scope"}, "td": {"colspan", "rowspan"}}


class Inspector(HTMLParser):
    """Collects everything in a fragment that is not on the list."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()):
                self.wrong.append(f"{tag} {name}")
            if name == "href" and not re.match(r"(?:https?|mailto|tel):", value or "", re.IGNORECASE):
                self.wrong.append(f"href {value}")
        if tag == "a" and dict(attrs).get("rel") != "noopener noreferrer":
            self.wrong.append("a without rel")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(f"declaration {decl}")


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("", ""),
        ("   \n", ""),
        ("gewone tekst", "gewone tekst"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<p>een<p>twee", "<p>een</p><p>twee</p>"),
        ("<h2>T</h2><ul><li><b>x</b></ul>", "<h2>T</h2><ul><li><b>x</b></li></ul>"),
        ("<p>m<sup>2</sup> <u>en</u> <span class=x>meer</span></p>", "<p>m2 en meer</p>"),
        ("<h1>T</h1>x<h6 id=a>U</h6>", "<h2>T</h2>x<h5>U</h5>"),
        ("<div>a</div><DIV id=x>b</DIV>", "<p>a</p><p>b</p>"),
        ("<div><p>a</p></div>", "<p>a</p>"),
        (
            "<a href='https://stad.example/?a=1&b=2' target=_blank onclick=x() rel=opener>x</a>",
            '<a href="https://stad.example/?a=1&amp;b=2" rel="noopener noreferrer">x</a>',
        ),
        ("<a href=tel:1700>1700</a>", '<a href="tel:1700" rel="noopener noreferrer">1700</a>'),
        (
            "<table><tr><th scope=col colspan=2 style=x>A<td>b",
            '<table><tbody><tr><th scope="col" colspan="2">A</th><td>b</td></tr></tbody></table>',
        ),
        ("<script>alert(1)</script>y<style>p{}</style>", "y"),
        ("<p title=x lang=fr data-x=1 id=x class=x>y</p>", "<p>y</p>"),
        ("<!-- geheim -->x<!DOCTYPE html>", "x"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<p onmouseover=alert(1) style='x'>x</p>", "<p>x</p>"),
        ("a\x00b&#0;\ud800\u202ec&#1;d&#x202e;e", "ab\ufffdcde"),
        ("<<p>x", "&lt;<p>x</p>"),
        ("</p></div></ul>", ""),
    ],
)
def test_sanitising(html: str, safe: str) -> None:
    assert sanitise(html) == safe


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "java&#9;script:alert(1)",
        "&#x6a;avascript:alert(1)",
        "&#1;javascript:alert(1)",
        "&#x202e;javascript:alert(1)",
        "java&#x202e;script:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "/relatief",
        "#anker",
        "?vraag",
        "",
    ],
)
def test_only_absolute_links_of_harmless_kinds_stay(href: str) -> None:
    assert "href" not in sanitise(f'<a href="{href}">x</a>')
    assert to_text(f'<a href="{href}">x</a>') == "x"


@pytest.mark.parametrize(
    "attack",
    [
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<svg><style><a title='</style><img src=x onerror=alert(1)>'>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<form action=x><input><button formaction=javascript:x>",
        "<iframe srcdoc='<script>1</script>'></iframe><object data=x></object><embed src=x>",
        "<base href=x><meta http-equiv=refresh content='0;url=x'><link rel=stylesheet href=x>",
        "<div<script>>x</div>",
        "<h1/onclick=x>x</h1 onclick=x>",
        "<template><script>x</script></template><xmp><img src=x></xmp><plaintext><img>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
)
def test_known_attacks_leave_nothing(attack: str) -> None:
    safe = sanitise(attack)
    assert Inspector(safe).wrong == []
    assert sanitise(safe) == safe


PIECES = [
    *(
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<ul>",
        "</ul>",
        "<ol>",
        "</ol>",
        "<li>",
        "</li>",
        "<br>",
        "<b>",
        "</b>",
        "<i>",
    ),
    *("<a href='https://x.be/é'>", "<a href=javascript:x>", "</a>", "<h1>", "</h1>", "<h6>", "<textarea>", "<svg>"),
    *("<table>", "</table>", "<tr>", "<td>", "</td>", "<th>", "<script>", "</script>", "<style>", "</style>"),
    *("<!--", "-->", "&lt;", "&#60;", "&amp;", "&#1;", '"', "'", ">", "<", "<p title='", "<img src=x onerror=y>"),
]
fragments = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25).map("".join)


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(fragments)
def test_whatever_comes_in_only_the_list_comes_out(html: str) -> None:
    safe = sanitise(html)
    assert Inspector(safe).wrong == []
    assert "\x00" not in to_text(html)


@quick
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf"], exclude_characters="<&"), max_size=200))
def test_text_without_tags_stays_as_it_is(text: str) -> None:
    assert to_text(text).split() == clean_text(text).split()


def test_plain_text_reads_like_the_page() -> None:
    page = """
      <h1>Verhuizen</h1>
      <div>Geef je   nieuwe adres door.</div>
      <p>Ga naar <a href="https://stad.example/verhuis">de website</a>
         of <a href="https://www.stad.example/">stad.example</a>,
         mail <a href="mailto:info@stad.example">info@stad.example</a>,
         bel <a href="tel:092667000">09 266 70 00</a>.<br>Tot straks!</p>
      <p>Breng mee:</p>
      <ul><li><p>je <b>identiteitskaart</b></p><p>(of de kids-ID)</p>
            <ul><li>van jou</li><li>van je kind</li></ul></li>
          <li>de sleutel:<ol><li>voordeur</li><li>garage</li></ol></li></ul>
      Daarna
      <table><caption>Prijs</caption><tr><th>Wat</th><th>Euro</th></tr>
        <tr><td><p>kaart</p></td><td><p>25</p><p>cash</p></td></tr></table>
      <p>2 &lt; 3 &amp; klaar</p><script>weg()</script>"""
    assert to_text(page) == (
        "Verhuizen\n\n"
        "Geef je nieuwe adres door.\n\n"
        "Ga naar de website (https://stad.example/verhuis) of stad.example, mail info@stad.example, "
        "bel 09 266 70 00.\n"
        "Tot straks!\n\n"
        "Breng mee:\n\n"
        "- je identiteitskaart\n"
        "  (of de kids-ID)\n"
        "  - van jou\n"
        "  - van je kind\n"
        "- de sleutel:\n"
        "  1. voordeur\n"
        "  2. garage\n\n"
        "Daarna\n\n"
        "Prijs\n\n"
        "Wat | Euro\n"
        "kaart | 25 cash\n\n"
        "2 < 3 & klaar"
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        (" <p> </p><ul><li></li></ul> ", ""),
        ("<a href='https://x.be/a'></a>", "https://x.be/a"),
        ("<a href='https://x.be/a'>klik", "klik (https://x.be/a)"),
        ("<a href='mailto:a@x.be'>schrijf ons</a>", "schrijf ons (a@x.be)"),
        ("<a href='HTTPS://WWW.X.be'>x.be</a>", "x.be"),
        ("<li>los</li>", "- los"),
        ("<ul><li></li>geen punt<li>punt</ul>", "  geen punt\n- punt"),
        ("<ol><li>a</ol><ol><li>b</ol>", "1. a\n\n1. b"),
        ("a<br><br>b", "a\nb"),
        ("&amp;lt;", "&lt;"),
        ("a&nbsp;b", "a b"),
        ("<p>\u200b</p><p>\u200bwoon&shy;plaats\ufeff</p>", "woonplaats"),
    ],
)
def test_small_and_odd_input_as_text(html: str, text: str) -> None:
    assert to_text(html) == text


def test_a_bomb_of_tags_is_refused_at_once_and_the_largest_accepted_is_affordable() -> None:
    for bomb in ("<div>" * 100_000, "<ul><li>" * 100_000, "<" * 5001):
        began = time.perf_counter()
        with pytest.raises(HtmlTooComplex):
            sanitise(bomb)
        with pytest.raises(HtmlTooComplex):
            to_text(bomb)
        assert time.perf_counter() - began < 5
    for nested in ("<div>" * 5000, "<ul><li>" * 2500, "<a href='https://x.be'>" * 5000, "<b><p>" * 2500, "<div" * 5000):
        began = time.perf_counter()
        to_text(nested)
        assert time.perf_counter() - began < 20


@pytest.mark.skipif(not LPDC.is_dir(), reason="the shared data folder (../shared/data/lpdc) is not there")
def test_every_text_of_a_real_catalogue_survives() -> None:
    texts: list[str] = []

    def collect(value: object) -> None:
        if isinstance(value, str):
            if re.search(r"<\w", value):
                texts.append(value)
        elif isinstance(value, dict | list):
            for inner in value.values() if isinstance(value, dict) else value:
                collect(inner)

    collect(json.loads((LPDC / "lochristi-page-0.json").read_bytes()))
    assert len(texts) > 100
    for text in texts:
        safe = sanitise(text)
        assert Inspector(safe).wrong == []
        assert sanitise(safe) == safe
        words = re.findall(r"\w+", re.sub(r"<[^>]*>", " ", text.replace("\u200b", "")))
        plain = to_text(text)
        assert not re.search(r"</?[a-z]", plain)
        missing = [word for word in words if word not in plain and f"&{word};" not in text]
        assert missing == []
