"""What a snapshot gives but a product does not keep: no reason to refuse it, but whoever publishes it wants to know."""

from collections.abc import Iterator, Mapping
from typing import Any

from backend.catalogue.rules.values import LONGEST_CODE, ids, last, line, moment
from backend.kit.ldes import unreadable

_MOMENTS = ("generatedAtTime", "creatie", "laatstGewijzigd", "startDienstVerlening", "eindeDienstVerlening")
_CODES = (
    *("type", "themas", "doelgroepen", "bevoegdBestuursniveaus", "uitvoerendBestuursniveaus"),
    *("publicatiekanalen", "yourEuropeCategorieen", "talen", "geografischToepassingsgebieden"),
)
_NUMBERS = ("productnummer", "linkedConceptProductnummer")


def remarks(member: Mapping[str, Any]) -> list[str]:
    """What is left out of a snapshot that itself can be used, and why (English, for the report); see `product_facts`.

    Raises:
        SnapshotRefused: as `product_facts`.
    """
    return list(_remarks(member))


def _remarks(member: Mapping[str, Any]) -> Iterator[str]:
    for name in _MOMENTS:
        if line(given := member.get(name)) and moment(given) is None:
            yield unreadable(name, given)
    for name in _CODES:
        for length in sorted({len(code) for one in ids(member.get(name)) if len(code := last(one)) > LONGEST_CODE}):
            yield f"{name}: a code of {length} characters is left out, at most {LONGEST_CODE} are kept"
    for name in _NUMBERS:
        if (length := len(line(member.get(name)))) > LONGEST_CODE:
            yield f"{name}: {length} characters, at most {LONGEST_CODE} are kept: it is left out"
