"""Mail that comes in: kept, decided about, looked at and let out of quarantine, told of."""

from backend.contacts.inbound.service.alerts import NOTICE, alert, notice
from backend.contacts.inbound.service.intake import READ, Arrival, keep
from backend.contacts.inbound.service.review import InboundService
from backend.contacts.inbound.service.rows import Outcome, arrived
from backend.contacts.inbound.service.taking import MailTaker, quarantine

__all__ = [
    "NOTICE",
    "READ",
    "Arrival",
    "InboundService",
    "MailTaker",
    "Outcome",
    "alert",
    "arrived",
    "keep",
    "notice",
    "quarantine",
]
