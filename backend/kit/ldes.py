"""Reads a Linked Data Event Stream (LDES, TREE): pages of snapshots, from files or over HTTP.

Pages are compact JSON-LD as published by LPDC/IPDC: `{"@id", "timestampPath", "versionOfPath",
"view": {"@id", "relation": [{"node", ...}]}, "member": [...]}`. Contexts are not fetched: the compact keys
are the contract. A page or member that cannot be used is a refusal with its reason; the rest goes on.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import httpx
import msgspec

from backend.kit.ldes_sources import LdesUnavailable, PageBroken, open_source

__all__ = ["LdesRead", "LdesUnavailable", "Member", "Refusal", "identifier", "read_latest", "read_members"]

PAGE_CAP = 2_000
"""More pages than this is a mistake or an attack: the biggest known stream has about 220."""

_PAGE_SECONDS = 60
_OLDEST = datetime.min.replace(tzinfo=UTC)


class Member(msgspec.Struct, frozen=True):
    """One snapshot as it stood on a page: the page's id, the object it is a version of, its time, the JSON."""

    page: str
    version_of: str
    generated_at: datetime
    data: dict[str, Any]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A page or member that was left out, and why (English, for the log)."""

    id: str
    reason: str
    kind: Literal["page", "member"] = "member"


class LdesRead(msgspec.Struct, frozen=True, kw_only=True):
    """The newest snapshot of every object, how many pages were read and what was left out.

    `stream` is what the first page calls itself ("@id") without the part that says which page it is.
    """

    members: list[dict[str, Any]]
    pages: int
    refused: list[Refusal]
    stream: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every page was read; if not, an object that is absent here may still exist."""
        return all(refusal.kind != "page" for refusal in self.refused)


async def read_members(
    source: str, *, api_key: str | None = None, client: httpx.AsyncClient | None = None
) -> AsyncIterator[Member]:
    """Every usable snapshot of a stream, oldest first (so per object in the order of its versions).

    Args:
        source: a page's file (its folder holds the others), a folder, a glob, or a page's http(s) address.
        api_key: sent as `x-api-key`.
        client: to use instead of one of our own (its limits and certificates count).

    Raises:
        LdesUnavailable: nothing can be read from there.
    """
    members, _ = await _read(source, api_key, client)
    for member in members:
        yield member


async def read_latest(source: str, *, api_key: str | None = None, client: httpx.AsyncClient | None = None) -> LdesRead:
    """The newest snapshot of every object of a stream; arguments and errors as `read_members`."""
    members, read = await _read(source, api_key, client)
    latest = {member.version_of: member.data for member in members}
    return msgspec.structs.replace(read, members=list(latest.values()))


def identifier(value: object) -> str | None:
    """The id in a JSON-LD value: the text itself, or the "@id" of an object; None when there is none."""
    if isinstance(value, Mapping):
        value = value.get("@id")
    return value.strip() or None if isinstance(value, str) else None


async def _read(source: str, api_key: str | None, client: httpx.AsyncClient | None) -> tuple[list[Member], LdesRead]:
    members: list[Member] = []
    refused: list[Refusal] = []
    stream: str | None = None
    pages = 0
    async with open_source(source, api_key=api_key, client=client) as opened:
        waiting = await opened.start()
        known = set(waiting)
        while waiting:
            name = waiting.pop(0)
            if pages >= PAGE_CAP:
                refused.append(Refusal(id=name, reason=f"more than {PAGE_CAP} pages", kind="page"))
                break
            try:
                page = await asyncio.wait_for(opened.load(name), timeout=_PAGE_SECONDS)
            except (PageBroken, TimeoutError) as problem:
                reason = str(problem) or f"no complete page within {_PAGE_SECONDS} s"
                refused.append(Refusal(id=name, reason=reason, kind="page"))
                continue
            pages += 1
            stream = stream or re.split(r"[?#]", identifier(page) or "")[0] or None
            _take(page, name, members, refused)
            for link in _links(page):
                next_name = opened.resolve(name, link)
                if next_name is not None and next_name not in known:
                    known.add(next_name)
                    waiting.append(next_name)
                elif next_name is None:
                    _refuse_once(refused, link, "not on the origin of the stream")
    if not pages:
        raise LdesUnavailable(f"cannot read {source}: {refused[0].reason}")
    members.sort(key=lambda member: member.generated_at)  # stable: the page read last wins when times are equal
    return members, LdesRead(members=[], pages=pages, refused=refused, stream=stream)


def _take(page: Mapping[str, Any], name: str, members: list[Member], refused: list[Refusal]) -> None:
    version_path = _path(page, "versionOfPath", "isVersionOf")
    time_path = _path(page, "timestampPath", "generatedAtTime")
    found = page.get("member", [])
    for place, data in enumerate(found if isinstance(found, list) else [found]):
        where = f"{name}#member-{place}"
        if not isinstance(data, dict):
            refused.append(Refusal(id=where, reason="a member is not a JSON object"))
            continue
        own = identifier(data)
        version_of = identifier(data.get(version_path))
        if own is None or version_of is None:
            missing = "@id" if own is None else version_path
            refused.append(Refusal(id=own or where, reason=f"no {missing}"))
            continue
        members.append(Member(name, version_of, _moment(data.get(time_path)), data))


def _links(page: Mapping[str, Any]) -> list[str]:
    """The pages a page points at: the nodes of its relations, in whatever direction, and its views."""
    views = page.get("view", [])
    holders = [page, *(views if isinstance(views, list) else [views])]
    links = [identifier(holder) for holder in holders[1:]]
    for holder in holders:
        relations = holder.get("relation", []) if isinstance(holder, Mapping) else []
        every = relations if isinstance(relations, list) else [relations]
        links += [identifier(relation.get("node")) for relation in every if isinstance(relation, Mapping)]
    return [link for link in links if link]


def _path(page: Mapping[str, Any], key: str, default: str) -> str:
    return identifier(page.get(key)) or default


def _moment(value: object) -> datetime:
    """An instant in UTC; what cannot be read counts as oldest, so that a dated snapshot wins from it."""
    if isinstance(value, Mapping):
        value = value.get("@value")
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else _OLDEST
    except ValueError:
        return _OLDEST
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _refuse_once(refused: list[Refusal], name: str, reason: str) -> None:
    if all(refusal.id != name for refusal in refused):
        refused.append(Refusal(id=name, reason=reason, kind="page"))
