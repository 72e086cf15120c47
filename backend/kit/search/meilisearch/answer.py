"""Reads the answer to a search; anything else than an answer is a fault, never a wrong result."""

import msgspec

from backend.kit.search.meilisearch.contents import META
from backend.kit.search.meilisearch.faults import Malformed


class Federated(msgspec.Struct, frozen=True, rename="camel"):
    """Where a hit came from."""

    weighted_ranking_score: float = 0.0


class Found(msgspec.Struct, frozen=True):
    """One hit: the id in the index; the document about the index has a signature too."""

    id: str
    federation: Federated = msgspec.field(name="_federation", default=Federated())
    signature: str = ""


class _Sent(msgspec.Struct, frozen=True, rename="camel"):
    hits: list[Found]
    estimated_total_hits: int
    facet_distribution: dict[str, dict[str, int]] | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        signature: what the index was made from; empty when it does not say.
        hits: the best first.
        total: how many there are in all.
        facets: per facet and value, how many of them.
    """

    signature: str
    hits: list[Found]
    total: int
    facets: dict[str, dict[str, int]]


def read(body: bytes) -> Answer:
    """The answer in the body of a response.

    Raises:
        Malformed: it is something else.
    """
    try:
        sent = msgspec.json.decode(body, type=_Sent)
    except (msgspec.DecodeError, ValueError) as error:
        raise Malformed(str(error)[:200]) from error
    about = next((hit for hit in sent.hits if hit.id == META), None)
    return Answer(
        signature=about.signature if about else "",
        hits=[hit for hit in sent.hits if hit.id != META],
        total=max(sent.estimated_total_hits - bool(about), 0),
        facets=sent.facet_distribution or {},
    )
