"""Pure rules of letters: what they say, how they are packed, which server takes them. No I/O but the templates."""

from backend.notifications.rules.dates import day_in_words, deadline_in_words, period_in_words
from backend.notifications.rules.envelope import MailAttachment, OutgoingMail, compose
from backend.notifications.rules.letters import (
    TEMPLATES,
    AppointmentFacts,
    FlowTaskFacts,
    Letterhead,
    MailContext,
    RenderedMail,
    render,
)
from backend.notifications.rules.plain import plain_mail
from backend.notifications.rules.server import MailServer, mail_server

__all__ = [
    "TEMPLATES",
    "AppointmentFacts",
    "FlowTaskFacts",
    "Letterhead",
    "MailAttachment",
    "MailContext",
    "MailServer",
    "OutgoingMail",
    "RenderedMail",
    "compose",
    "day_in_words",
    "deadline_in_words",
    "mail_server",
    "period_in_words",
    "plain_mail",
    "render",
]
