"""One page of an LDES: its members one by one, and where it points to.

Members are not decoded here: a page is cut into pieces and each piece stands or falls by itself, so that one bad member
costs neither the others nor the memory of a page full of objects.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

Direction = Literal["forward", "backward", "other"]

MOST_VALUES = 1_000_000
"""Values on one page; the largest real page has about 10 000."""
_DEEPEST = 64
_CUT = b'"\\u0000nested too deep\\u0000"'
_OLDEST = datetime.min.replace(tzinfo=UTC)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_KEYS = frozenset({"member", "view", "relation", "hydraMember", "hydraView"})
_FORWARD = frozenset({"GreaterThanRelation", "GreaterThanOrEqualToRelation"})
_BACKWARD = frozenset({"LessThanRelation", "LessThanOrEqualToRelation"})
_HYDRA: Mapping[str, Direction] = {"hydraNext": "forward", "hydraPrevious": "backward", "hydraFirst": "backward"}


class PageBroken(Exception):
    """One page cannot be read.

    Attributes:
        status: of the HTTP answer, when there was one.
        retry_after: seconds after which the server wants to be asked again.
    """

    def __init__(self, reason: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after


class MemberBroken(ValueError):
    """One member cannot be read; the message says why."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A page or member that was left out, and why (English, for the log); a notice was read all the same.

    `version_of`: the object a member is a version of, when it says so.
    """

    id: str
    reason: str
    kind: Literal["page", "member", "notice"] = "member"
    version_of: str | None = None


class Member(msgspec.Struct, frozen=True):
    """One snapshot as it stood on a page: the page, its own id, the object it is a version of, its time, its JSON."""

    page: str
    id: str
    version_of: str
    generated_at: datetime
    raw: bytes

    @property
    def data(self) -> dict[str, Any]:
        """The snapshot, decoded.

        Raises:
            MemberBroken: it is not JSON that can be kept.
        """
        try:
            decoded: dict[str, Any] = msgspec.json.decode(self.raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise MemberBroken(f"not valid JSON: {problem}") from problem
        return decoded


class Link(msgspec.Struct, frozen=True):
    """Another page, and whether it comes after this one, before it, or neither."""

    target: str
    direction: Direction


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What one page holds.

    Attributes:
        name: how the page was found.
        stream: what the page calls itself.
        contexts: addresses of its JSON-LD contexts; never fetched.
        views: what its views are called.
    """

    name: str
    stream: str | None
    contexts: Sequence[str]
    views: Sequence[str]
    members: list[Member]
    links: list[Link]
    refused: list[Refusal]

    @property
    def of(self) -> str | None:
        """The stream it says it is a page of: its own name without the part that says which page; None if unknown."""
        return re.split(r"[?#]", self.stream or "")[0] or None


def unreadable(name: str, value: object) -> str:
    """The reason of a notice about a moment that was given and cannot be read."""
    return f'{name} cannot be read as a moment: "{str(_bare(value))[:40]}"'


def identifier(value: object) -> str | None:
    """The id in a JSON-LD value: the text itself, or the "@id" of an object; None when there is none."""
    if isinstance(value, Mapping):
        value = value.get("@id")
    return value.strip() or None if isinstance(value, str) else None


def read_page(raw: bytes, name: str, *, member_bytes: int) -> Contents:
    """Cut a page into members and links.

    Args:
        raw: JSON in UTF-8.
        name: of the page, for refusals.
        member_bytes: a larger member is refused.

    Raises:
        PageBroken: it is not a page of a stream.
    """
    page = _top(raw)
    if not _KEYS & page.keys():
        foreign = any("://" in key for key in page) or "@graph" in page
        what = "expanded JSON-LD, only compact keys are read" if foreign else "no member, view or relation"
        raise PageBroken(f"not a page of an LDES: {what}")
    head = {key: _value(piece) for key, piece in page.items() if key not in {"member", "hydraMember"}}
    times = identifier(head.get("timestampPath")) or "generatedAtTime"
    versions = identifier(head.get("versionOfPath")) or "isVersionOf"
    members: list[Member] = []
    refused: list[Refusal] = []
    for place, piece in enumerate(_pieces(page.get("member", page.get("hydraMember", b"[]")))):
        try:
            member, notice = _member(piece, name, f"{name}#member-{place}", (versions, times), member_bytes)
            members.append(member)
            refused += [notice] if notice else []
        except _Refused as problem:
            refused.append(problem.refusal)
    views = [one for view in _many(head.get("view")) if (one := identifier(view))]
    return Contents(
        name=name,
        stream=identifier(head),
        contexts=[one if isinstance(one, str) else "(inline)" for one in _many(head.get("@context"))],
        views=views,
        members=members,
        links=list(_links(head, times)),
        refused=refused,
    )


class _Refused(Exception):
    """Carries the refusal of one member."""

    def __init__(self, name: str, reason: str, version_of: str | None = None) -> None:
        super().__init__(reason)
        self.refusal = Refusal(id=name, reason=reason, version_of=version_of)


