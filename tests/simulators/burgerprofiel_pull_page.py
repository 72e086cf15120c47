"""What the simulator of Mijn Burgerprofiel shows of what it pulled, for the citizen who is chosen on its page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from tests.simulators.burgerprofiel_source import Detail, Form, Message, Pulled, Question

BRUSSELS = ZoneInfo("Europe/Brussels")
DIRECTIONS = {"inbound": "Van jou", "outbound": "Van de stad"}


def chooser(people: Mapping[str, str], chosen: str) -> str:
    """The form in which a citizen is chosen; in the body, as a national number is in no address."""
    options = "".join(
        f'<option value="{escape(ssin)}"{" selected" if ssin == chosen else ""}>{escape(name)}</option>'
        for ssin, name in people.items()
    )
    return (
        '<form method="post" action="/"><p><label for="burger">Welke burger ben je?</label><br>\n'
        f'<select id="burger" name="burger">{options}</select> <button>Toon mijn gegevens</button></p></form>\n'
    )


def pulled_part(ssin: str, name: str, pulled: Pulled | str) -> str:
    """What the city has about a citizen, or why that cannot be shown."""
    title = f"Gegevens van {escape(name)}"
    head = f'<section aria-labelledby="opgehaald"><h2 id="opgehaald">{title}</h2>\n'
    if isinstance(pulled, str):
        return f'{head}<p role="alert">Ophalen bij de stad is niet gelukt. {escape(pulled)}</p></section>\n'
    told = "<p>Dit haalde Mijn Burgerprofiel net op bij de stad.</p>\n"
    detail = _detail(pulled.detail) if pulled.detail else ""
    lists = detail + _questions(ssin, pulled.questions) + _messages(pulled.messages)
    looked = _table(
        "Wie bekeek mijn gegevens?",
        ("Dag", "Waarom", "Dienst"),
        [(_day(one.day), escape(one.purpose), escape(one.department or "Stad")) for one in pulled.consultations],
        "Niemand bekeek je gegevens.",
    )
    return f"{head}{told}{lists}{looked}{_forms(ssin, pulled.forms)}</section>\n"


def form_page(product: str, name: str) -> str:
    """In place of the page of the city with the contact form."""
    who = f"Je bent ingelogd als {escape(name)}." if name else "Je bent niet ingelogd."
    return (
        '<!doctype html>\n<html lang="nl"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>Formulier van de stad (simulator)</title></head><body><main>\n"
        f"<h1>Formulier over product {escape(product)}</h1>\n<p>{who}</p>\n"
        "<p>In het echt staat hier de pagina van de stad met het contactformulier.</p>\n"
        '<p><a href="/">Terug naar Mijn Burgerprofiel</a></p>\n</main></body></html>\n'
    )


def _questions(ssin: str, questions: Sequence[Question]) -> str:
    rows = [
        (
            f"{escape(one.name)}<br>{escape(one.reference)}",
            f"{escape(one.status)}<br>sinds {_moment(one.changed_at)}",
            escape(one.department),
            _button(ssin, "vraag", one.id, "Bekijk" + _only_read(f" vraag {one.reference}")),
        )
        for one in questions
    ]
    return _table("Mijn vragen", ("Vraag", "Status", "Dienst", "Meer"), rows, "Je hebt geen vragen.")


def _detail(one: Detail) -> str:
    title = f"Vraag {escape(one.reference)}: {escape(one.name)}"
    steps = "".join(
        f"<li>{_moment(step.at)}: {escape(step.name)} ({escape(step.department)})</li>" for step in one.steps
    )
    text = f"<p>{escape(one.text)}</p>" if one.text else ""
    said = _messages(one.messages, "Berichten over deze vraag")
    return f"<h3>{title}</h3>\n{text}<p>Status: {escape(one.status)}</p>\n<ol>{steps}</ol>\n{said}"


def _messages(messages: Sequence[Message], title: str = "Mijn berichten") -> str:
    rows = [
        (
            escape(one.name),
            DIRECTIONS.get(one.direction, "") + f"<br>{_moment(one.at)}",
            escape(one.text).replace("\n", "<br>"),
            escape(one.reference),
        )
        for one in messages
    ]
    return _table(title, ("Bericht", "Van wie", "Tekst", "Over vraag"), rows, "Je hebt geen berichten.")


def _forms(ssin: str, forms: Sequence[Form]) -> str:
    rows = [
        (
            escape(one.name),
            escape(one.product_id),
            _button(ssin, "formulier", one.id, "Open" + _only_read(f" {one.name}")),
            f'<a href="{escape(one.links.fallback.href)}">Open zonder inlog{_only_read(": " + one.name)}</a>',
        )
        for one in forms
    ]
    heads = ("Formulier", "Nummer", "Met je inlog", "Zonder inlog")
    return _table(f"Formulieren van de stad ({len(forms)})", heads, rows, "De stad heeft geen formulieren.")


def _only_read(text: str) -> str:
    """For who listens to the page: which of the many."""
    return f'<span class="stil">{escape(text)}</span>'


def _button(ssin: str, name: str, value: str, label: str) -> str:
    return (
        f'<form method="post" action="/"><input type="hidden" name="burger" value="{escape(ssin)}">'
        f'<button name="{name}" value="{escape(value)}">{label}</button></form>'
    )


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], nothing: str) -> str:
    if not rows:
        return f"<h3>{title}</h3>\n<p>{nothing}</p>\n"
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>\n'
        for first, *rest in rows
    )
    return f"<table><caption><h3>{title}</h3></caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>\n"


def _moment(text: str) -> str:
    at = datetime.fromisoformat(text).astimezone(BRUSSELS)
    return f'<time datetime="{escape(text)}">{at.day}/{at.month}/{at.year} om {at:%H:%M}</time>'


def _day(text: str) -> str:
    year, month, day = text.split("-")
    return f'<time datetime="{escape(text)}">{int(day)}/{int(month)}/{int(year)}</time>'
