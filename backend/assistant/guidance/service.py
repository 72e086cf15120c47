"""An agent takes a flow with a customer; and what of it a question keeps (the port `Guide` of contacts)."""

from datetime import date
from uuid import UUID

import msgspec

from backend.assistant.guidance.rules import Customer, GuidedView, Told, address_of, looked_at, prefilled, screen
from backend.assistant.guidance.schemas import GuidedAsk
from backend.assistant.rules import Program, replay
from backend.assistant.statistics.rules import whole
from backend.assistant.statistics.service import StatisticsService
from backend.assistant.steps.rules import assistance, language_of
from backend.assistant.steps.service import StepService
from backend.assistant.versions.service import FlowStore
from backend.contacts.rules import Assistance, FlowAnswers, Mode
from backend.crm.customers.service import CustomerService
from backend.kit.problems import BELGIF, Issue, ProblemError, not_found, unknown_reference
from backend.kit.schema import given
from backend.kit.work import Work


class GuidedService:
    """A flow on one screen.

    Args:
        work: the unit of work.
        steps: the flows.
        customers: answers that are known.
    """

    def __init__(self, work: Work, steps: StepService, customers: CustomerService) -> None:
        self._work = work
        self._steps = steps
        self._customers = customers

    async def screen(self, slug: str, data: GuidedAsk) -> GuidedView:
        """The whole flow with these answers; 404 for an unknown flow, version or customer."""
        taken = await self._steps.take(slug, {}, given(data.language), given(data.version))
        customer_id = given(data.customer_id)
        known = await self._known(taken.program, customer_id) if customer_id else {}
        told = Told(given=data.answers, customer=known, not_known=data.not_known)
        around = await self._steps.around(taken.program)
        view = screen(taken.program, told, self._steps.today, taken.language, around)
        return msgspec.structs.replace(view, version_changed=True) if taken.changed else view

    async def _known(self, program: Program, customer_id: UUID) -> dict[str, str]:
        """Answers that we know of a customer, as far as this person may see them; which fields is logged."""
        file = await self._customers.file(customer_id)
        fields = looked_at(program)
        if not fields:
            return {}
        profile = (await self._customers.profiles([file.id])).get(file.id)
        if profile is None:
            raise not_found("customer")
        self._work.trail.record("customer", file.members, fields=fields)
        whole_view = self._customers.view(profile)
        view = (await self._work.access.project_all("customer", [whole_view], [customer_id]))[0]
        who = Customer(kind=view.kind, language=view.language, address=address_of(view.addresses, self._steps.today))
        return prefilled(program, who)


class GuideService:
    """Replays what an agent noted; implements `Guide`.

    Args:
        work: the unit of work.
        flows: published versions.
    """

    def __init__(self, work: Work, flows: FlowStore) -> None:
        self._work = work
        self._flows = flows

    async def guided(self, asked: FlowAnswers, *, mode: Mode, day: date) -> Assistance:
        """What these answers lead to on this day (Brussels), also when it stopped early; counted when it is kept.

        Raises:
            ProblemError: 400 for an unknown flow, version or question, and for an answer that is none.
        """
        program = await self._program(asked, day)
        if issues := _unknown(program, asked):
            raise ProblemError(400, "These are no questions of this flow.", issues=issues)
        language = language_of(program.flow, given(asked.language))
        told = Told(given=asked.answers, not_known=asked.not_known)
        answers = told.answers(program)
        position = replay(program, answers, day, language)
        if position.refused and position.question:
            raise ProblemError(
                400, "An answer is none.", issues=[_issue(f"answers.{position.question.id}", position.refused)]
            )
        used = {one.question.id for one in position.passed}
        await StatisticsService(self._work, self._flows).count(program, mode, day, whole(position))
        return assistance(
            program,
            position,
            mode=mode,
            language=language,
            day=day,
            beside={name: raw for name, raw in answers.items() if name not in used},
            not_known=asked.not_known,
        )

    async def _program(self, asked: FlowAnswers, day: date) -> Program:
        number = given(asked.version)
        served = await (self._flows.version(asked.flow, number) if number else self._flows.current(asked.flow, day))
        if served:
            return served.program
        known = number and await self._flows.current(asked.flow, day)
        raise unknown_reference("version" if known else "flow", "No such flow, or no such version of it.")


def _unknown(program: Program, asked: FlowAnswers) -> list[Issue]:
    detail = "No question of this flow."
    answers = [_issue(f"answers.{name[:60]}", detail) for name in asked.answers if name not in program.questions]
    unknown = (place for place, name in enumerate(asked.not_known) if name not in program.questions)
    return [*answers, *(_issue(f"notKnown[{place}]", detail) for place in unknown)]


def _issue(name: str, detail: str) -> Issue:
    return Issue(type=f"{BELGIF}input-validation:invalidInput", where="body", name=name, detail=detail)
