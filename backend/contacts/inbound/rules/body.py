"""The text of a mail and the files with it, whatever its parts claim to be."""

import codecs
import re
from email.message import Message
from html import unescape
from typing import Any

import msgspec

from backend.contacts.inbound.rules.headers import Part, one_line
from backend.contacts.inbound.rules.mail import Piece
from backend.kit.html import HtmlTooComplex, to_text
from backend.kit.text import drop_refused

DEEPEST = 30
"""Levels of parts that are opened: real mails have at most ten."""
MOST_PARTS = 500
LONGEST_TEXT = 1_000_000
"""Characters of text that are taken over from one part; the original keeps the rest."""
LONGEST_NAME = 200

_TYPES = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}\Z")
_ENCRYPTED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted", "multipart/encrypted"}
_UNSHOWN = re.compile(r"<(style|script|head|title)\b", re.IGNORECASE)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_TRUSTED = {
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-7",
    "ascii",
    "koi8-r",
    "big5",
    "gb2312",
    "gbk",
    "gb18030",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "iso2022_jp",
}
"""Codecs besides those of one byte a character: others cost time in the square of the text, or are no text at all."""
_PART_BROKEN = (ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError)


class Content(msgspec.Struct, kw_only=True):
    """What was found in the parts of a mail, gathered while walking through them."""

    plain: list[str] = []
    html: list[str] = []
    pieces: list[Piece] = []
    reports: list[Part] = []
    returned: list[str] = []
    parts: int = 0
    cut: bool = False
    encrypted: bool = False

    @property
    def text(self) -> str:
        """What is written in it."""
        return "\n\n".join(text for text in self.plain if text.strip()) or "\n\n".join(self.html)


def content_of(message: Part) -> Content:
    """Everything in the parts of a mail."""
    found = Content()
    _walk(message, found, 0)
    return found


def _walk(part: Part, found: Content, depth: int) -> None:
    found.parts += 1
    if depth > DEEPEST or found.parts > MOST_PARTS:
        found.cut = True
        return
    kind = _kind(part)
    found.encrypted |= kind in _ENCRYPTED
    children = part.get_payload() if part.is_multipart() else None
    if kind == "message/delivery-status" and isinstance(children, list):
        found.reports += [child for child in children if isinstance(child, Message)][:MOST_PARTS]
    elif kind in {"message/rfc822", "message/global"} and isinstance(children, list):
        _forwarded(part, children, found)
    elif isinstance(children, list):
        _several(kind, [child for child in children if isinstance(child, Message)], found, depth)
    else:
        _leaf(part, kind, found)


def _several(kind: str, children: list[Part], found: Content, depth: int) -> None:
    """Parts that belong together; of alternatives the plain text counts, when it says anything."""
    if kind != "multipart/alternative":
        for child in children:
            _walk(child, found, depth + 1)
        return
    inside = Content(parts=found.parts)
    for child in children:
        _walk(child, inside, depth + 1)
    found.plain.append(inside.text)
    for name in ("pieces", "reports", "returned"):
        getattr(found, name).extend(getattr(inside, name))
    found.parts, found.cut = inside.parts, found.cut or inside.cut
    found.encrypted |= inside.encrypted


def _forwarded(part: Part, children: list[Any], found: Content) -> None:
    """A mail within the mail: returned by a server, or passed on by the sender as a file."""
    inner = next((child for child in children if isinstance(child, Message)), None)
    try:
        content = inner.as_bytes() if inner is not None else b""
    except (*_PART_BROKEN, UnicodeError):
        found.cut = True
        return
    found.returned.append(content[:LONGEST_TEXT].decode("utf-8", "replace"))
    found.pieces.append(Piece(name=_name(part) or "bericht.eml", media_type="message/rfc822", content=content))


def _leaf(part: Part, kind: str, found: Content) -> None:
    content = _bytes(part)
    if kind == "text/rfc822-headers":
        found.returned.append(content[:LONGEST_TEXT].decode("utf-8", "replace"))
        return
    name = _name(part)
    attached = _disposition(part) == "attachment"
    if kind.startswith("multipart/"):  # its parts cannot be told apart: somebody can still read it
        kind = "text/plain"
    if kind in {"text/plain", "text/html"} and not name and not attached:
        text = decoded(content, _charset(part))
        found.cut |= len(text) > LONGEST_TEXT
        text = text[:LONGEST_TEXT]
        if kind == "text/plain":
            found.plain.append(tidy(text))
        else:
            found.html.append(in_words(text))
    elif content or name:
        found.pieces.append(Piece(name=name, media_type=kind, content=content))


def decoded(content: bytes, charset: str) -> str:
    """Bytes as text: in the character set that is said, unless the bytes say otherwise."""
    try:
        codec = codecs.lookup(charset or "utf-8").name
    except (LookupError, ValueError, UnicodeError):
        codec = "utf-8"
    if codec in {"ascii", "iso8859-1"}:
        codec = "cp1252"  # as browsers do
    if codec not in _TRUSTED and not codec.startswith(("cp125", "iso8859", "mac-", "koi8")):
        codec = "utf-8"
    # a mail in UTF-8 that calls itself something of one byte is common, the reverse never makes valid UTF-8
    order = ["utf-8", codec] if codec.startswith(("cp125", "iso8859", "mac-")) else [codec, "utf-8"]
    for one in order:
        try:
            return content.decode(one)
        except (UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def in_words(html: str) -> str:
    """HTML as text; of HTML with more tags than our cleaner takes, without its layout."""
    try:
        return tidy(to_text(html))
    except HtmlTooComplex:
        bare = _TAG.sub(" ", _BREAKS.sub("\n", _shown(html)))
        return tidy("\n".join(" ".join(line.split()) for line in unescape(bare).split("\n")))


def _shown(html: str) -> str:
    """HTML without what is not shown; each end is looked for once, so that no HTML makes it slow."""
    kept: list[str] = []
    place, endless = 0, set[str]()
    while found := _UNSHOWN.search(html, place):
        name = found[1].lower()
        kept.append(html[place : found.start()])
        end = None if name in endless else re.compile(rf"</{name}\s*>", re.IGNORECASE).search(html, found.end())
        if end is None:
            endless.add(name)
        place = end.end() if end else found.end()
    return " ".join([*kept, html[place:]])


def tidy(text: str) -> str:
    r"""A text with line ends as `\n`, at most two empty lines in a row, nothing that cannot be shown or stored."""
    lines = drop_refused(text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))
    trimmed = "\n".join(line if line == "-- " else line.rstrip() for line in lines.split("\n"))
    return re.sub(r"\n{4,}", "\n\n\n", trimmed).strip("\n")


def _bytes(part: Part) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except _PART_BROKEN:
        content = None
    if isinstance(content, bytes):
        return content
    bare = part.get_payload()
    return bare.encode("utf-8", "surrogateescape") if isinstance(bare, str) else b""


def _kind(part: Part) -> str:
    try:
        kind = part.get_content_type().lower()
    except _PART_BROKEN:
        kind = ""
    return kind if _TYPES.match(kind) else "application/octet-stream"


def _charset(part: Part) -> str:
    try:
        return part.get_content_charset() or ""
    except _PART_BROKEN:
        return ""


def _disposition(part: Part) -> str:
    try:
        return part.get_content_disposition() or ""
    except _PART_BROKEN:
        return ""


def _name(part: Part) -> str:
    try:
        name = part.get_filename() or ""
    except _PART_BROKEN:
        name = ""
    return one_line(name.replace("\\", "/").rsplit("/", 1)[-1])[:LONGEST_NAME]
