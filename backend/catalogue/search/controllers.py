"""Resources: the search for products, and what was searched for."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from backend.catalogue.products.schemas import Language
from backend.catalogue.search.schemas import Audience, ProductHitPage, Search, SearchTermPage
from backend.catalogue.search.service import SearchLog, SearchService, TermsAsked
from backend.kit.operation import get
from backend.kit.paging import PageRequest
from backend.kit.work import Work

Query = Annotated[
    str,
    QueryParameter(
        max_length=500,
        description="What somebody typed, or the number of a product; nothing gives all products by title. "
        "A space at the end says that the last word is complete.",
        examples=[Example(summary="a question", value="waar kan ik mijn oude matras laten ophalen?")],
    ),
]
Typing = Annotated[
    bool,
    QueryParameter(
        description="Still typing: send true with every keystroke, false (or nothing) with the search that is meant. "
        "Only that one is counted in the list of search terms, and not again with filters."
    ),
]


def provide_search(work: NamedDependency[Work], request: Request[Any, Any, Any]) -> SearchService:
    """Dependency `search`."""
    platform = request.app.state.platform
    return SearchService(work, platform.products, platform.engines)


def provide_log(work: NamedDependency[Work], request: Request[Any, Any, Any]) -> SearchLog:
    """Dependency `log`."""
    return SearchLog(work, request.app.state.platform.products)


def _code(flag: bool | None) -> str | None:
    """A flag as the code of a facet."""
    return None if flag is None else str(flag).lower()


class SearchController(Controller):
    """Products of the catalogue, found."""

    path = "/products"
    tags = ["catalogue"]
    dependencies = {"search": Provide(provide_search, sync_to_thread=False)}

    @get()
    async def search_products(
        self,
        *,
        search: NamedDependency[SearchService],
        page: NamedDependency[PageRequest],
        q: Query = "",
        typing: Typing = False,
        language: Annotated[Language, QueryParameter(description="Of titles and snippets, where they exist.")] = "nl",
        theme: Annotated[str | None, QueryParameter(max_length=60, description="Code, such as burgerOverheid")] = None,
        audience: Annotated[str | None, QueryParameter(max_length=60, description="Code, such as burger")] = None,
        kind: Annotated[
            str | None, QueryParameter(name="type", max_length=60, description="Code, such as toelating")
        ] = None,
        department: Annotated[UUID | None, QueryParameter(description="Responsible department; for staff")] = None,
        help_sheets: Annotated[
            bool | None, QueryParameter(name="hasHelpSheets", description="With, or without, help sheets")
        ] = None,
        transaction: Annotated[
            bool | None, QueryParameter(name="hasTransaction", description="With, or without, an online application")
        ] = None,
    ) -> ProductHitPage:
        """Find products as people ask for them: typing errors, compounds, synonyms and half words are understood.

        Each facet is counted without its own filter, so that a screen can offer its other codes. A code that no
        product has finds nothing; it is no error, since the catalogue changes. `next` gives more results of the same
        query with the same filters.
        """
        wanted = {
            "theme": theme,
            "audience": audience,
            "type": kind,
            "department_id": department,
            "has_help_sheets": _code(help_sheets),
            "has_transaction": _code(transaction),
        }
        filters = {facet: (str(code),) for facet, code in wanted.items() if code is not None}
        return await search.search(Search(query=q, filters=filters, language=language, typing=typing, page=page))


class SearchTermController(Controller):
    """What was searched for."""

    path = "/catalogue/searchTerms"
    tags = ["catalogue"]
    dependencies = {"log": Provide(provide_log, sync_to_thread=False)}

    @get()
    async def list_search_terms(
        self,
        *,
        log: NamedDependency[SearchLog],
        page: NamedDependency[PageRequest],
        first: Annotated[
            date | None, QueryParameter(name="from", description="First day; 30 days in all without it")
        ] = None,
        last: Annotated[date | None, QueryParameter(name="to", description="Last day; today without it")] = None,
        audience: Annotated[Audience | Literal["all"], QueryParameter(description="Who searched")] = "all",
        without_results: Annotated[
            bool, QueryParameter(name="withoutResults", description="Only searches that found nothing")
        ] = False,
    ) -> SearchTermPage:
        """What people searched for, most frequent first: where the catalogue or its synonyms fall short.

        Nothing says who searched: numbers, addresses, streets and whatever looks like a name were left out before a
        search was kept, moments are whole hours. A word that is not made of words of the catalogue
        or the synonyms is in the terms from the search on with which it was searched for in three different hours, on
        two different days, within 30 days; before, not even the database has it in plain text. Searches are kept for
        13 months.
        """
        asked = TermsAsked(first=first, last=last, audience=audience, without_results=without_results)
        return await log.terms(asked, page)
