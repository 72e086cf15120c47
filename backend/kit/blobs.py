"""Big private contents (attachments, raw mails) in PostgreSQL, each encrypted with a data key of its own.

The data key is drawn at random for one content and kept beside it as a sealed column, so replacing keys rewrites some
90 bytes per blob and never the content. The content is AES-256-GCM with the id as associated data: changed, cut off or
put in another row it does not open, which makes a checksum needless (a plain one would tell who holds the same file).

Row-level security: a person reads the blobs of attachments that this person sees; other blobs are read by the platform
itself (reach `EVERYTHING`).
"""

import asyncio
import secrets
from datetime import datetime
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import CheckConstraint, LargeBinary
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from backend.kit.crypto import KEY_BYTES, NONCE_BYTES, TAG_BYTES, DecryptionFailed
from backend.kit.db import Entity
from backend.kit.sealed import sealed, unkeyed
from backend.kit.work import Work

LARGEST = 30 * 1024 * 1024
"""Bytes of a content."""

_KEY_PLACE = {"table": "blob", "column": "data_key"}
_ADD = "INSERT INTO blob (id, data_key, content, size, created_at) VALUES ($1, $2, $3, $4, $5)"
_ONE = "SELECT data_key, content FROM blob WHERE id = $1"


class Blob(Entity):
    """One content: `nonce (12 bytes) | ciphertext and tag`."""

    __tablename__ = "blob"
    __table_args__ = (
        CheckConstraint(f"size BETWEEN 0 AND {LARGEST}", name="ck_blob_size"),
        CheckConstraint(f"octet_length(content) = size + {NONCE_BYTES + TAG_BYTES}", name="ck_blob_content"),
    )

    data_key: Mapped[bytes] = mapped_column(LargeBinary, info=sealed(row="id"))
    content: Mapped[bytes] = mapped_column(
        LargeBinary, info=unkeyed("encrypted with the data key beside it, which is what is rewritten")
    )
    size: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))


class BlobMissing(LookupError):
    """There is no such blob, or this transaction may not read it."""


async def store_blob(work: Work, content: bytes) -> UUID:
    """Keep a content, encrypted, in this transaction; gives its random id.

    Raises:
        ValueError: more than 30 MB.
    """
    if len(content) > LARGEST:
        raise ValueError(f"a blob holds at most {LARGEST} bytes")
    blob_id, key = uuid7(), secrets.token_bytes(KEY_BYTES)
    wrapped = work.keys.encrypt(key.hex(), **_KEY_PLACE, row=blob_id)
    # beside the event loop: 30 MB take as long as a hundred requests
    encrypted = await asyncio.to_thread(_encrypted, key, content, blob_id)
    await work.uow.execute(_ADD, blob_id, wrapped, encrypted, len(content), work.now)
    return blob_id


async def read_blob(work: Work, blob_id: UUID) -> bytes:
    """The content as it was stored.

    Raises:
        BlobMissing: not there, or not for this transaction.
        DecryptionFailed: it was changed, or the key of its data key is not here; the text says which blob.
    """
    row = await work.uow.fetchrow(_ONE, blob_id)
    if row is None:
        raise BlobMissing(f"no blob {blob_id}")
    try:
        key = bytes.fromhex(work.keys.decrypt(row["data_key"], **_KEY_PLACE, row=blob_id))
        return await asyncio.to_thread(_decrypted, key, row["content"], blob_id)
    except InvalidTag:
        raise DecryptionFailed(f"blob {blob_id}: the content was changed or belongs to another blob") from None
    except DecryptionFailed as error:
        raise DecryptionFailed(f"blob {blob_id}: {error}") from None


def _encrypted(key: bytes, content: bytes, blob_id: UUID) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, blob_id.bytes)


def _decrypted(key: bytes, stored: bytes, blob_id: UUID) -> bytes:
    return AESGCM(key).decrypt(stored[:NONCE_BYTES], stored[NONCE_BYTES:], blob_id.bytes)
