"""From a message to the mail that leaves: whom it greets, where it goes, what it says, what goes with it."""

from typing import Any

import msgspec

from backend.catalogue.products.service import ProductService
from backend.contacts.appointments.rules import AppointmentNews, invitation, method
from backend.contacts.attachments.service import AttachmentService
from backend.contacts.letters.errors import NotWritten
from backend.contacts.letters.rules import MATTERS, OTHERWISE, WANTED
from backend.contacts.messages.service import Sendable, told_by_caller
from backend.contacts.rules import WEBSITE
from backend.contacts.voice.rules import link
from backend.crm.customers.service import CustomerService
from backend.kit.outbox import DeadLetter
from backend.kit.work import Work
from backend.notifications.rules import (
    AppointmentFacts,
    Letterhead,
    MailAttachment,
    MailContext,
    OutgoingMail,
    RenderedMail,
    render,
)

_APPOINTMENT = """
SELECT m.appointment_id AS id, m.news, m.revision, m.starts_at AS start, m.ends_at AS "end", m.place, m.link,
       u.name AS expert
  FROM appointment_mail m JOIN app_user u ON u.id = m.expert_id WHERE m.message_id = $1
"""


class LetterWriter:
    """Writes the letters of one unit of work.

    Args:
        work: the unit of work.
        products: the catalogue.
        letterhead: the city.
        address: of the platform, as people reach it.
    """

    def __init__(self, work: Work, products: ProductService, letterhead: Letterhead, address: str) -> None:
        self._work = work
        self._products = products
        self._customers = CustomerService(work)
        self._letterhead = letterhead
        self._address = address

    async def asker(self, message: Sendable) -> dict[str, str]:
        """Name, phone and e-mail: given with the message, else told in a contact, else on file.

        Raises:
            NotWritten: a courtesy that would go against the channel that the customer prefers.
        """
        known = await self._customers.recipient(message.customer_id) if message.customer_id else None
        on_file = {"name": known.name, "phone": known.phone, "email": known.email} if known else {}
        told = await told_by_caller(self._work.uow, message.question_id)
        if known and known.preferred_channel in OTHERWISE and message.purpose not in WANTED and "email" not in told:
            raise NotWritten(f"the customer prefers {known.preferred_channel}")
        found = {**on_file, **told, **({"email": message.recipient} if message.recipient else {})}
        if known:
            found["name"] = known.name
        return {name: value for name, value in found.items() if value}

    async def mail(self, message: Sendable, asker: dict[str, str]) -> OutgoingMail:
        """The mail as it leaves.

        Raises:
            DeadLetter: there is no address for a mail that somebody asked for.
            NotWritten: there is none for a courtesy.
        """
        if "email" not in asker:
            if message.purpose in WANTED:
                raise DeadLetter("no e-mail address is known")
            raise NotWritten("no e-mail address is known")
        news = await self._news(message)
        letter = await self.letter(message, asker, news)
        return OutgoingMail(
            message_id=str(message.id),
            to=asker["email"],
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            at=message.created_at,
            automatic=message.purpose not in MATTERS,
            attachments=(
                *await AttachmentService(self._work).of_message(message.id),
                *((self._invitation(message, news),) if news else ()),
            ),
        )

    async def letter(
        self, message: Sendable, asker: dict[str, str], news: AppointmentNews | None = None
    ) -> RenderedMail:
        """What the mail says, whether or not there is an address."""
        product: dict[str, Any] = {}
        if message.product_id:
            known = {"reference": message.reference, **asker}
            told = await self._products.mail_text(message.product_id, message.language, known)
            product = {
                "product_name": told.name,
                "product_text": told.description_text,
                "product_html": told.description_html,
                "first_line_information": told.first_line_information,
                "help_sheets": [(sheet.title, sheet.url) for sheet in told.help_sheets],
                "transaction_url": told.transaction_url,
            }
        # what came from outside may be anybody's words in somebody else's name: an acknowledgement repeats none of them
        blind = message.purpose == "acknowledgement" and message.asked_by in {"email", *WEBSITE}
        context = MailContext(
            **msgspec.structs.asdict(self._letterhead),
            customer_name=None if blind and message.asked_by in WEBSITE else asker.get("name"),
            reference=message.reference,
            subject="" if blind else message.subject,
            question_text=message.question_text,
            department_name=message.department,
            deadline=message.deadline,
            message_text=message.body,
            at=message.created_at,
            appointment=_facts(news) if news else None,
            satisfaction_url=self._opinion(message),
            **product,
        )
        return render(message.purpose, context)

    def _opinion(self, message: Sendable) -> str | None:
        """Where the reader says whether this answer helped."""
        if message.purpose != "answer":
            return None
        return link(self._address, self._work.keys, message.id, message.created_at)

    async def _news(self, message: Sendable) -> AppointmentNews | None:
        """What the message says of an appointment, when it is about one."""
        if message.purpose != "appointment":
            return None
        row = await self._work.uow.fetchrow(_APPOINTMENT, message.id)
        return AppointmentNews(**row) if row else None

    def _invitation(self, message: Sendable, news: AppointmentNews) -> MailAttachment:
        content = invitation(news, message.reference, message.created_at, self._letterhead.city)
        return MailAttachment(
            name="afspraak.ics",
            media_type="text/calendar",
            content=content,
            parameters={"charset": "utf-8", "method": method(news)},
        )


def _facts(news: AppointmentNews) -> AppointmentFacts:
    return AppointmentFacts(
        news=news.news, start=news.start, end=news.end, expert=news.expert, place=news.place, link=news.link
    )
