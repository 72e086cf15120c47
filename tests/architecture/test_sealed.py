"""Every binary column says what keys have to do with it, and everything made with keys is rewritten or may pass."""

import pytest
from sqlalchemy import ARRAY, Column, LargeBinary, MetaData, SmallInteger, Table, Text

from backend.commands.renewals import MODELS, RENEWALS, columns, left_to_pass
from backend.kit.db import Base
from backend.kit.sealed import faults, passing_columns, renewals_needed, renewed, sealed, sealed_columns, unkeyed
from tests.architecture.test_migrations import import_tables


def test_every_binary_column_says_what_keys_have_to_do_with_it() -> None:
    import_tables()
    found = faults(Base.metadata)
    assert not found, f"say it in `info` of the column, with a function of backend.kit.sealed: {found}"
    assert len(sealed_columns(Base.metadata)) > 3
    assert len(passing_columns(Base.metadata)) > 2


def test_the_commands_know_all_of_them() -> None:
    import_tables()
    known = {model.__name__ for model in MODELS}
    holding = {mapper.class_.__module__ for mapper in Base.registry.mappers if _keyed(mapper.local_table)}
    assert known == holding, "backend/commands/renewals.py: MODELS must be the files with such columns"
    assert columns() == sealed_columns(Base.metadata)
    assert left_to_pass() == passing_columns(Base.metadata)
    assert {one.name for one in RENEWALS} == set(renewals_needed(Base.metadata).values())


def _keyed(table: object) -> bool:
    assert isinstance(table, Table)
    return any("keys" in column.info for column in table.columns)


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ([Column("a", LargeBinary)], "x.a: say sealed, renewed, passing or unkeyed"),
        ([Column("a", ARRAY(LargeBinary))], "x.a: say sealed, renewed, passing or unkeyed"),
        ([Column("a", LargeBinary, info=sealed(row="id"))], "x.a: there is no column id"),
        (
            [Column("id", Text), Column("a", LargeBinary, info=sealed(row="id", lookup="b", purpose="p"))],
            "x.a: b must be a column that says renewed('a')",
        ),
        (
            [
                Column("id", Text),
                Column("a", LargeBinary, info=sealed(row="id")),
                Column("b", LargeBinary, info=renewed("a")),
            ],
            "x.b: a does not name it as its look-up",
        ),
    ],
)
def test_what_is_wrong_is_noticed(columns: list[Column[object]], fault: str) -> None:
    metadata = MetaData()
    Table("x", metadata, *columns, Column("number", SmallInteger), Column("plain", LargeBinary, info=unkeyed("why")))
    assert faults(metadata) == [fault]


def test_a_lookup_has_a_purpose() -> None:
    with pytest.raises(ValueError, match="purpose"):
        sealed(row="id", lookup="b")
