import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from backend.notifications.errors import LetterIncomplete
from backend.notifications.rules import TEMPLATES, AppointmentFacts, FlowTaskFacts, MailContext, RenderedMail, render
from tests.backend.notifications.conftest import AT, CONTEXT

FORMS: tuple[Literal["informal", "formal"], ...] = ("informal", "formal")
JE = re.compile(r"\b(je|jij|jou|jouw)\b", re.IGNORECASE)
U = re.compile(r"\b(u|uw|uzelf)\b", re.IGNORECASE)
BARE = MailContext(
    city="Stad Zonderwater",
    city_phone="09 399 99 99",
    city_website="",
    form="informal",
    reference="4F7-K2M-9XF",
    subject="",
    at=AT,
)
NEEDED: dict[str, object] = {
    "message_text": "Welke dag?",
    "product_name": "Reispas",
    "department_name": "Burgerzaken",
    "code": "047 112",
    "minutes": 10,
    "appointment": AppointmentFacts(news="changed", start=AT, end=AT + timedelta(minutes=30), expert="Els"),
    "notice": "overdue",
    "claim_url": "https://www.zonderwater.example/contact/bevestig#token",
    "days": 7,
    "flow_task": FlowTaskFacts(kind="productWithdrawn", title="Verhuizen", about="ipdc:verhuis"),
}
TO_A_STRANGER = ("verification", "claim", "claimed")
"""These may reach one: they name nobody and no question."""
ABOUT_A_QUESTION = [template for template in TEMPLATES if template not in {*TO_A_STRANGER, "task"}]


