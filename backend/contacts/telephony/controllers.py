"""Resource: calls that ring."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.telephony.schemas import (
    CallAccepted,
    CallRinging,
    RingingCalls,
    TelephoneTake,
    TelephoneView,
)
from backend.contacts.telephony.service import TelephonyService
from backend.crm.customers.service import CustomerService
from backend.crm.finding.service import FindingService
from backend.kit.operation import get, post
from backend.kit.work import Work


def provide_telephony(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> TelephonyService:
    """Dependency `telephony`."""
    finding = FindingService(work, CustomerService(work), request.app.state.platform.asker(work))
    return TelephonyService(work, finding)


class TelephonyController(Controller):
    """Calls that ring."""

    tags = ["contacts"]
    dependencies = {"telephony": Provide(provide_telephony, sync_to_thread=False)}

    @post("/ringing", status_code=202)
    async def ring_telephone(
        self, data: JSONBody[CallRinging], telephony: NamedDependency[TelephonyService]
    ) -> CallAccepted:
        """The switchboard says that it rings at somebody's; kept for ten minutes, the number encrypted.

        Nobody is told, and nothing kept, when no colleague sits at that telephone.
        """
        return await telephony.ring(data)

    @get("/me/ringing")
    async def get_ringing(self, telephony: NamedDependency[TelephonyService]) -> RingingCalls:
        """What rings at yours, with the customers who have that number: masked, and each one shown is logged."""
        return await telephony.mine()

    @post("/me/ringing/{call_id:uuid}/taken", problems=[404], status_code=204)
    async def take_call(self, call_id: FromPath[UUID], telephony: NamedDependency[TelephonyService]) -> None:
        """You picked it up, or it is over: off your screen; a second time changes nothing."""
        await telephony.take(call_id)

    @post("/me/telephone", status_code=200)
    async def take_telephone(
        self, data: JSONBody[TelephoneTake], telephony: NamedDependency[TelephonyService]
    ) -> TelephoneView:
        """You sit at this telephone now: its calls come to you; without extension you sit at none."""
        return await telephony.sit(data)
