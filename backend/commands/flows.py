"""Guided questions for a command: the demo city's published ones, and documents that are imported as drafts."""

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

from backend.app import Platform
from backend.assistant.proof.rules import faults_of_form, parse
from backend.assistant.review.schemas import FlowPublish
from backend.assistant.review.service import ReviewService
from backend.assistant.rules import Flow, decode
from backend.assistant.steps.service import StepService
from backend.assistant.versions.rules import Misshapen, shaped
from backend.assistant.versions.service import VersionService
from backend.commands.acting import acting, connected
from backend.commands.failures import Refused
from backend.commands.options import ROOT
from backend.kit.access import Principal
from backend.kit.boundary import MAX_BODY
from backend.kit.problems import ProblemError
from backend.kit.text import TextInvalid, clean_json
from backend.settings import Settings

DATA = ROOT / "backend" / "assistant" / "data"
AUTHOR, REVIEWER = "pieter.redactie", "adem.beheer"
"""Users of the demo city."""

_WHO = """
SELECT u.id, u.name, m.department_id, m.roles FROM app_user u JOIN membership m ON m.user_id = u.id
 WHERE u.username = $1 AND u.active
"""


async def add_demo_flows(platform: Platform) -> str:
    """Publish the demo city's flows that are not there yet: written by one user, published by another.

    Returns:
        A line about them; what the check refuses stays a draft, and is named.
    """
    author, reviewer = await _user(platform, AUTHOR), await _user(platform, REVIEWER)
    if author is None or reviewer is None:
        return f"none, {AUTHOR} and {REVIEWER} are not there"
    flows = _in_order([decode(file.read_bytes()) for file in sorted(DATA.glob("*.json"))])
    done, refused = 0, list[str]()
    for flow in flows:
        async with platform.database.begin() as uow:
            if await uow.fetchval("SELECT EXISTS (SELECT FROM flow WHERE slug = $1)", flow.flow):
                continue
        try:
            await _publish(platform, author, reviewer, flow)
            done += 1
        except ProblemError as error:
            refused.append(f"{flow.flow}: {'; '.join(one.detail or '' for one in error.issues) or error.detail}")
    return ", ".join([f"{done} published", *(f"a draft of {one}" for one in refused)])


def import_files(settings: Settings, files: Sequence[Path]) -> list[str]:
    """As `import_flows`, on a platform of its own."""

    async def run() -> list[str]:
        async with connected(settings) as platform:
            return await import_flows(platform, files)

    return asyncio.run(run())


async def import_flows(platform: Platform, files: Sequence[Path]) -> list[str]:
    """Make a draft of each document; all of them or none. Gives a line about each.

    Raises:
        Refused: a file that is no flow, or a flow that has a draft already.
    """
    lines = []
    async with acting(platform, "cli.flowImport") as work:
        versions = VersionService(work)
        for file in files:
            try:
                version_id = await versions.add(_read(file))
            except ProblemError as error:
                raise Refused(f"{file}: {error.detail}", 1) from error
            view = await versions.summary(version_id)
            lines.append(f"{file}: draft {view.number} of {view.flow}, {view.id}")
    return lines


def _read(file: Path) -> Flow:
    """The flow of a file; what the API would refuse is refused here too."""
    try:
        content = file.read_bytes()
        if len(content) > MAX_BODY:
            raise Refused(f"{file}: larger than {MAX_BODY} bytes", 1)
        document, faults = parse(content)
        document = clean_json(document)
        if isinstance(document, dict):
            return shaped(document)
        raise Misshapen(faults or faults_of_form(document))
    except (OSError, TextInvalid) as error:
        raise Refused(f"{file}: {error}", 1) from error
    except Misshapen as wrong:
        raise Refused("\n".join(f"{file}: {one.path} {one.message}" for one in wrong.findings), 1) from wrong


async def _publish(platform: Platform, author: Principal, reviewer: Principal, flow: Flow) -> None:
    async with platform.unit(author, "createFlowVersion", "seed") as work:
        version_id = await VersionService(work).add(flow)
    await _reviews(platform, author, "submitFlowVersion").submit(version_id, 1)
    await _reviews(platform, reviewer, "publishFlowVersion").publish(version_id, FlowPublish(), 2)


def _reviews(platform: Platform, who: Principal, action: str) -> ReviewService:
    def steps(day: date) -> StepService:
        return StepService(platform.flows, platform.flow_products, platform.settings.flow_form_url, day)

    return ReviewService(lambda: platform.unit(who, action, "seed"), steps, platform.prover)


async def _user(platform: Platform, username: str) -> Principal | None:
    async with platform.database.begin() as uow:
        rows = await uow.fetch(_WHO, username)
    if not rows:
        return None
    departments: dict[UUID, frozenset[str]] = {row["department_id"]: frozenset(row["roles"]) for row in rows}
    roles = frozenset().union(*departments.values())
    return Principal(id=rows[0]["id"], name=rows[0]["name"], roles=roles, departments=departments)


def _in_order(flows: list[Flow]) -> list[Flow]:
    """What others lead to first: a link to a flow that is not published is a fault."""
    left = {flow.flow: flow for flow in flows}
    ordered = list[Flow]()
    while left:
        ready = [
            one for one in left.values() if not {link.flow for _, link in one.links()} & (left.keys() - {one.flow})
        ]
        for flow in ready or list(left.values()):
            ordered.append(left.pop(flow.flow))
    return ordered
