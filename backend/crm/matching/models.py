"""Tables: match_key, match_profile, match_frequency."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base
from backend.kit.sealed import renewed


class MatchKey(Base):
    """A keyed hash under which a live customer is found: of a name, a phone number, an address, or parts of them."""

    __tablename__ = "match_key"

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)


class MatchProfile(Base):
    """What a live customer is compared by: encrypted, row of the associated data = `customer_id`."""

    __tablename__ = "match_profile"
    __table_args__ = (Index("ix_match_profile_versions", "key_version", "rules_version"),)

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    profile: Mapped[bytes] = mapped_column(LargeBinary, info=renewed("matching"))
    keys: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """Its keys in `match_key`, so that they can be taken away whatever the rules were."""
    key_version: Mapped[int] = mapped_column(SmallInteger)
    rules_version: Mapped[int] = mapped_column(SmallInteger)


class MatchFrequency(Base):
    """How many customers share a name: frequent names only, as keyed hashes."""

    __tablename__ = "match_frequency"

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    customers: Mapped[int] = mapped_column(Integer)