def _top(raw: bytes) -> dict[str, bytes]:
    """The JSON object of a page, its values not decoded."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if raw.count(b",") + raw.count(b"{") + raw.count(b"[") > MOST_VALUES:
        raise PageBroken(f"more than {MOST_VALUES} values")
    try:
        page = _decoded(raw)
    except msgspec.ValidationError as problem:
        expanded = " (expanded JSON-LD is not read)" if raw.lstrip()[:1] == b"[" else ""
        raise PageBroken(f"not a JSON object{expanded}") from problem
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise PageBroken(f"not valid JSON: {problem}") from problem
    return {key: bytes(piece) for key, piece in page.items()}


def _decoded(raw: bytes) -> dict[str, msgspec.Raw]:
    """The members of a JSON object; tried again without what spoils a whole page though it is in one place only."""
    try:
        return msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except RecursionError:
        raw = _shallow(raw)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if b"\\u" not in raw:
            raise
    return msgspec.json.decode(_ESCAPE.sub(_without_halves, raw), type=dict[str, msgspec.Raw])


def _without_halves(escape: re.Match[bytes]) -> bytes:
    """Half a character, left by who cuts off texts by the number of code units, becomes the replacement character."""
    return rb"\ufffd" if escape[1] else escape[0]


def _shallow(raw: bytes) -> bytes:
    """The JSON with a mark in the place of everything that lies deeper than 64 levels."""
    kept: list[bytes] = []
    depth = start = 0
    for token in _TOKEN.finditer(raw):
        sign = token[0]
        if sign in b"[{":
            depth += 1
            if depth == _DEEPEST:
                kept += [raw[start : token.start()], _CUT]
        elif sign in b"]}":
            depth -= 1
            if depth == _DEEPEST - 1:
                start = token.end()
    return b"".join([*kept, raw[start:]])


def _value(piece: bytes) -> Any:
    try:
        return msgspec.json.decode(piece)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _pieces(piece: bytes) -> list[msgspec.Raw]:
    """A JSON-LD set of members: a list, or one without a list."""
    if piece.lstrip()[:1] != b"[":
        return [msgspec.Raw(piece)]
    return msgspec.json.decode(piece, type=list[msgspec.Raw])


def _member(
    piece: msgspec.Raw, page: str, where: str, paths: tuple[str, str], most: int
) -> tuple[Member, Refusal | None]:
    """A member, and a notice when its time cannot be read: it counts as oldest then, so a dated one wins from it."""
    raw = bytes(piece)
    try:
        parts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise _Refused(where, "a member is not a JSON object") from problem
    own, version_of = (identifier(_value(bytes(parts.get(key, b"null")))) for key in ("@id", paths[0]))
    where = own or where
    if len(raw) > most:
        raise _Refused(where, f"{_mib(len(raw))} MiB of text, at most {_mib(most)} MiB is read", version_of)
    if _CUT in raw:
        raise _Refused(where, "nested too deep", version_of)
    if own is None or version_of is None:
        expanded = " (expanded JSON-LD is not read)" if any("://" in key for key in parts) else ""
        raise _Refused(where, f"no {'@id' if own is None else paths[0]}{expanded}", version_of)
    time = _value(bytes(parts.get(paths[1], b"null")))
    moment = _moment(time)
    notice = Refusal(id=own, reason=unreadable(paths[1], time), kind="notice") if moment is None else None
    return Member(page, own, version_of, moment or _OLDEST, raw), notice


def _mib(size: int) -> str:
    return f"{size / 1024 / 1024:.1f}".removesuffix(".0")


def _links(page: Mapping[str, Any], times: str) -> Iterator[Link]:
    """The pages a page points at: the nodes of its relations and views, and the neighbours Hydra names."""
    views = _many(page.get("view"))
    itself = identifier(page)
    for view in views:
        if (target := identifier(view)) and target != itself:
            yield Link(target, "other")
    for holder in (page, *views, *_many(page.get("hydraView"))):
        if not isinstance(holder, Mapping):
            continue
        for relation in _many(holder.get("relation")):
            target = identifier(relation.get("node")) if isinstance(relation, Mapping) else None
            if target:
                yield Link(target, _direction(relation, times))
        for key, direction in _HYDRA.items():
            if target := identifier(holder.get(key)):
                yield Link(target, direction)


def _direction(relation: Mapping[str, Any], times: str) -> Direction:
    """Which way in time a relation goes; only one about the time of the members says anything."""
    path = identifier(relation.get("path"))
    kinds = {re.split(r"[/#:]", kind)[-1] for kind in _many(relation.get("@type")) if isinstance(kind, str)}
    if path not in {None, times} or not kinds:
        return "other"
    return "forward" if kinds & _FORWARD else "backward" if kinds & _BACKWARD else "other"


def _many(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _moment(value: object) -> datetime | None:
    """An instant in UTC, the oldest one when there is none; None when what was given cannot be read."""
    value = _bare(value)
    if value is None or value == "":
        return _OLDEST
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _bare(value: object) -> object:
    """The value of a typed literal."""
    return value.get("@value") if isinstance(value, Mapping) else value
