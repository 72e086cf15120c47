"""Which columns hold something made with our keys; said where the column is declared, in its `info`.

`mapped_column(LargeBinary, info=sealed(row="id"))` is all it takes to have a column rewritten when keys are replaced.
Every binary column says one of four things: `sealed`, `renewed`, `passing` or `unkeyed`; a test holds models to it.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import ARRAY, Column, LargeBinary, MetaData
from sqlalchemy.dialects import postgresql

_INFO = "keys"
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    row: str
    lookup: str | None
    purpose: str


class _Renewed(msgspec.Struct, frozen=True, kw_only=True):
    by: str


class _Passing(msgspec.Struct, frozen=True, kw_only=True):
    needed: timedelta
    why: str


class _Unkeyed(msgspec.Struct, frozen=True, kw_only=True):
    why: str


_Kind = _Sealed | _Renewed | _Passing | _Unkeyed


def sealed(*, row: str, lookup: str | None = None, purpose: str = "") -> dict[str, object]:
    """Encrypted for this place, whose `row` is the value of this column of the same row; null where there is none.

    Args:
        row: column with the key of the associated data.
        lookup: column with the keyed hash of the same value, written together with it.
        purpose: of that hash.
    """
    if (lookup is None) != (not purpose):
        raise ValueError("a look-up has a purpose, and a purpose is of a look-up")
    return {_INFO: _Sealed(row=row, lookup=lookup, purpose=purpose)}


def renewed(by: str) -> dict[str, object]:
    """Made with our keys in a way that only its module knows: the `Renewal` of this name rewrites it.

    Of a look-up hash that stands beside an encrypted value: the name of that value's column.
    """
    return {_INFO: _Renewed(by=by)}


def passing(needed: timedelta, why: str) -> dict[str, object]:
    """A keyed hash that is not rewritten: what it is for is over soon, or starts again without harm.

    Args:
        needed: how long after it was written it must still be recognised; zero when starting again does no harm.
        why: what happens to it.
    """
    return {_INFO: _Passing(needed=needed, why=why)}


def unkeyed(why: str) -> dict[str, object]:
    """Bytes that our keys have no part in."""
    return {_INFO: _Unkeyed(why=why)}


class SealedColumn(msgspec.Struct, frozen=True, kw_only=True):
    """An encrypted column, for whoever rewrites it.

    Attributes:
        key: columns of the primary key -> PostgreSQL type.
        row: column with the key of the associated data.
        lookup: column with the keyed hash, if any.
    """

    table: str
    column: str
    key: dict[str, str]
    row: str
    lookup: str | None
    purpose: str

    @property
    def name(self) -> str:
        """How people know it."""
        return f"{self.table}.{self.column}"


class PassingColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A hash that is left to pass; see `passing`."""

    name: str
    needed: timedelta
    why: str


def sealed_columns(metadata: MetaData) -> list[SealedColumn]:
    """Every encrypted column of these tables, by name."""
    return [
        SealedColumn(
            table=column.table.name,
            column=column.name,
            key={one.name: one.type.compile(_DIALECT) for one in column.table.primary_key},
            row=kind.row,
            lookup=kind.lookup,
            purpose=kind.purpose,
        )
        for column, kind in _said(metadata)
        if isinstance(kind, _Sealed)
    ]


def passing_columns(metadata: MetaData) -> list[PassingColumn]:
    """Every hash that is left to pass."""
    return [
        PassingColumn(name=str(column), needed=kind.needed, why=kind.why)
        for column, kind in _said(metadata)
        if isinstance(kind, _Passing)
    ]


def renewals_needed(metadata: MetaData) -> dict[str, str]:
    """Columns -> the renewal that rewrites them."""
    return {
        str(column): kind.by
        for column, kind in _said(metadata)
        if isinstance(kind, _Renewed) and kind.by not in column.table.columns
    }


def faults(metadata: MetaData) -> list[str]:
    """Binary columns that say nothing about keys, or something that cannot be; one line each."""
    found = [f"{column}: say sealed, renewed, passing or unkeyed" for column in _binary(metadata) if not _kind(column)]
    for column, kind in _said(metadata):
        columns = column.table.columns
        if isinstance(kind, _Sealed):
            beside = _kind(columns[kind.lookup]) if kind.lookup and kind.lookup in columns else None
            if kind.row not in columns:
                found.append(f"{column}: there is no column {kind.row}")
            if kind.lookup and (not isinstance(beside, _Renewed) or beside.by != column.name):
                found.append(f"{column}: {kind.lookup} must be a column that says renewed({column.name!r})")
        if isinstance(kind, _Renewed) and kind.by in columns:
            value = _kind(columns[kind.by])
            if not isinstance(value, _Sealed) or value.lookup != column.name:
                found.append(f"{column}: {kind.by} does not name it as its look-up")
    return found


def _binary(metadata: MetaData) -> Iterable[Column[Any]]:
    for table in metadata.sorted_tables:
        for column in table.columns:
            inner = column.type.item_type if isinstance(column.type, ARRAY) else column.type
            if isinstance(inner, LargeBinary):
                yield column


def _kind(column: Column[Any]) -> _Kind | None:
    found: _Kind | None = column.info.get(_INFO)
    return found


def _said(metadata: MetaData) -> list[tuple[Column[Any], _Kind]]:
    said = [(column, kind) for table in metadata.tables.values() for column in table.columns if (kind := _kind(column))]
    return sorted(said, key=lambda one: str(one[0]))
