"""The link to the application that does the transaction: a template that known data are filled into."""

import re
from collections.abc import Mapping
from urllib.parse import quote

PLACEHOLDERS = ("name", "email", "phone", "reference", "productNumber")
"""What a template may hold between braces: data of the customer, the question's reference, the product's number."""

TRANSACTION_URL = r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?([/?#]([^\s{}<>\"\\]|\{(" + "|".join(PLACEHOLDERS) + r")\})*)?$"
"""An absolute address; placeholders may stand after the host, never in it."""

_PLACE = re.compile(r"\{(\w+)\}")


def transaction_link(template: str, known: Mapping[str, str]) -> str:
    """The address with known data filled in (percent-encoded).

    A query parameter that needs something unknown is left out; elsewhere in the address the unknown is left empty.
    """
    address, hash_mark, fragment = template.partition("#")
    path, _, query = address.partition("?")
    pairs = [pair for pair in query.split("&") if pair and all(known.get(name) for name in _PLACE.findall(pair))]
    filled = path + ("?" + "&".join(pairs) if pairs else "") + hash_mark + fragment
    return _PLACE.sub(lambda place: quote(known.get(place[1], ""), safe=""), filled)
