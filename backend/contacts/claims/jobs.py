"""Matching a form and mailing about it; handlers of outbox topics `contacts.matchForm` and `contacts.tellClaim`."""

from collections.abc import Callable
from uuid import UUID

import msgspec

from backend.contacts.claims.rules import UNDO as UNDO_WITHIN
from backend.contacts.claims.rules import VALID
from backend.contacts.claims.service import TABLE, MatchingService, channel_of
from backend.contacts.life.service import Holding
from backend.contacts.rules import Placer
from backend.crm.customers.service import CustomerService
from backend.kit.db import Row, UnitOfWork
from backend.kit.outbox import Effect
from backend.kit.work import Work
from backend.notifications.rules import Letterhead, MailContext, OutgoingMail, render
from backend.notifications.service import Mailer

_CLAIM = """
SELECT id, customer_id, state, token, created_at, coalesce(decided_at, created_at) AS at
  FROM claim WHERE id = $1 AND token IS NOT NULL AND expires_at > $2 FOR UPDATE
"""
_TOLD = "UPDATE claim SET token = NULL WHERE id = $1"
CONFIRM, UNDO = "bevestig", "ongedaan"
"""Where the links lead, on the city's site."""


class FormMatcher:
    """Outbox handler.

    Args:
        work: makes the unit of work of a job.
        placer: who owns a question.
    """

    def __init__(self, work: Callable[[UnitOfWork, Effect], Work], placer: Callable[[Work], Placer]) -> None:
        self._work = work
        self._placer = placer

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Match the form; nothing when it was matched."""
        work = self._work(uow, effect)
        holding = Holding(work, self._placer(work))
        await MatchingService(work, CustomerService(work), holding).match(UUID(effect.ids["form"]))


class ClaimTeller:
    """Outbox handler: the mail goes to the channel on file and nowhere else.

    But for the token it is the same for every customer and question: it names nobody and repeats nothing typed.

    Args:
        work: makes the unit of work of a job.
        mailer: the mail server.
        letterhead: the city.
        address: of the city's site, where the links lead.
    """

    def __init__(
        self, work: Callable[[UnitOfWork, Effect], Work], mailer: Mailer, letterhead: Letterhead, address: str
    ) -> None:
        self._work = work
        self._mailer = mailer
        self._letterhead = letterhead
        self._address = address.rstrip("/")

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Mail it; nothing when it was mailed, or there is nowhere to mail it to any more."""
        work = self._work(uow, effect)
        claim = await uow.fetchrow(_CLAIM, UUID(effect.ids["claim"]), work.now)
        if claim is None:
            return
        customers = CustomerService(work)
        live = await customers.live(claim["customer_id"])
        profiles = await customers.profiles([live]) if live else {}
        to = channel_of(profiles[live]) if live in profiles else None
        if to is not None:
            token = work.keys.decrypt(claim["token"], table=TABLE, column="token", row=claim["id"])
            await self._mailer.send(self._mail(claim, to, token))
            work.trail.record("customer", [live], fields=["contactPoints"])
        await uow.execute(_TOLD, claim["id"])

    def _mail(self, claim: Row, to: str, token: str) -> OutgoingMail:
        """The question whether a form is theirs, or the news that it is theirs from now on."""
        asked = claim["state"] == "open"
        letter, page, valid = ("claim", CONFIRM, VALID) if asked else ("claimed", UNDO, UNDO_WITHIN)
        made = render(
            letter,
            MailContext(
                **msgspec.structs.asdict(self._letterhead),
                claim_url=f"{self._address}/{page}#{token}",
                days=valid.days,
                at=claim["at"],
            ),
        )
        return OutgoingMail(
            message_id=f"{claim['id']}-{claim['state']}",
            to=to,
            subject=made.subject,
            text=made.text,
            html=made.html,
            at=claim["at"],
        )
