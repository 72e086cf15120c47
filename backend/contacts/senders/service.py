"""Customers with the address of whoever asked; and writing down whose question it is, once a person knows."""

import contextlib
from uuid import UUID

import msgspec

from backend.contacts.life.service import Holding
from backend.contacts.rules import Verb
from backend.contacts.senders.schemas import SenderSuggestions
from backend.contacts.shielding.service import looked, missing, visible
from backend.crm.customers.schemas import CustomerHit
from backend.crm.customers.service import CustomerService
from backend.crm.finding.schemas import CustomerQuery
from backend.crm.finding.service import FindingService
from backend.kit.paging import PageRequest
from backend.kit.problems import ProblemError, conflict, unknown_reference
from backend.kit.reach import EVERYTHING
from backend.kit.work import Work

MOST_ADDRESSES = 3
MOST = 10

_QUESTION = "SELECT id, customer_id, department_id, assignee_id, confidentiality FROM question WHERE id = $1"
_ADDRESSES = """
SELECT DISTINCT ON (lower(c.caller->>'email')) c.caller->>'email' AS email
  FROM contact_question l JOIN contact c ON c.id = l.contact_id
 WHERE l.question_id = $1 AND c.caller ? 'email' AND NOT c.caller ? 'unconfirmed' ORDER BY lower(c.caller->>'email')
 LIMIT $2
"""
_ITS = "UPDATE question SET customer_id = $2, identity = 'claimed' WHERE id = $1"
_CONTACTS = """
UPDATE contact SET customer_id = $2
 WHERE customer_id IS NULL AND NOT coalesce(caller ? 'unconfirmed', false)
   AND id IN (SELECT contact_id FROM contact_question WHERE question_id = $1)
RETURNING id
"""


class SenderService:
    """Who asked.

    Args:
        work: the unit of work.
        customers: the customers.
        finding: finds them.
    """

    def __init__(self, work: Work, customers: CustomerService, finding: FindingService) -> None:
        self._work = work
        self._customers = customers
        self._finding = finding

    async def suggestions(self, question_id: UUID) -> SenderSuggestions:
        """Customers whose address is the one that was told with this question; 404. Every hit shown is logged."""
        work = self._work
        row = await work.uow.fetchrow(_QUESTION, question_id)
        if row is None or not visible(work, row):
            await missing(work, "q.id = $1", question_id)
        looked(work, [row], fields=["caller"])
        found: dict[UUID, CustomerHit] = {}
        for told in await work.uow.fetch(_ADDRESSES, question_id, MOST_ADDRESSES):
            with contextlib.suppress(ProblemError):  # an address that no customer can have
                page = await self._finding.query(CustomerQuery(email=told["email"]), PageRequest(limit=MOST))
                found |= {hit.id: hit for hit in page.items}
        hits = list(found.values())[:MOST]
        return SenderSuggestions(items=await work.access.project_all("customerHit", hits, [hit.id for hit in hits]))

    async def identify(self, holding: Holding, question_id: UUID, customer_id: UUID, expected: int | None) -> None:
        """The question, and the contacts in which it was asked, become this customer's.

        Contacts from an address that nobody told for it do not: who wrote those is another matter. Without `expected`
        the platform does it, for who proved to be that customer.

        Raises:
            ProblemError: 400 for an unknown customer, 404, 409 when it is another customer's, 412.
        """
        held = await holding.lock(question_id, expected)
        live = await self._customers.live(customer_id)
        if live is None:
            raise unknown_reference("customerId", "No such customer.")
        if held.customer_id is not None:
            if await self._customers.live(held.customer_id) == live:
                return
            raise conflict("alreadyIdentified", "This question is another customer's.")
        async with self._work.uow.reaching(EVERYTHING):
            await self._work.uow.execute(_ITS, question_id, live)
            linked = await self._work.uow.fetch(_CONTACTS, question_id, live)
        data = {"contactIds": [row["id"] for row in linked]} if linked else None
        await holding.apply(Verb.IDENTIFY, msgspec.structs.replace(held, customer_id=live), data=data)
        self._work.trail.record("customer", [live], fields=["questions"])
