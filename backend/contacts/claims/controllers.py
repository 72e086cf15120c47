"""Resource: claims: whose a form is."""

from typing import Any

from litestar import Controller, Request
from litestar.params import JSONBody

from backend.contacts.claims.schemas import ClaimConfirm, ClaimUndo, ClaimView
from backend.contacts.claims.service import ConfirmingService
from backend.contacts.life.service import Holding
from backend.contacts.senders.service import SenderService
from backend.crm.customers.service import CustomerService
from backend.crm.finding.service import FindingService
from backend.kit.operation import post
from backend.kit.problems import not_found
from backend.kit.work import Work


def confirming(platform: Any, work: Work) -> ConfirmingService:
    """The service, in a unit of work of the platform."""
    customers = CustomerService(work)
    senders = SenderService(work, customers, FindingService(work, customers, platform.asker(work)))
    return ConfirmingService(work, Holding(work, platform.placer(work)), senders)


class ClaimController(Controller):
    """Whose a form is."""

    path = "/claims"
    tags = ["contacts"]

    @post("/confirm", problems=[404], status_code=200)
    async def confirm_claim(self, request: Request[Any, Any, Any], data: JSONBody[ClaimConfirm]) -> ClaimView:
        """Say whether a form is yours, with the token of our mail and the reference that its sender got.

        With yes the question is linked to the customer whom we asked, who is told and can undo it for 14 days. After no
        it stays anonymous, and nothing about it changes. Five wrong references burn a token; 404 for every pair that
        does not belong together. A customer who is logged in needs no token.
        """
        platform, trace = request.app.state.platform, request.scope["state"]["trace"]
        async with platform.unit(None, "confirmClaim", trace) as work:  # what was wrong is counted, and that committed
            found = await confirming(platform, work).confirm(request.user, data)
        if found is None:
            raise not_found("claim")
        return found

    @post("/undo", problems=[404], status_code=200)
    async def undo_claim(self, request: Request[Any, Any, Any], data: JSONBody[ClaimUndo]) -> ClaimView:
        """Undo that a question was linked, with the token of the mail that told of it; within 14 days."""
        platform, trace = request.app.state.platform, request.scope["state"]["trace"]
        async with platform.unit(None, "undoClaim", trace) as work:
            found = await confirming(platform, work).undo(data.token)
        if found is None:
            raise not_found("claim")
        return found
