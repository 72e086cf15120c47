"""The link to the application that does the transaction: a template that known data are filled into."""

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

PLACEHOLDERS = (
    "name",
    "givenName",
    "familyName",
    "email",
    "phone",
    "street",
    "houseNumber",
    "box",
    "postcode",
    "municipality",
    "reference",
    "productNumber",
)
"""What a template may hold between braces: data of the customer, the question's reference, the product's number.

Never a national number: addresses end up in histories of browsers and in logs of others.
"""

TRANSACTION_URL = r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?([/?#]([^\s{}<>\"\\]|\{(" + "|".join(PLACEHOLDERS) + r")\})*)?$"
"""An absolute address; placeholders may stand after the host, never in it."""

_PLACE = re.compile(r"\{([^{}]*)\}")
_ADDRESS = re.compile(r"https?://(?P<host>[^/?#:]*)(?::(?P<port>[^/?#]*))?(?P<rest>[/?#].*)?\Z", re.DOTALL)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
_MOST_HOST = 253
_MOST_PORT = 65_535
_DOTS = {".", ".."}


def transaction_link(template: str, known: Mapping[str, str]) -> str:
    """The address with known data filled in (percent-encoded); nothing else of it can change.

    A query parameter that needs something unknown is left out; elsewhere in the address the unknown is left empty. So
    is a value that would make `.` or `..` of a part of the path, which browsers take for another place.

    Args:
        template: an address without faults, see `template_fault`.
        known: values by placeholder.
    """
    address, hash_mark, fragment = template.partition("#")
    path, _, query = address.partition("?")
    pairs = [pair for pair in query.split("&") if pair and all(known.get(name) for name in _PLACE.findall(pair))]
    filled = "/".join(_segment(part, known) for part in path.split("/"))
    if pairs:
        filled += "?" + _filled("&".join(pairs), known)
    return filled + hash_mark + _filled(fragment, known)


def template_fault(template: str) -> str | None:
    """What is wrong with the template of a link, for the person who wrote it; None when it is good."""
    if fault := address_fault(template):
        return fault
    place = _ADDRESS.match(template)
    rest = (place["rest"] if place else "") or ""
    unknown = [name for name in _PLACE.findall(rest) if name not in PLACEHOLDERS]
    if unknown:
        return f"{{{unknown[0][:60]}}} is no placeholder; these are: {', '.join(PLACEHOLDERS)}."
    if {"{", "}"} & set(_PLACE.sub("", rest)):
        return "A brace that does not belong to a placeholder; write %7B and %7D."
    return None


def address_fault(address: str) -> str | None:
    """What is wrong with where an http(s) address leads to; None when it is the name of a host."""
    place = _ADDRESS.match(address)
    if place is None:
        return "Not an address that begins with https:// or http://."
    host = place["host"]
    if "{" in host or "{" in (place["port"] or ""):
        return "A placeholder may not stand in the host: data would decide where people are sent."
    if "@" in host or "@" in (place["port"] or ""):
        return "The host may not be preceded by a name and @: people would misread where they are sent."
    labels = host.split(".")
    # the last one begins with a letter: browsers read 127.0.0.1, 0x7f.1 and 2130706433 as numbers of machines
    if len(host) > _MOST_HOST or not all(map(_LABEL.match, labels)) or not labels[-1][0].isalpha():
        return f"{host[:60]!r} is not the name of a host."
    port = place["port"]
    if port is not None and not (port.isdecimal() and port.isascii() and 0 < int(port[:6]) <= _MOST_PORT):
        return f"{port[:10]!r} is not a port."
    return None


def _segment(part: str, known: Mapping[str, str]) -> str:
    filled = _filled(part, known)
    return "" if filled != part and unquote(filled) in _DOTS else filled


def _filled(part: str, known: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: quote(known.get(place[1], ""), safe=""), part)
