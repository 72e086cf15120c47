"""Writing a version: what is sent is read in a thread and outside transactions, as that takes a moment."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import msgspec

from backend.assistant.proof.rules.findings import FlowFinding
from backend.assistant.rules import Flow, encode, flow_languages
from backend.assistant.versions.rules import Misshapen, conditions, shaped
from backend.assistant.versions.schemas import FlowVersionCreate, FlowVersionView
from backend.assistant.versions.service.versions import VersionService, flow_of
from backend.assistant.versions.service.views import summary_fields
from backend.kit.db import Row
from backend.kit.problems import BELGIF, Issue, ProblemError, invalid_input
from backend.kit.schema import given
from backend.kit.work import Work

Begin = Callable[[], AbstractAsyncContextManager[Work]]
"""Begins a unit of work, which is committed when the block ends well."""


class Authoring:
    """Writes versions.

    Args:
        begin: begins a unit of work.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    async def read(self, version_id: UUID) -> FlowVersionView:
        """One version with its document and conditions; 404."""
        async with self._begin() as work:
            row = await VersionService(work).row(version_id)
        return await asyncio.to_thread(_view, row)

    async def document(self, version_id: UUID) -> tuple[str, bytes]:
        """A name for the file, and the document as JSON that can be imported; 404."""
        async with self._begin() as work:
            row = await VersionService(work).row(version_id)
        content = msgspec.json.format(encode(flow_of(row)), indent=1)
        return f"{row['slug']}-{row['number']}.json", content

    async def wanted(self, data: FlowVersionCreate) -> Flow | None:
        """The flow of a document to be imported; None when there is none.

        Raises:
            ProblemError: 400 for a document that is no flow, and when it does not say one thing to begin with.
        """
        ways = [data.document, data.copy_of, data.flow]
        if sum(not isinstance(way, msgspec.UnsetType) for way in ways) != 1:
            raise invalid_input("Give a document, copyOf, or flow with a title.", name="document")
        if given(data.flow) and not given(data.title):
            raise invalid_input("A new flow needs a title.", name="title")
        document = given(data.document)
        return await _shaped(document) if document is not None else None

    async def replace(self, version_id: UUID, document: dict[str, Any], expected: int) -> FlowVersionView:
        """Another document for a draft.

        Raises:
            ProblemError: 400 with every fault of form; 404, 409 `notADraft`, 412.
        """
        async with self._begin() as work:
            row = await VersionService(work).row(version_id)
        flow = await _shaped(document, row["slug"], row["number"])
        async with self._begin() as work:
            versions = VersionService(work)
            await versions.change(version_id, flow, expected)
            row = await versions.row(version_id)
        return await asyncio.to_thread(_view, row)


async def create(work: Work, data: FlowVersionCreate, flow: Flow | None) -> FlowVersionView:
    """A new draft.

    Args:
        work: the unit of work.
        data: what was asked.
        flow: of its document, see `Authoring.wanted`.

    Raises:
        ProblemError: 400 for an unknown version or department; 409 `draftExists`, `flowExists`.
    """
    versions, department, copied = VersionService(work), given(data.department_id), given(data.copy_of)
    if flow:
        version_id = await versions.add(flow, department)
    elif copied:
        version_id = await versions.copy(copied)
    else:
        version_id = await versions.start(given(data.flow) or "", given(data.title) or "", department)
    return await asyncio.to_thread(_view, await versions.row(version_id))


async def _shaped(document: dict[str, Any], slug: str | None = None, number: int = 1) -> Flow:
    try:
        return await asyncio.to_thread(shaped, document, slug, number)
    except Misshapen as wrong:
        raise ProblemError(400, "The document is no flow.", issues=[_issue(one) for one in wrong.findings]) from None


def _issue(finding: FlowFinding) -> Issue:
    kind = f"{BELGIF}input-validation:invalidInput"
    return Issue(type=kind, where="body", name=f"document{finding.path}", detail=finding.message)


def _view(row: Row) -> FlowVersionView:
    flow = flow_of(row)
    return FlowVersionView(
        document=msgspec.json.decode(encode(flow)),
        languages=list(flow_languages(flow)),
        conditions=conditions(flow),
        **summary_fields(row),
    )
