"""What every chapter of the journey needs."""

import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from scripts.journeys.customers import Customer
from scripts.journeys.logs import Logs
from scripts.journeys.mailbox import Letter, Mailbox, judged
from scripts.journeys.people import Colleague, Json, Office
from scripts.journeys.report import Deviation, Report

T = TypeVar("T")

PAUSE = 0.1


class World(msgspec.Struct, frozen=True, kw_only=True):
    """The running platform and who plays along.

    Attributes:
        data: data folder of the platform.
        run: what makes this run unique, part of every name.
        departments: by code.
    """

    report: Report
    office: Office
    mailbox: Mailbox
    logs: Logs
    data: Path
    run: str
    departments: dict[str, Json]

    def colleague(self, username: str) -> Colleague:
        """Somebody of the office."""
        return self.office[username]

    def department(self, code: str) -> str:
        """Id of a department."""
        found: str = self.departments[code]["id"]
        return found

    def letter(self, question: Json, purpose: str, customer: Customer, *says: str) -> tuple[EmailMessage, Letter]:
        """The newest mail of this purpose about a question, once it has arrived and is whole.

        Args:
            question: as the API shows it.
            purpose: of the message.
            customer: who gets it.
            says: what it must tell besides name and reference.
        """
        message = sent_messages(question, purpose)[-1]
        mail = self.mailbox.wait(customer.email, message["id"])
        return mail, judged(mail, to=customer.email, name=customer.name, reference=question["reference"], says=says)


def sent_messages(question: Json, purpose: str) -> list[Json]:
    """Messages to the customer of this purpose, oldest first; the question as page or as part of a file."""
    messages: list[dict[str, Any]] = question["messages"]
    return [one for one in messages if one["direction"] == "outbound" and one["purpose"] == purpose]


def eventually(look: Callable[[], T], holds: Callable[[T], object], reason: str, seconds: float = 10.0) -> T:
    """Look again until it holds: for what happens after the answer of the API.

    Raises:
        Deviation: it never did; `reason` in Dutch.
    """
    until = time.monotonic() + seconds
    while not holds(seen := look()):
        if time.monotonic() > until:
            raise Deviation(f"{reason} (na {seconds:.0f} s)")
        time.sleep(PAUSE)
    return seen
