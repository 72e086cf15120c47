"""What the simulator of Mijn Burgerprofiel pulls from a city: the lists of one citizen and the forms, checked as read.

Shapes and paging of design 7, sections 1.3 and 1.4; written apart from ours. Fields it does not know are ignored.
"""

from typing import Any, TypeVar

import httpx
import msgspec

HAL = "application/hal+json"
SIZE = 10
MOST_PAGES = 20
SECONDS = 10.0
PLACE = "{TEMP_SSO_TOKEN}"
T = TypeVar("T")


class SourceFailed(Exception):
    """The city gave nothing that can be shown; the text says why, in Dutch."""


class Camel(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base."""


class Link(Camel, frozen=True, kw_only=True):
    rel: str
    href: str


class Question(Camel, frozen=True, kw_only=True):
    id: str
    language: str
    name: str
    reference: str
    status: str
    department: str
    created_at: str
    changed_at: str
    links: list[Link]


class Message(Camel, frozen=True, kw_only=True):
    id: str
    name: str
    direction: str
    at: str
    reference: str
    text: str = ""


class Step(Camel, frozen=True, kw_only=True):
    at: str
    name: str
    department: str


class Detail(Question, frozen=True, kw_only=True):
    text: str = ""
    messages: list[Message]
    steps: list[Step]


class Consultation(Camel, frozen=True, kw_only=True):
    day: str
    purpose: str
    department: str = ""


class PageMetadata(Camel, frozen=True, kw_only=True):
    number: int
    size: int
    total_elements: int
    total_pages: int


class Href(Camel, frozen=True, kw_only=True):
    href: str
    templated: bool = False


class FormLinks(Camel, frozen=True, kw_only=True):
    embed: Href
    fallback: Href
    sso_token_registration_api: Href | None = None


class Sso(Camel, frozen=True, kw_only=True):
    audience: str


class Form(Camel, frozen=True, kw_only=True):
    id: str
    product_id: str
    name: str = ""
    sso: Sso | None = None
    links: FormLinks = msgspec.field(name="_links")


class OffsetMetadata(Camel, frozen=True, kw_only=True):
    offset: int
    size: int
    total_items: int


class Forms(Camel, frozen=True, kw_only=True):
    items: list[Form]


class FormPart(Camel, frozen=True, kw_only=True):
    links: dict[str, Href] = msgspec.field(name="_links")
    metadata: OffsetMetadata = msgspec.field(name="_pageMetadata")
    embedded: Forms = msgspec.field(name="_embedded")


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """What is pulled when a citizen opens Mijn Burgerprofiel; `detail` when one question is opened."""

    questions: list[Question]
    messages: list[Message]
    consultations: list[Consultation]
    forms: list[Form]
    detail: Detail | None = None


class Source:
    """The source API of a city.

    Args:
        url: of the API, without a version.
        token: access token for one citizen.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        headers = {"Authorization": f"Bearer {token}", "Accept": HAL}
        self._http = httpx.Client(headers=headers, timeout=SECONDS, trust_env=False)

    def pulled(self, ssin: str, question: str = "") -> Pulled:
        """Everything about a citizen.

        Raises:
            SourceFailed: it cannot be shown.
        """
        with self._http:
            questions = self._pages("questions", ssin, Question)
            opened = [one for one in questions if one.id == question]
            return Pulled(
                questions=questions,
                messages=self._pages("messages", ssin, Message),
                consultations=self._pages("consultations", ssin, Consultation),
                forms=self.forms(),
                detail=self._got(_link(opened[0].links, "self"), Detail) if opened else None,
            )

    def forms(self) -> list[Form]:
        """Every form of the list. Raises as `pulled`."""
        found: list[Form] = []
        following: str | None = f"{self._url}/api/v1/forms?limit={SIZE}&offset=0"
        for _ in range(MOST_PAGES):
            if following is None:
                break
            part = self._got(following, FormPart)
            if part.metadata.offset != len(found):
                raise SourceFailed("De bladzijden van de formulieren volgen niet op elkaar.")
            found += part.embedded.items
            following = part.links["next"].href if "next" in part.links else None
            if following is None and part.metadata.total_items != len(found):
                raise SourceFailed("Het aantal formulieren klopt niet.")
        if wrong := [one.id for one in found if one.links.embed.templated != (PLACE in one.links.embed.href)]:
            raise SourceFailed(f"Een link van formulier {wrong[0]} klopt niet.")
        return found

    def _pages(self, name: str, ssin: str, kind: type[T]) -> list[T]:
        found: list[T] = []
        following: str | None = f"{self._url}/v1/{name}/{ssin}?limit={SIZE}&page=0"
        for number in range(1, MOST_PAGES + 1):
            if following is None:
                break
            page = self._got(following, dict[str, Any])
            try:
                metadata = msgspec.convert(page["pageMetadata"], PageMetadata)
                found += msgspec.convert(page[name], list[kind])  # type: ignore[valid-type] # known when it runs
                links = {one.rel: one.href for one in msgspec.convert(page["links"], list[Link])}
            except (KeyError, msgspec.ValidationError) as error:
                raise SourceFailed(f"De lijst “{name}” heeft niet de juiste vorm.") from error
            following = links.get("next")
            if metadata.number != number or (following is None and metadata.total_elements != len(found)):
                raise SourceFailed(f"De bladzijden van de lijst “{name}” kloppen niet.")
        return found

    def _got(self, address: str, kind: type[T]) -> T:
        try:
            answer = self._http.get(address)
        except httpx.HTTPError as error:
            raise SourceFailed("De stad antwoordt niet.") from error
        if answer.status_code != httpx.codes.OK:
            raise SourceFailed(f"De stad geeft de gegevens niet (code {answer.status_code}).")
        if answer.headers.get("content-type", "").split(";")[0] != HAL:
            raise SourceFailed(f"Het antwoord van de stad is geen {HAL}.")
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.DecodeError as error:
            raise SourceFailed("Het antwoord van de stad heeft niet de juiste vorm.") from error


def _link(links: list[Link], rel: str) -> str:
    for one in links:
        if one.rel == rel:
            return one.href
    raise SourceFailed(f"De link “{rel}” ontbreekt.")
