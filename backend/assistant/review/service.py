"""Checks, shows and compares versions; what takes a moment runs in a thread, while no transaction is open."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import date
from uuid import UUID

import msgspec

from backend.assistant.graph.rules import mermaid, outline
from backend.assistant.proof.rules import OutcomeDiff, Report, Surroundings, check, differences
from backend.assistant.review.rules import comparable, facts_at, notes_at
from backend.assistant.review.schemas import FlowGraph, FlowPreview, FlowPreviewInput, FlowPublish, FlowReport
from backend.assistant.rules import ConditionFault, Flow, Program, compiled, encode, replay
from backend.assistant.steps.rules import language_of
from backend.assistant.steps.service import StepService, Taken
from backend.assistant.versions.errors import (
    flow_unusable,
    has_findings,
    nothing_published,
    second_reviewer_needed,
)
from backend.assistant.versions.rules import conditions, stored
from backend.assistant.versions.schemas import FlowVersionSummary
from backend.assistant.versions.service import (
    Begin,
    VersionService,
    current_of,
    department_codes,
    flow_of,
    led_to,
    summary_of,
)
from backend.catalogue.products.service import referenced
from backend.kit.problems import invalid_input, unavailable
from backend.kit.schema import given
from backend.kit.work import Work

Steps = Callable[[date], StepService]
"""Makes what shows steps as on a day."""

_TRIES = 3
"""How often a publication is checked anew because another flow was published meanwhile."""
_KEPT = 8

_Proved = tuple[bytes, date, Surroundings]
"""What a report is about: the flow as JSON, the day, what is around it."""


class Prover:
    """Proofs and comparisons of this process, one at a time: many at once would starve who takes a flow.

    The last reports are kept: who submits or publishes what was just checked, or asks twice, does not wait again.
    """

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._reports: deque[tuple[_Proved, Report]] = deque(maxlen=_KEPT)

    async def report(self, flow: Flow, day: date, around: Surroundings) -> Report:
        """Every fault, the named tests and the coverage of a flow on a day."""
        proved = encode(msgspec.structs.replace(flow, status="draft")), day, around
        async with self._one:
            found = next((report for known, report in self._reports if known == proved), None)
            if found is None:
                document = {**stored(flow), "version": flow.version, "status": flow.status}
                found = await asyncio.to_thread(check, document, today=day, surroundings=around)
                self._reports.append((proved, found))
            return found

    async def compare(self, old: Program, new: Program, day: date) -> OutcomeDiff:
        """Which answers lead elsewhere in the newer one."""
        async with self._one:
            return await asyncio.to_thread(differences, old, new, day)


class ReviewService:
    """Versions as their authors and reviewers look at them.

    Args:
        begin: begins a unit of work.
        steps: shows steps.
        prover: of this process.
    """

    def __init__(self, begin: Begin, steps: Steps, prover: Prover) -> None:
        self._begin = begin
        self._steps = steps
        self._prover = prover

    async def check(self, version_id: UUID) -> FlowReport:
        """Every fault, the named tests and the coverage of a version; 404."""
        async with self._begin() as work:
            versions = VersionService(work)
            row = await versions.row(version_id)
            flow = flow_of(row)
            around = await _surroundings(work, flow, versions.today)
        report = await self._prover.report(flow, versions.today, around)
        return FlowReport(version=row["version"], ready=not report.findings, report=report)

    async def submit(self, version_id: UUID, expected: int) -> FlowVersionSummary:
        """Ask for a reviewer.

        Raises:
            ProblemError: 404, 409 `notADraft` or `hasFindings`, 412.
        """
        async with self._begin() as work:
            versions = VersionService(work)
            flow = flow_of(await versions.locked(version_id, expected, "draft"))
            around = await _surroundings(work, flow, versions.today)
        _refuse(await self._prover.report(flow, versions.today, around))
        async with self._begin() as work:
            versions = VersionService(work)
            await versions.submit(version_id, expected)
            return await versions.summary(version_id)

    async def publish(self, version_id: UUID, data: FlowPublish, expected: int) -> FlowVersionSummary:
        """From the commit on every process serves it, from its first day on.

        Raises:
            ProblemError: 400 for a day that has passed, or after the last one; 404; 409 `wrongStatus`,
                `secondReviewerNeeded` or `hasFindings`; 412.
        """
        checked: tuple[Flow, Surroundings] | None = None
        for _ in range(_TRIES):
            async with self._begin() as work:
                versions = VersionService(work)
                await versions.one_publication()
                row = await versions.locked(version_id, expected, "review")
                if await versions.wrote(version_id):
                    raise second_reviewer_needed()
                flow = _dated(flow_of(row), given(data.valid_from), versions.today)
                around = await _surroundings(work, flow, versions.today)
                if checked == (flow, around):
                    await versions.publish(row, flow, given(data.reason))
                    return await versions.summary(version_id)
            _refuse(await self._prover.report(flow, versions.today, around))
            checked = flow, around
        raise unavailable("Other flows are being published at this moment; try again.")

    async def preview(self, version_id: UUID, data: FlowPreviewInput) -> FlowPreview:
        """A version with these answers on a day; 404, 409 `flowUnusable`."""
        async with self._begin() as work:
            versions = VersionService(work)
            flow, day = flow_of(await versions.row(version_id)), given(data.day) or versions.today
        program = await _compiled(flow)
        language = language_of(flow, data.language)
        position = replay(program, data.answers, day, language)
        taken = Taken(program=program, position=position, language=language)
        return FlowPreview(
            day=day,
            step=await self._steps(day).view(taken, data.answers),
            notes=notes_at(position),
            facts=facts_at(program, position, day, language),
        )

    async def graph(self, version_id: UUID, language: str) -> FlowGraph:
        """A version drawn and as a list; a half-done draft too; 404."""
        async with self._begin() as work:
            row = await VersionService(work).row(version_id)
        flow = flow_of(row)
        drawn = await asyncio.to_thread(mermaid, flow, language)
        listed = await asyncio.to_thread(outline, flow, language)
        return FlowGraph(version=summary_of(row), mermaid=drawn, outline=listed)

    async def compare(self, version_id: UUID, against: UUID | None) -> OutcomeDiff:
        """Which answers lead elsewhere than in another version, by default the published one.

        Raises:
            ProblemError: 404; 409 `nothingPublished`, or `flowUnusable` for either version.
        """
        async with self._begin() as work:
            versions = VersionService(work)
            row = await versions.row(version_id)
            other = against or await current_of(work.uow, row["flow_id"], versions.today, other_than=version_id)
            if other is None:
                raise nothing_published()
            before = flow_of(await versions.row(other))
        old, new = await _compiled(before), await _compiled(flow_of(row))
        for program in (old, new):
            if not comparable(program):
                raise flow_unusable("", "Its names or its ways are wrong; the check tells how.")
        return await self._prover.compare(old, new, versions.today)


async def _surroundings(work: Work, flow: Flow, day: date) -> Surroundings:
    links = [link for _, link in flow.links()]
    products = await referenced(work.uow, {*flow.products, *(link.product for link in links if link.product)})
    return Surroundings(
        products={ref: product.published for ref, product in products.items()},
        flows=await led_to(work.uow, day),
        departments=await department_codes(work.uow),
    )


def _refuse(report: Report) -> None:
    if report.findings:
        raise has_findings([(one.code, one.path, one.message) for one in report.findings])


async def _compiled(flow: Flow) -> Program:
    try:
        return await asyncio.to_thread(compiled, flow)
    except ConditionFault as fault:
        told = await asyncio.to_thread(conditions, flow)
        place = next((one.path for one in told if one.fault), "")
        raise flow_unusable(place, fault.detail) from None


def _dated(flow: Flow, first: date | None, day: date) -> Flow:
    """The flow from another first day on; 400 for one that has passed or lies after its last one."""
    if first is None:
        return flow
    if first < day:
        raise invalid_input("This day has passed.", name="validFrom", kind="outOfRange")
    if flow.valid_until and first > flow.valid_until:
        raise invalid_input("The flow is not valid any more on this day.", name="validFrom", kind="outOfRange")
    return msgspec.structs.replace(flow, valid_from=first)
