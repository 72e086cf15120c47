"""The texts of found products in a language other than Dutch."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from backend.catalogue.products.schemas import Language
from backend.catalogue.rules import Form, Text
from backend.catalogue.rules.snippets import in_language
from backend.kit.db import UnitOfWork
from backend.kit.html import to_text

_TEXTS = "SELECT id, facts -> 'name' AS name, facts -> 'description' AS description FROM product WHERE id = ANY($1)"


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """The plain texts of a product in a language other than Dutch, as far as it has them."""

    title: str | None
    description: str | None


async def translations(
    uow: UnitOfWork, products: Sequence[UUID], form: Form, language: Language
) -> dict[UUID, Translation]:
    """What these products are called and how they are described in a language, by id."""

    def text(one: Text | None) -> str | None:
        return in_language(one or {}, form, language)

    return {
        row["id"]: Translation(
            title=text(row["name"]), description=to_text(html) if (html := text(row["description"])) else None
        )
        for row in await uow.fetch(_TEXTS, list(products))
    }
