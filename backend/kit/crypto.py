"""Encryption of single values and keyed look-up of encrypted values, with keys that can be replaced online.

A stored value is `version (1 byte) | nonce (12 bytes) | ciphertext and tag`: AES-256-GCM with a random nonce
and `table|column|row` as associated data, so a value copied to another row does not open. To find an
encrypted value again, its HMAC-SHA-256 is stored beside it, under a key of its own per purpose (HKDF), so
hashes of two fields can never be compared.

To replace keys: start every process with `ring.rotated()`, write every row anew whose `version_of` is old,
then drop the old version from the file. Until then `lookups` gives the hashes of all versions.
"""

import hmac
import secrets
from typing import Annotated, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
LOOKUP_BYTES = 32
"""Length of a look-up hash."""
NEWEST_VERSION = 255


class DecryptionFailed(ValueError):
    """A stored value cannot be opened: changed, of another row, or written with a key we do not have."""


class KeyRingInvalid(ValueError):
    """The key file is not a key ring; the message never holds a key."""


class _Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of one version as they are in the file; msgspec reads and writes bytes as base64."""

    version: Annotated[int, msgspec.Meta(ge=1, le=NEWEST_VERSION)]
    encryption: Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
    lookup: Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]

    def __repr__(self) -> str:
        return f"_Keys(version={self.version})"

    @classmethod
    def draw(cls, version: int) -> Self:
        """Draw random keys."""
        return cls(version=version, encryption=secrets.token_bytes(KEY_BYTES), lookup=secrets.token_bytes(KEY_BYTES))


class _KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    keys: Annotated[tuple[_Keys, ...], msgspec.Meta(min_length=1)]


class KeyRing:
    """The keys of all versions; the newest one writes, all of them read.

    Make one with `generate` or `from_json`. Neither `repr` nor pickling gives the keys away.
    """

    __slots__ = ("_ciphers", "_derived", "_keys", "_newest")

    def __init__(self, keys: tuple[_Keys, ...]) -> None:
        self._keys = {one.version: one for one in sorted(keys, key=lambda one: one.version, reverse=True)}
        if len(self._keys) != len(keys):
            raise KeyRingInvalid("two keys have the same version")
        secret = {key for one in keys for key in (one.encryption, one.lookup)}
        if len(secret) != 2 * len(keys):
            raise KeyRingInvalid("the same key is used twice")
        self._newest = next(iter(self._keys))
        self._ciphers = {one.version: AESGCM(one.encryption) for one in keys}
        self._derived: dict[str, tuple[bytes, ...]] = {}

    @classmethod
    def generate(cls) -> Self:
        """Make a ring with random keys, version 1."""
        return cls((_Keys.draw(1),))

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Read a ring that `to_json` wrote.

        Args:
            content: `{"keys": [{"version": 1, "encryption": <base64 of 32 bytes>, "lookup": <the same>}]}`.

        Raises:
            KeyRingInvalid: The content has another form, or a version or key occurs twice.
        """
        try:
            return cls(msgspec.json.decode(content, type=_KeyFile).keys)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            # the messages of msgspec name the place and the expected type, never the value
            raise KeyRingInvalid(f"not a key ring: {error}") from None

    def to_json(self) -> bytes:
        """Write the ring, keys in base64, for a file that only the service may read."""
        return msgspec.json.encode(_KeyFile(keys=tuple(self._keys.values())))

    def rotated(self) -> Self:
        """Return a ring with one more, newest version that writes from now on.

        Raises:
            KeyRingInvalid: Version 255 is reached.
        """
        if self._newest == NEWEST_VERSION:
            raise KeyRingInvalid("no version is left")
        return type(self)((*self._keys.values(), _Keys.draw(self._newest + 1)))

    @property
    def newest(self) -> int:
        """The version that encrypts and that `lookup` uses."""
        return self._newest

    @property
    def versions(self) -> tuple[int, ...]:
        """All versions, the newest first."""
        return tuple(self._keys)

    def encrypt(self, plain: str, *, table: str, column: str, row: object) -> bytes:
        """Encrypt a value for one place; every call gives other bytes.

        Args:
            plain: The value; its length stays visible.
            table: Table name.
            column: Column name.
            row: Key of the row; its `str` counts.

        Returns:
            29 bytes more than the value in UTF-8.

        Raises:
            ValueError: The place is not complete or holds `|` in the name of the table or column.
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, plain.encode(), _place(table, column, row))
        return self._newest.to_bytes() + nonce + sealed

    def decrypt(self, blob: bytes, *, table: str, column: str, row: object) -> str:
        """Open a value that `encrypt` made for the same place, with whatever version wrote it.

        Raises:
            DecryptionFailed: The bytes were changed, belong to another place, or their key is not here.
            ValueError: The place is not complete (see `encrypt`).
        """
        cipher = self._ciphers.get(version_of(blob))
        if cipher is None:
            raise DecryptionFailed(f"no key of version {version_of(blob)}")
        nonce, sealed = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, sealed, _place(table, column, row)).decode()
        except InvalidTag:
            raise DecryptionFailed("the value was changed or belongs to another place") from None

    def lookup(self, value: str, *, purpose: str) -> bytes:
        """Return the 32 bytes under which a value is stored and found, with the newest key.

        Args:
            value: The value in its normal form; the same text gives the same bytes.
            purpose: What is looked up (`ssin`, `phone`); each purpose has its own key.
        """
        return hmac.digest(self._lookup_keys(purpose)[0], value.encode(), "sha256")

    def lookups(self, value: str, *, purpose: str) -> list[bytes]:
        """Return the bytes under which a value may have been stored: one per version, the newest first."""
        message = value.encode()
        return [hmac.digest(key, message, "sha256") for key in self._lookup_keys(purpose)]

    def _lookup_keys(self, purpose: str) -> tuple[bytes, ...]:
        """Return the look-up keys of a purpose, the newest first; derived once."""
        derived = self._derived.get(purpose)
        if derived is None:
            if not purpose:
                raise ValueError("a look-up needs a purpose")
            info = b"lookup|" + purpose.encode()
            derived = tuple(
                HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(one.lookup)
                for one in self._keys.values()
            )
            self._derived[purpose] = derived
        return derived

    def __repr__(self) -> str:
        return f"KeyRing(versions={self.versions})"

    def __reduce__(self) -> str:
        raise TypeError("a key ring is not pickled or copied: it would give the keys away")


def version_of(blob: bytes) -> int:
    """Return the version of the key that encrypted a stored value.

    Raises:
        DecryptionFailed: The bytes are too short for an encrypted value.
    """
    if len(blob) < 1 + NONCE_BYTES + TAG_BYTES:
        raise DecryptionFailed("too short for an encrypted value")
    return blob[0]


def _place(table: str, column: str, row: object) -> bytes:
    """Return the associated data; without `|` in the first two parts no two places are the same."""
    key = "" if row is None else str(row)
    if not (table and column and key) or "|" in table or "|" in column:
        raise ValueError("an encrypted value needs a table, a column and a row")
    return f"{table}|{column}|{key}".encode()
