"""Answers to a flow that the own file of who is logged in gives."""

from backend.assistant.guidance.rules import Customer, address_of, looked_at, prefilled
from backend.assistant.own.schemas import OwnFlowAnswers
from backend.assistant.rules import Program
from backend.assistant.steps.service import StepService
from backend.audit.service import OWN_DATA
from backend.crm.customers.service import CustomerService
from backend.kit.work import Work


class OwnAnswerService:
    """Nobody tells twice what the city knows.

    Args:
        work: the unit of work.
        steps: the flows.
        customers: the own file.
    """

    def __init__(self, work: Work, steps: StepService, customers: CustomerService) -> None:
        self._work = work
        self._steps = steps
        self._customers = customers

    async def answers(self, slug: str, version: int | None) -> OwnFlowAnswers:
        """What is known of the live customer of the own file; nothing when nobody of ours is logged in; 404."""
        program = (await self._steps.take(slug, {}, version=version)).program
        return OwnFlowAnswers(answers=await self._known(program), version=program.flow.version)

    async def _known(self, program: Program) -> dict[str, str]:
        """Answers from the own file; which fields is logged.

        An address that is not to be disclosed answers nothing, as on the screen of an agent: whoever looks over the
        shoulder would read where somebody hides.
        """
        me, fields = self._work.who.customer, looked_at(program)
        live = await self._customers.live(me) if me and fields else None
        profile = (await self._customers.profiles([live])).get(live) if live else None
        if profile is None:
            return {}
        self._work.trail.record("customer", profile.members, fields=fields, purpose=OWN_DATA)
        view = self._customers.view(profile)
        who = Customer(kind=view.kind, language=view.language, address=address_of(view.addresses, self._steps.today))
        return prefilled(program, who)
