"""The letters: what a customer reads, as subject, plain text and HTML, in the city's form of address."""

from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from backend.kit.clock import BRUSSELS
from backend.kit.html import HtmlTooComplex, sanitise, to_text
from backend.kit.text import drop_refused
from backend.notifications.errors import LetterIncomplete
from backend.notifications.rules import wording
from backend.notifications.rules.dates import day_in_words, deadline_in_words, period_in_words

TEMPLATES: dict[str, tuple[str, ...]] = {
    "acknowledgement": (),
    "information": ("product_name",),
    "clarification": ("message_text",),
    "recap": ("department_name",),
    "answer": ("message_text",),
    "reopened": ("department_name",),
    "verification": ("code", "minutes"),
    "appointment": ("appointment",),
    "unreached": (),
    "notice": ("notice",),
    "task": ("flow_task",),
    "claim": ("claim_url", "days"),
    "claimed": ("claim_url", "days"),
}
"""The letters there are -> the facts without which one would say nothing."""


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """What every letter of the city says about the city; see `MailContext`."""

    city: str
    city_phone: str
    city_website: str
    form: Literal["informal", "formal"]


class AppointmentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter tells of an appointment: what is new, when it is (aware), with whom, where, the link to it."""

    news: Literal["planned", "changed", "cancelled"]
    start: datetime
    end: datetime
    expert: str
    place: str | None = None
    link: str | None = None


class FlowTaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter tells the owner of guided questions: which kind of task, about which flow, and what in it.

    Attributes:
        about: the product or the other flow, as the flow names it.
        day: before which it is to be reviewed.
    """

    kind: Literal["productWithdrawn", "productUnknown", "reviewDue", "reviewOverdue", "linkedFlowGone"]
    title: str
    about: str | None = None
    day: date | None = None


class MailContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter can tell; a letter leaves out what is None or empty.

    Attributes:
        city: name of the city.
        city_phone: number customers can call, as people write it.
        city_website: address of the website, http or https.
        form: `informal` says je, `formal` says u.
        customer_name: whom the letter greets.
        reference: of the question, `XXX-XXX-XXX`; empty when the letter is about no question.
        subject: what the question is about, in the customer's or agent's words; empty when the letter must say
            nothing that the sender typed (public form).
        question_text: the question itself.
        department_name: who handles the question.
        deadline: before when the answer comes (aware).
        message_text: the clarification asked, or the answer (plain text).
        product_name: name of the product.
        product_text: its description as plain text; used when there is no HTML.
        product_html: its description as HTML; cleaned here once more.
        first_line_information: what the contact centre tells at once (plain text).
        help_sheets: title and address of each help sheet.
        transaction_url: where the product is applied for.
        code: what proves that the reader has this address, as people read it aloud (`123 456`).
        minutes: how long the code is good.
        appointment: the appointment that the letter is about; `message_text` is then why it changed.
        notice: why a colleague is told about the question; see `notice.words.txt`.
        flow_task: what the owner of guided questions has to do.
        satisfaction_url: where the reader says whether the answer helped.
        claim_url: where the reader confirms that a question is theirs, or undoes that it was.
        days: how long that works.
        at: when the question was registered, the code was asked or, for a recap, passed on (aware).
    """

    city: str
    city_phone: str
    city_website: str
    form: Literal["informal", "formal"]
    customer_name: str | None = None
    reference: str = ""
    subject: str = ""
    question_text: str | None = None
    department_name: str | None = None
    deadline: datetime | None = None
    message_text: str | None = None
    product_name: str | None = None
    product_text: str | None = None
    product_html: str | None = None
    first_line_information: str | None = None
    help_sheets: list[tuple[str, str]] = []
    transaction_url: str | None = None
    code: str | None = None
    minutes: int | None = None
    satisfaction_url: str | None = None
    claim_url: str | None = None
    days: int | None = None
    appointment: AppointmentFacts | None = None
    notice: str | None = None
    flow_task: FlowTaskFacts | None = None
    at: datetime


class RenderedMail(msgspec.Struct, frozen=True, kw_only=True):
    """A letter ready to be packed: one line, plain text with line feeds, a whole HTML document."""

    subject: str
    text: str
    html: str


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    undefined=StrictUndefined,
    autoescape=select_autoescape(enabled_extensions=("html",), default=False),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    auto_reload=False,
)
_TEMPLATES.globals["style"] = wording.STYLES
_TEMPLATES.filters.update(quoted=wording.quoted, paragraphs=wording.paragraphs, short=wording.short_address)


def render(template: str, context: MailContext) -> RenderedMail:
    """Write a letter.

    Args:
        template: one of `TEMPLATES`.
        context: what it can tell.

    Raises:
        LetterIncomplete: no such template, or the fact it is about is missing.
        ValueError: a moment without time zone.
    """
    missing = [name for name in TEMPLATES.get(template, ("template",)) if not getattr(context, name, None)]
    if missing:
        raise LetterIncomplete(f"letter {template}: {', '.join(missing)} is missing")
    told = _told(context)
    subject = _TEMPLATES.get_template(f"{template}.subject.txt").render(told).strip()
    told["title"] = subject
    return RenderedMail(
        subject=f"{subject} [{context.reference}]" if context.reference else subject,
        text=wording.tidy(_TEMPLATES.get_template(f"{template}.txt").render(told)),
        html=wording.tidy(_TEMPLATES.get_template(f"{template}.html").render(told)),
    )


def _told(context: MailContext) -> dict[str, Any]:
    """The names that templates use: the context, with its texts cleaned and its moments in words."""
    html, text = _product(context)
    sheets = [(wording.one_line(title), url) for title, url in context.help_sheets if wording.web_address(url)]
    given = msgspec.structs.asdict(context)
    return {name: drop_refused(value) if isinstance(value, str) else value for name, value in given.items()} | {
        "say": _say(context.form),
        "subject": wording.subject_words(context.subject),
        "customer_name": wording.one_line(context.customer_name or ""),
        "product_name": wording.one_line(context.product_name or ""),
        "product_html": html,
        "product_text": text,
        "help_sheets": sheets,
        "transaction_url": wording.web_address(context.transaction_url),
        "satisfaction_url": wording.web_address(context.satisfaction_url),
        "claim_url": wording.web_address(context.claim_url),
        "city_website": wording.web_address(context.city_website),
        "phone_link": wording.phone_link(context.city_phone),
        "deadline": deadline_in_words(context.deadline) if context.deadline else "",
        "at": day_in_words(context.at),
        "appointment": _appointment(context.appointment) if context.appointment else None,
        "flow_task": _task(context.flow_task) if context.flow_task else None,
    }


def _appointment(facts: AppointmentFacts) -> dict[str, str | None]:
    """The appointment in words."""
    return {
        "news": facts.news,
        "day": day_in_words(facts.start),
        "when": period_in_words(facts.start, facts.end),
        "expert": wording.one_line(facts.expert),
        "place": wording.one_line(facts.place or ""),
        "link": wording.web_address(facts.link),
    }


def _task(facts: FlowTaskFacts) -> dict[str, str]:
    """The task in words."""
    day = datetime.combine(facts.day, time(12), BRUSSELS) if facts.day else None
    return {
        "kind": facts.kind,
        "title": wording.one_line(facts.title),
        "about": wording.one_line(facts.about or ""),
        "day": day_in_words(day) if day else "",
    }


def _say(form: str) -> Callable[[str, str], str]:
    """What templates call with both forms of a phrase: `say("je vraag", "uw vraag")`."""
    return (lambda _, formal: formal) if form == "formal" else (lambda informal, _: informal)


def _product(context: MailContext) -> tuple[Markup | None, str]:
    """The description as safe HTML, when there is any, and as plain text."""
    try:
        html = sanitise(context.product_html or "")
        text = context.product_text or to_text(html)
    except HtmlTooComplex:
        return None, context.product_text or ""
    return wording.dressed(html) if html else None, text
