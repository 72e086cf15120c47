"""Files as pure functions: what a content really is, what may be attached, under which name it is shown and given out.

The type follows from the content (library puremagic for signatures; containers and texts are looked into here, where
signatures say too little). The name only tells plain text from CSV: both are harmless as long as neither is anything
else. A file is given out under a name that fits its type, so that nothing opens as what it only claims to be.
"""

import io
import re
import unicodedata
import zipfile
from typing import Literal
from urllib.parse import quote

import puremagic

from backend.kit.text import drop_refused, without_invisible

State = Literal["pending", "clean", "infected", "error"]

LARGEST = 10 * 1024 * 1024
"""Bytes of one file."""
PER_MESSAGE = 5
PER_QUESTION = 50
"""What people attach; what a mail brings is kept however much it is."""

NOT_ALLOWED, TOO_LARGE, EMPTY = "typeNotAllowed", "tooLarge", "empty"
NOT_SCANNED, UNREADABLE, TOO_LARGE_TO_SCAN = "notScanned", "unreadable", "tooLargeToScan"
"""Findings of state `error`; that of `infected` is the name of the signature."""

UNKNOWN = "application/octet-stream"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
ALLOWED: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "application/rtf": ("rtf",),
    "image/gif": ("gif",),
    "image/heic": ("heic", "heif"),
    "image/jpeg": ("jpg", "jpeg", "jfif"),
    "image/png": ("png",),
    "image/tiff": ("tif", "tiff"),
    "image/webp": ("webp",),
    f"{_OFFICE}wordprocessingml.document": ("docx",),
    f"{_OFFICE}spreadsheetml.sheet": ("xlsx",),
    f"{_OFFICE}presentationml.presentation": ("pptx",),
    f"{_OPEN}text": ("odt",),
    f"{_OPEN}spreadsheet": ("ods",),
    f"{_OPEN}presentation": ("odp",),
    "application/msword": ("doc",),
    "application/vnd.ms-excel": ("xls",),
    "application/vnd.ms-powerpoint": ("ppt",),
    "application/vnd.ms-outlook": ("msg",),
    "text/plain": ("txt", "text", "log", "md"),
    "text/csv": ("csv", "tsv"),
    "text/calendar": ("ics",),
    "message/rfc822": ("eml",),
}
"""What may be attached: media type -> the endings of its names, the usual one first."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD = 4096
_SURE = 0.3
"""puremagic counts a tenth for each byte of a signature; fewer than three bytes say nothing."""
_ALIASES = {"image/heif": "image/heic"}
_BEFORE_TEXT = frozenset(one for one in ALLOWED if one.startswith("image/")) | {"application/pdf", "application/rtf"}
"""Signatures that no text begins with by chance."""
_PARTS = {
    "word/document.xml": f"{_OFFICE}wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OFFICE}presentationml.presentation",
}
_MACROS = "application/vnd.ms-office.macroEnabled"
_STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "__properties_version1.0": "application/vnd.ms-outlook",
}
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MARKUP = re.compile(r"\s*(<!doctype|<html|<head|<body|<script|<svg|<\?xml|<!--)", re.IGNORECASE)
_MAIL = re.compile(
    r"(?:From|To|Date|Subject|Received|Return-Path|Message-ID|MIME-Version|Delivered-To|X-[\w-]+):.*\r?\n"
    r"(?:[ \t].*\r?\n)*[A-Z][\w-]*:",
    re.IGNORECASE,
)
"""Two headers of a mail, the first of them a usual one."""

_NAME_LENGTH = 120
_NO_NAME = "bijlage"
_REFUSED_IN_NAMES = re.compile(r'[<>:"|?*]')
_LONGEST_ENDING = 10


def detect(content: bytes, name: str) -> str:
    """The media type of a content; `application/octet-stream` when nobody knows.

    Args:
        content: the whole of it.
        name: as it is called; tells CSV from other text, nothing else.
    """
    if content.startswith(_ZIP):
        return _container(content)
    if content.startswith(_OLE):
        return _compound(content)
    found = _signature(content[:_HEAD])
    if found in _BEFORE_TEXT:
        return found
    if _NO_TEXT.search(content):  # no text, whatever it begins with
        return UNKNOWN if found.startswith(("text/", "message/")) else found
    return _text(content[:_HEAD], name)


def _signature(head: bytes) -> str:
    """What puremagic is sure of; the allowed type first where several have the same signature."""
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):  # nothing known, or nothing at all
        return UNKNOWN
    sure = [one for one in matches if one.confidence >= _SURE and one.mime_type]
    types = [_ALIASES.get(one.mime_type, one.mime_type) for one in sorted(sure, key=lambda one: -one.confidence)]
    return next((one for one in types if one in ALLOWED), types[0] if types else UNKNOWN)


def _container(content: bytes) -> str:
    """A ZIP file: office documents are recognised by their parts, nothing else in it is looked at."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            names = set(file.namelist())
            if "mimetype" in names and file.getinfo("mimetype").file_size <= len(_OPEN) + _NAME_LENGTH:
                said = file.read("mimetype").decode("ascii", "replace").strip()
                return said if said in ALLOWED else "application/zip"
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError):
        return "application/zip"  # broken, encrypted or packed in an unusual way
    if "[Content_Types].xml" not in names:
        return "application/zip"
    if any(one.lower().endswith("vbaproject.bin") for one in names):
        return _MACROS
    return next((kind for part, kind in _PARTS.items() if part in names), "application/zip")


def _compound(content: bytes) -> str:
    """An OLE file: a document of the old office programs, or an installer, by the name of its main stream."""
    for stream, kind in _STREAMS.items():
        if stream.encode("utf-16-le") in content:
            return kind
    return "application/x-ole-storage"


def _text(head: bytes, name: str) -> str:
    text = head.decode("utf-8-sig", "replace")
    if _MARKUP.match(text):
        return "text/html"
    if text.lstrip().startswith("BEGIN:VCALENDAR"):
        return "text/calendar"
    if _MAIL.match(text):
        return "message/rfc822"
    return "text/csv" if ending(name) in ALLOWED["text/csv"] else "text/plain"


def ending(name: str) -> str:
    """The ending of a file name, in small letters; empty when there is none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem and len(last) <= _LONGEST_ENDING else ""


def misnamed(name: str, media_type: str) -> bool:
    """Whether the name claims to be something else than the content is."""
    return ending(name) not in ALLOWED.get(media_type, ())


def clean_name(raw: str) -> str:
    """A file name as it can be shown: no path, nothing invisible, nothing a file system takes ill; never empty."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", raw.encode("utf-8", "replace").decode()))[-1]
    seen = drop_refused(without_invisible(re.sub(r"\s", " ", last)))
    shown = "".join(char if char.isprintable() else "_" for char in _REFUSED_IN_NAMES.sub("_", seen))
    name = re.sub(r" +", " ", shown).strip(" .")
    if len(name) > _NAME_LENGTH:
        tail = f".{last}" if (last := ending(name)) else ""
        name = name[: _NAME_LENGTH - len(tail)].rstrip(" .") + tail
    return name or _NO_NAME


def given_name(name: str, media_type: str) -> str:
    """The name under which a file is given out: a wrong ending gets the right one behind it."""
    endings = ALLOWED.get(media_type)
    return f"{name}.{endings[0]}" if endings and misnamed(name, media_type) else name


def disposition(name: str) -> str:
    """`Content-Disposition` of a download (RFC 6266): to be saved, never shown in place."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r'["\\%]', "_", plain).strip() or _NO_NAME
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
