"""Tables: customer, customer_identifier, customer_name (and its parts), customer_address, customer_contact_point."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from backend.kit.db import Base, Entity
from backend.kit.sealed import renewed, sealed

_SOURCES = (
    "source IN ('selfDeclared', 'agent', 'nationalRegister', 'enterpriseRegister', 'associationsRegister', 'import')"
)
_CURRENT = text("ended_at IS NULL")


class Customer(Entity):
    """A citizen, association or enterprise with a profile; `display_name` follows from the best known name."""

    __tablename__ = "customer"
    __table_args__ = (
        CheckConstraint("kind IN ('person', 'association', 'enterprise')", name="ck_customer_kind"),
        CheckConstraint("preferred_channel IN ('phone', 'email', 'letter', 'none')", name="ck_customer_channel"),
        CheckConstraint("status IN ('active', 'restricted', 'deceased', 'merged')", name="ck_customer_status"),
        CheckConstraint("kind = 'person' OR birth_date IS NULL", name="ck_customer_birth_date"),
        CheckConstraint(_SOURCES, name="ck_customer_source"),
        CheckConstraint("survivor_id <> id", name="ck_customer_survivor"),
        CheckConstraint("birth_date IS NOT NULL OR birth_lookup IS NULL", name="ck_customer_birth_lookup"),
        Index("ix_customer_survivor_id", "survivor_id", postgresql_where=text("survivor_id IS NOT NULL")),
        Index("ix_customer_birth_lookup", "birth_lookup", "id"),
    )

    kind: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    preferred_channel: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default="active")
    birth_date: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=sealed(row="id", lookup="birth_lookup", purpose="birthDate")
    )
    """Encrypted ISO date; row of the associated data = `id`."""
    birth_lookup: Mapped[bytes | None] = mapped_column(LargeBinary, info=renewed("birth_date"))
    """Keyed hash of the ISO date, purpose `birthDate`."""
    survivor_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    """The live customer whose file this one is part of; null when this one is live."""
    source: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    version: Mapped[int] = mapped_column(server_default=text("1"))


class Fact(Base):
    """What every fact has: whose it is, who said so, from when until when we held it for true."""

    __abstract__ = True

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True, sort_order=-2)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-1)
    source: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class CustomerIdentifier(Fact):
    """An official number. A national number is in `value` (encrypted, row = `id`), any other number in `number`.

    `lookup` is the keyed hash of a national number, or the bytes of any other number.
    """

    __tablename__ = "customer_identifier"
    __table_args__ = (
        CheckConstraint(
            "type IN ('ssin', 'enterpriseNumber', 'establishmentUnitNumber', 'vCode')",
            name="ck_customer_identifier_type",
        ),
        CheckConstraint(
            "(type = 'ssin') = (value IS NOT NULL) AND (type = 'ssin') = (number IS NULL)",
            name="ck_customer_identifier_sealed",
        ),
        CheckConstraint(_SOURCES, name="ck_customer_identifier_source"),
        Index("ux_customer_identifier_lookup", "type", "lookup", unique=True, postgresql_where=_CURRENT),
    )

    type: Mapped[str] = mapped_column(Text)
    lookup: Mapped[bytes] = mapped_column(LargeBinary, info=renewed("value"))
    value: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed(row="id", lookup="lookup", purpose="ssin"))
    number: Mapped[str | None] = mapped_column(Text)


class CustomerName(Fact):
    """A name. `folded` = letters and digits, family name first; `folded_given` = the same, given name first."""

    __tablename__ = "customer_name"
    __table_args__ = (
        CheckConstraint("type IN ('person', 'organisation', 'alias')", name="ck_customer_name_type"),
        CheckConstraint(
            "CASE WHEN type = 'person' THEN label IS NULL AND coalesce(given, family) IS NOT NULL"
            " ELSE label IS NOT NULL AND coalesce(given, family) IS NULL END",
            name="ck_customer_name_parts",
        ),
        CheckConstraint(_SOURCES, name="ck_customer_name_source"),
        Index("ix_customer_name_folded", "folded", "id", postgresql_where=_CURRENT),
        Index(
            "ix_customer_name_folded_given",
            "folded_given",
            "id",
            postgresql_where=text("ended_at IS NULL AND folded_given IS NOT NULL"),
        ),
    )

    type: Mapped[str] = mapped_column(Text)
    given: Mapped[str | None] = mapped_column(Text)
    family: Mapped[str | None] = mapped_column(Text)
    label: Mapped[str | None] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text(collation="C"))
    folded_given: Mapped[str | None] = mapped_column(Text(collation="C"))


class CustomerNamePart(Base):
    """A word of a name (`Broeck` of Jan Van den Broeck), folded: by its beginning the name is found too."""

    __tablename__ = "customer_name_part"
    __table_args__ = (
        ForeignKeyConstraint(
            ["customer_id", "name_id"], ["customer_name.customer_id", "customer_name.id"], name="fk_customer_name_part"
        ),
        Index("ix_customer_name_part_name", "customer_id", "name_id"),
    )

    part: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    name_id: Mapped[UUID] = mapped_column(primary_key=True)


class CustomerAddress(Fact):
    """An address; an undisclosed one is in no index, so no search can find its customer."""

    __tablename__ = "customer_address"
    __table_args__ = (
        CheckConstraint("valid_from <= valid_to", name="ck_customer_address_period"),
        CheckConstraint(_SOURCES, name="ck_customer_address_source"),
        Index(
            "ix_customer_address_place",
            "postcode",
            "folded_number",
            "customer_id",
            postgresql_where=text("ended_at IS NULL AND NOT undisclosed"),
        ),
    )

    street: Mapped[str] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    box: Mapped[str | None] = mapped_column(Text)
    postcode: Mapped[str] = mapped_column(Text)
    municipality: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    register_id: Mapped[str | None] = mapped_column(Text)
    folded_number: Mapped[str | None] = mapped_column(Text(collation="C"))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    undisclosed: Mapped[bool] = mapped_column()


class CustomerContactPoint(Fact):
    """An e-mail address (lower case) or phone number (E.164, or the digits of a short number)."""

    __tablename__ = "customer_contact_point"
    __table_args__ = (
        CheckConstraint("type IN ('email', 'phone')", name="ck_customer_contact_point_type"),
        CheckConstraint("(verified_at IS NULL) = (verified_how IS NULL)", name="ck_customer_contact_point_verified"),
        CheckConstraint(_SOURCES, name="ck_customer_contact_point_source"),
        Index("ix_customer_contact_point_value", "value", "customer_id", postgresql_where=_CURRENT),
    )

    type: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text(collation="C"))
    typed: Mapped[str] = mapped_column(Text)
    preferred: Mapped[bool] = mapped_column()
    verified_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    verified_how: Mapped[str | None] = mapped_column(Text)
