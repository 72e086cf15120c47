"""Lists of synonyms as files: JSON (key -> phrases, as the shipped list) and CSV (a group per line). No I/O."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Literal

import msgspec

from backend.catalogue.rules.synonyms import Fault
from backend.kit.text import drop_refused

Format = Literal["json", "csv"]

MOST_BYTES = 4_000_000
MOST_GROUPS = 10_000
HEADER = "key"
_MOST_KEY = 200


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A group in a file.

    Attributes:
        place: where, for messages: `line 3`, or the key.
        key: of a shipped group, the id of any group, or anything else for a new one.
    """

    place: str
    key: str
    phrases: tuple[str, ...]


class FileRefused(ValueError):
    """The file cannot be read.

    Attributes:
        faults: where and why.
    """

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.place}: {fault.detail}" for fault in faults))
        self.faults = faults


def read(raw: bytes, form: Format) -> list[Entry]:
    """The groups of a file.

    Raises:
        FileRefused: it is no such file, not UTF-8, or far too large.
    """
    if len(raw) > MOST_BYTES:
        raise _whole(f"More than {MOST_BYTES // 1_000_000} MB is no list of synonyms.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileRefused(Fault(place=f"line {line}", detail="Not UTF-8: save the file as 'CSV UTF-8'.")) from None
    entries = _read_json(text) if form == "json" else _read_csv(text)
    if len(entries) > MOST_GROUPS:
        raise _whole(f"More than {MOST_GROUPS} groups.")
    return entries


def write(entries: Sequence[Entry], form: Format) -> str:
    """A file that `read` reads: JSON with a group per line, or CSV with a header line."""
    if form == "json":
        lines = (f"  {_json(entry.key)}: {_json(entry.phrases)}" for entry in entries)
        return "{\n" + ",\n".join(lines) + "\n}\n"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((HEADER, "phrases"))
    writer.writerows((entry.key, *entry.phrases) for entry in entries)
    return out.getvalue()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Object(list[tuple[str, object]]):
    """The members of a JSON object, also those with the same name."""


def _read_json(text: str) -> list[Entry]:
    try:
        members = json.loads(text, object_pairs_hook=_Object)
    except (ValueError, RecursionError) as error:
        raise _whole(f"Not JSON: {error}.") from None
    if not isinstance(members, _Object):
        raise _whole("Expected an object: key -> list of phrases.")
    entries: list[Entry] = []
    wrong: list[Fault] = []
    seen = set[str]()
    for name, phrases in members:
        key = drop_refused(name)
        place = json.dumps(key[:_MOST_KEY], ensure_ascii=False)
        if key in seen:
            wrong.append(Fault(place=place, detail="This key comes twice."))
        elif not isinstance(phrases, list) or not all(isinstance(one, str) for one in phrases):
            wrong.append(Fault(place=place, detail="Expected a list of phrases."))
        else:
            entries.append(Entry(place=place, key=key, phrases=tuple(phrases)))
        seen.add(key)
    if wrong:
        raise FileRefused(*wrong)
    return entries


def _read_csv(text: str) -> list[Entry]:
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    entries: list[Entry] = []
    last = 0
    try:
        for cells in reader:
            place, last = f"line {last + 1}", reader.line_num
            key, *phrases = [cell.strip() for cell in cells] or [""]
            key = drop_refused(key)
            if not any((key, *phrases)) or (not entries and key.lower() == HEADER):
                continue
            entries.append(Entry(place=place, key=key, phrases=tuple(one for one in phrases if one)))
    except csv.Error as error:
        raise FileRefused(Fault(place=f"line {last + 1}", detail=f"Not CSV: {error}.")) from None
    return entries


def _whole(detail: str) -> FileRefused:
    return FileRefused(Fault(place="the file", detail=detail))
