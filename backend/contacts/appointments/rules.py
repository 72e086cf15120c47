"""What an appointment can be, the link to where it is made, and the file for the customer's calendar. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from icalendar import Calendar, Event

from backend.catalogue.rules import template_fault, transaction_link

State = Literal["planned", "done", "cancelled", "missed"]
News = Literal["planned", "changed", "cancelled"]

LONGEST = timedelta(hours=12)
"""One talk; longer is a mistake of typing."""
AHEAD = timedelta(days=366)
"""How far ahead something can be planned."""


class AppointmentNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says of an appointment.

    Attributes:
        id: of the appointment; the same in every mail about it, so that calendars recognise it.
        news: what happened to it.
        revision: how often it was changed, so that calendars know which mail is newest.
        start: when it begins (aware).
        end: when it ends (aware).
        expert: with whom.
        place: where; None: the link or the telephone.
        link: of the appointment system.
    """

    id: UUID
    news: News
    revision: int
    start: datetime
    end: datetime
    expert: str
    place: str | None = None
    link: str | None = None


def period_fault(start: datetime, end: datetime, now: datetime) -> tuple[str, str] | None:
    """Field and fault of a period that cannot be planned now; None when it can."""
    if not now < start <= now + AHEAD:
        return "start", "Between now and a year from now."
    if not start < end <= start + LONGEST:
        return "end", "After the start, and at most twelve hours later."
    return None


def booking_fault(template: str) -> str | None:
    """What is wrong with setting `ONTHAAL_APPOINTMENTS_URL`; None when it is good, or empty."""
    if template and not template.startswith("https://"):
        return "Not an address that begins with https://."
    return template_fault(template) if template else None


def booking_link(template: str, known: Mapping[str, str]) -> str | None:
    """Where an appointment is made, with known data filled in; None when the city has no appointment system.

    Args:
        template: setting `ONTHAAL_APPOINTMENTS_URL`; empty: none.
        known: values by placeholder of the catalogue's links; what is not known is left out.
    """
    return transaction_link(template, known) if template else None


def method(news: AppointmentNews) -> str:
    """What calendars do with the file (RFC 5546): keep the appointment, or take it out."""
    return "CANCEL" if news.news == "cancelled" else "PUBLISH"


def invitation(news: AppointmentNews, reference: str, at: datetime, city: str) -> bytes:
    """The appointment as a file for calendars (RFC 5545), in UTC; a cancelled one takes it out again.

    Args:
        news: the appointment; its texts are escaped, whatever stands in them.
        reference: of the question.
        at: when the mail was written (aware).
        city: who invites.
    """
    gone = news.news == "cancelled"
    calendar = Calendar()
    calendar.add("prodid", "-//Onthaal//Afspraken//NL")
    calendar.add("version", "2.0")
    calendar.add("method", method(news))
    event = Event()
    event.add("uid", f"{news.id}@onthaal")
    event.add("sequence", news.revision)
    event.add("dtstamp", at)
    event.add("dtstart", news.start)
    event.add("dtend", news.end)
    event.add("summary", f"Afspraak bij {city}")
    event.add("description", f"Afspraak met {news.expert}. Referentie: {reference}.")
    event.add("status", "CANCELLED" if gone else "CONFIRMED")
    if news.place:
        event.add("location", news.place)
    if news.link:
        event.add("url", news.link)
    calendar.add_component(event)
    packed: bytes = calendar.to_ical()
    return packed