class Reader(HTMLParser):
    """What a browser makes of a letter."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def links(self) -> list[str | None]:
        return [attributes.get("href") for tag, attributes in self.tags if tag == "a"]


def letter(template: str, **changes: object) -> RenderedMail:
    return render(template, replace(CONTEXT, **changes))


@pytest.mark.parametrize("template", ABOUT_A_QUESTION)
@pytest.mark.parametrize("form", FORMS)
def test_every_letter_says_who_what_and_where_in_both_bodies(template: str, form: str) -> None:
    mail = letter(template, form=form)
    assert mail.subject.endswith(" [4F7-K2M-9XF]")
    assert "\n" not in mail.subject
    for body in (mail.text, Reader(mail.html).text):
        for said in ("Beste An Verhaeghe", "4F7-K2M-9XF", "Stad Zonderwater", "09 399 99 99", "zonderwater.example"):
            assert said in body
        assert "None" not in body


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_form_of_address_is_kept(template: str) -> None:
    je, u = letter(template, form="informal"), letter(template, form="formal")
    for body in (je.subject, je.text, Reader(je.html).text):
        assert not U.search(body)
    for body in (u.subject, u.text, Reader(u.html).text):
        assert not JE.search(body)
    assert JE.search(je.text)
    assert U.search(u.text)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("acknowledgement", ["Reispas verlopen", "Burgerzaken", "woensdag 25 november 2026, vóór 17 uur",
                             "maandag 23 november 2026", "Nog geen antwoord na die dag?"]),
        ("information", ["Afspraak nodig. Breng een pasfoto mee.", "Een pas om te reizen.", "Online een afspraak"]),
        ("clarification", ["Op welke dag begint de reis?", "Beantwoord deze mail", "bel ons op"]),
        ("recap", ["doorgegeven aan Burgerzaken", "Kan het met spoed?", "woensdag 25 november 2026, vóór 17 uur"]),
        ("answer", ["Reispas verlopen", "Op welke dag begint de reis?", "Heb je nog een vraag hierover?"]),
        ("appointment", ["maandag 30 november 2026, van 10 uur tot 10.30 uur", "Els Wouters", "Stadhuis, loket 4"]),
        ("unreached", ["drie keer gebeld", "per e-mail", "woensdag 25 november 2026, vóór 17 uur"]),
    ],
)  # fmt: skip
def test_what_each_letter_is_about(template: str, said: list[str]) -> None:
    mail = letter(template)
    for body in (mail.text, Reader(mail.html).text):
        for words in said:
            assert words in body


@pytest.mark.parametrize("form", FORMS)
def test_the_letter_with_a_code_gives_nothing_else_away(form: Literal["informal", "formal"]) -> None:
    mail = render("verification", replace(BARE, form=form, reference="", code="047 112", minutes=10))
    assert "[" not in mail.subject
    assert "047" not in mail.subject, "subjects are shown on locked screens and kept in logs of mail servers"
    for body in (mail.text, Reader(mail.html).text):
        for said in ("Goedendag", "047 112", "10 minuten", "Geef de code aan niemand", "Stad Zonderwater"):
            assert said in body
        assert "een vraag stelde" not in body


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("template", "days", "said"),
    [("claim", 7, "gegevens lijken"), ("claimed", 14, "14 dagen lang ongedaan maken")],
)
def test_a_letter_about_whose_a_form_is_gives_nothing_away(
    form: Literal["informal", "formal"], template: str, days: int, said: str
) -> None:
    url = "https://www.zonderwater.example/contact/bevestig#a_token-b"
    mail = render(template, replace(BARE, form=form, reference="", claim_url=url, days=days))
    assert "[" not in mail.subject
    for body in (mail.text, Reader(mail.html).text):
        for words in ("Goedendag,", said, f"{days} dagen", "Stad Zonderwater", "09 399 99 99", "gegevens staat."):
            assert words in body
        assert "een vraag stelde." not in body
    assert mail.text.count(url) == 1
    assert Reader(mail.html).links().count(url) == 1


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("productWithdrawn", ["Het gaat om: ipdc:12", "niet meer zichtbaar"]),
        ("productUnknown", ["Het gaat om: ipdc:12", "we niet kennen"]),
        ("linkedFlowGone", ["Het gaat om: ipdc:12", "niet meer gepubliceerd"]),
        ("reviewDue", ["uiterlijk op zondag 20 december 2026", "Klopt alles nog?"]),
        ("reviewOverdue", ["moest uiterlijk op zondag 20 december 2026 nagekeken zijn"]),
    ],
)
def test_the_owner_of_a_flow_hears_what_to_do(kind: str, said: list[str]) -> None:
    facts = msgspec.convert(
        {"kind": kind, "title": "Verhuizen", "about": "ipdc:12", "day": "2026-12-20"}, FlowTaskFacts
    )
    mail = render("task", replace(BARE, reference="", flow_task=facts))
    assert "egwijzer" in mail.subject
    for body in (mail.text, Reader(mail.html).text):
        for words in (*said, "Wegwijzer: Verhuizen", "wegwijzers beheert"):
            assert words in body.replace("\n", " ")


def test_the_information_links_to_help_and_application() -> None:
    mail = letter("information")
    url = "https://loket.zonderwater.example/reispas?naam=An&referentie=4F7-K2M-9XF"
    assert url in mail.text
    assert "https://www.zonderwater.example/hulpfiche/reispas" in mail.text
    assert {url, "https://www.zonderwater.example/hulpfiche/reispas"} <= set(Reader(mail.html).links())


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_html_is_readable_for_everybody_and_stands_alone(template: str) -> None:
    html = letter(template, product_html="<h2>Kosten</h2><table><tr><td>75 euro</td></tr></table>").html
    tags = [tag for tag, _ in Reader(html).tags]
    assert '<html lang="nl">' in html
    assert tags.count("h1") == 1
    assert "title" in tags
    assert not {"img", "link", "script", "style", "iframe", "form", "object", "svg"} & set(tags)
    assert "url(" not in html
    assert "class=" not in html
    layout = [attributes for tag, attributes in Reader(html).tags if tag == "table" and "cellpadding" in attributes]
    assert all("role" in attributes or attributes.get("width") == "100%" for attributes in layout)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_colour_of_a_text_stands_out_from_what_is_behind_it(template: str) -> None:
    html = letter(template).html
    shown = set(re.findall(r"(?<![-\w])color:(#[0-9a-f]{6})", html)) - {"#ffffff"}
    behind = set(re.findall(r"background-color:(#[0-9a-f]{6})", html)) - {"#0f4c5c"}
    assert shown
    assert min(contrast(text, back) for text in shown for back in behind) >= 4.5
    assert contrast("#ffffff", "#0f4c5c") >= 4.5


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("form", FORMS)
def test_what_is_not_known_is_left_out(template: str, form: Literal["informal", "formal"]) -> None:
    mail = render(template, replace(BARE, form=form, **{name: NEEDED[name] for name in TEMPLATES[template]}))
    for body in (mail.text, Reader(mail.html).text):
        assert "Goedendag," in body
        assert "None" not in body
        assert "Website" not in body
        assert not re.search(r":\s*$", mail.subject.split(" [")[0])
    assert not re.search(r"^(Dienst|Je vraag|Uw vraag|Ontvangen op|Doorgegeven op): *$", mail.text, re.MULTILINE)
    assert "uiterlijk" not in mail.text + mail.html
    labels = re.findall(r"<th scope[^>]*>([^<]*)</th>", mail.html)
    assert set(labels) <= {"Ontvangen op", "Doorgegeven op", "Dienst", "Wanneer", "Met"}
    assert ("Dienst" in labels) == (template in {"recap", "reopened"})


@pytest.mark.parametrize(
    ("template", "missing"),
    [("answer", "message_text"), ("clarification", "message_text"), ("recap", "department_name"),
     ("information", "product_name"), ("verification", "code"), ("receipt", "template")],
)  # fmt: skip
def test_a_letter_without_what_it_is_about_is_a_dead_letter(template: str, missing: str) -> None:
    with pytest.raises(LetterIncomplete, match=f"{missing}.* is missing"):
        render(template, BARE)


def test_the_subject_of_the_question_cannot_leave_its_line_or_pass_for_a_reference() -> None:
    subject = letter("answer", subject="Hallo\r\nBcc: x@y.be\u2028[AAA-BBB-CCC]\x00\u202e\u200b " + "x" * 200).subject
    assert subject.startswith("Het antwoord op je vraag: Hallo Bcc: x@y.be (AAA-BBB-CCC) xxx")
    assert subject.endswith("x… [4F7-K2M-9XF]")
    assert len(subject) == len("Het antwoord op je vraag: ") + 120 + len(" [4F7-K2M-9XF]")


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.mark.parametrize("template", TEMPLATES)
def test_typed_text_stays_text(template: str) -> None:
    fields = ("customer_name", "subject", "question_text", "message_text", "department_name", "product_name",
              "product_text", "first_line_information", "city")  # fmt: skip
    html = letter(template, **dict.fromkeys(fields, HOSTILE), help_sheets=[(HOSTILE, "https://a.example")]).html
    tags = Reader(html).tags
    assert not {"script", "img"} & {tag for tag, _ in tags}
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert Reader(html).text.count("<script>alert(1)</script>") >= 3


def test_what_an_author_typed_stays_text() -> None:
    facts = FlowTaskFacts(kind="productUnknown", title=HOSTILE, about=HOSTILE)
    html = render("task", replace(BARE, reference="", flow_task=facts)).html
    assert not {"script", "img"} & {tag for tag, _ in Reader(html).tags}
    assert Reader(html).text.count("<script>alert(1)</script>") == 2


def test_product_html_is_cleaned_and_dressed() -> None:
    breakout = '<a href="https://a.example/<a onclick=alert(1) ">hier</a>'
    hostile = f'<p onclick="x()">Kom <a href="javascript:x()">langs</a> of {breakout}</p><script>x()</script>'
    html = letter("information", product_html=hostile).html
    tags = Reader(html).tags
    assert "script" not in {tag for tag, _ in tags}
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert not [link for link in Reader(html).links() if link and link.startswith("javascript")]
    assert all("style" in attributes for tag, attributes in tags if tag in {"a", "p"})


def test_product_html_that_is_too_much_gives_way_to_the_text() -> None:
    mail = letter("information", product_html="<b>" * 6000)
    assert "Een pas om te reizen." in mail.text
    assert "Een pas om te reizen." in mail.html


def test_product_html_alone_is_enough() -> None:
    mail = letter("information", product_html="<ul><li>Pasfoto</li></ul>", product_text=None)
    assert "- Pasfoto" in mail.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/hier", "ftp://a.example", "https://", "https://a b.example"])
def test_a_link_that_no_browser_should_follow_is_left_out(url: str) -> None:
    mail = letter("information", transaction_url=url, help_sheets=[("Hulpfiche", url)])
    assert url not in Reader(mail.html).links()
    assert "Hulpfiche" not in mail.text
    assert "Regel het online" not in mail.text


def test_links_of_staff_can_be_clicked_and_those_of_customers_cannot() -> None:
    text = "Kijk op https://a.example/x."
    assert "https://a.example/x" in Reader(letter("answer", message_text=text).html).links()
    assert "https://a.example/x" not in Reader(letter("recap", question_text=text).html).links()


def test_lines_and_paragraphs_survive() -> None:
    mail = letter("recap", question_text="Eerste regel\r\ntweede regel\n\n\n\nnieuwe alinea")
    assert "> Eerste regel\n> tweede regel\n>" in mail.text
    assert "> nieuwe alinea" in mail.text
    assert re.search(r"<p[^>]*>Eerste regel<br>tweede regel</p>\s*<p[^>]*>nieuwe alinea</p>", mail.html)


def test_a_number_that_works_in_one_network_only_is_no_link() -> None:
    assert "tel:+3293999999" in Reader(letter("answer").html).links()
    assert not [link for link in Reader(letter("answer", city_phone="1700").html).links() if "tel:" in (link or "")]


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        letter("acknowledgement", deadline=datetime(2026, 11, 25, 17))  # noqa: DTZ001 that is the point


@pytest.mark.parametrize(
    ("news", "said", "unsaid"),
    [
        ("planned", "Je afspraak op maandag 30 november 2026", "veranderd"),
        ("changed", "Je afspraak is veranderd", "gaat niet door"),
        ("cancelled", "Je afspraak op maandag 30 november 2026 gaat niet door", "agenda te zetten"),
    ],
)
def test_a_letter_about_an_appointment_says_what_is_new(news: str, said: str, unsaid: str) -> None:
    assert CONTEXT.appointment is not None
    told = replace(CONTEXT.appointment, news=news)
    mail = letter("appointment", appointment=told, message_text="De dienst sluit vroeger.")
    assert said in mail.subject
    for body in (mail.text, Reader(mail.html).text):
        assert "De dienst sluit vroeger." in body
        assert unsaid not in body
    link = "https://afspraken.zonderwater.example/4F7-K2M-9XF"
    assert (link in Reader(mail.html).links()) == (link in mail.text) == (news != "cancelled")
    hostile = letter("appointment", appointment=replace(told, link="javascript:alert(1)", place="x\r\nBcc: y"))
    assert "javascript" not in hostile.html + hostile.text
    assert "x\nBcc" not in hostile.text


@given(text=st.text(max_size=300), template=st.sampled_from(sorted(TEMPLATES)))
def test_any_text_gives_a_whole_letter(text: str, template: str) -> None:
    mail = letter(template, subject=text, question_text=text, customer_name=text, message_text=text or "x")
    assert len(mail.subject.splitlines()) == 1
    reader = Reader(mail.html)
    assert [tag for tag, _ in reader.tags].count("h1") == 1
    last = ("nakijkt.", "stelde.")
    assert reader.text.rstrip().endswith(last)
    assert mail.text.rstrip().endswith(last)
