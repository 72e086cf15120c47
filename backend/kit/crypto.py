"""Encryption of single values and keyed look-up of encrypted values, with keys that can be replaced online.

A stored value is `version (1 byte) | nonce (12 bytes) | ciphertext and tag`: AES-256-GCM with a random nonce
and `table|column|row` as associated data, so a value copied to another row does not open. To find an
encrypted value again, its HMAC-SHA-256 is stored beside it, under a key of its own per purpose (HKDF), so
hashes of two fields can never be compared.

A ring holds the keys of several versions; one of them writes. `lookups` gives the hashes of all versions, so what an
older one wrote is found until it is rewritten. How a new version comes into use, online: `backend.kit.keeper`.
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
    writes: int | None = None


class KeyRing:
    """The keys of all versions; one of them writes, all of them read.

    Make one with `generate` or `from_json`. A ring never changes: `added`, `writing`, `without` and `together` give
    another one. Neither `repr` nor pickling gives the keys away.
    """

    __slots__ = ("__weakref__", "_ciphers", "_derived", "_keys", "_writes")

    def __init__(self, keys: tuple[_Keys, ...], writes: int | None = None) -> None:
        self._keys = {one.version: one for one in sorted(keys, key=lambda one: one.version, reverse=True)}
        if len(self._keys) != len(keys):
            raise KeyRingInvalid("two keys have the same version")
        secret = {key for one in keys for key in (one.encryption, one.lookup)}
        if len(secret) != 2 * len(keys):
            raise KeyRingInvalid("the same key is used twice")
        self._writes = self.highest if writes is None else writes
        if self._writes not in self._keys:
            raise KeyRingInvalid(f"version {self._writes} should write and is not there")
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
            content: `{"keys": [{"version": 1, "encryption": <base64 of 32 bytes>, "lookup": <the same>}],
                "writes": 1}`; without `writes` the newest version writes.

        Raises:
            KeyRingInvalid: The content has another form, a version or key occurs twice, or what writes is not there.
        """
        try:
            file = msgspec.json.decode(content, type=_KeyFile)
            return cls(file.keys, file.writes)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            # the messages of msgspec name the place and the expected type, never the value
            raise KeyRingInvalid(f"not a key ring: {error}") from None

    def to_json(self) -> bytes:
        """Write the ring, keys in base64, for a file that only the service may read."""
        return msgspec.json.encode(_KeyFile(keys=tuple(self._keys.values()), writes=self._writes))

    def added(self) -> Self:
        """Return a ring with one more, newest version, which does not write yet.

        Raises:
            KeyRingInvalid: Version 255 is reached.
        """
        if self.highest == NEWEST_VERSION:
            raise KeyRingInvalid("no version is left")
        return type(self)((*self._keys.values(), _Keys.draw(self.highest + 1)), self._writes)

    def writing(self, version: int) -> Self:
        """Return a ring in which this version writes.

        Raises:
            KeyRingInvalid: It is not there.
        """
        return type(self)(tuple(self._keys.values()), version)

    def rotated(self) -> Self:
        """Return a ring with one more, newest version that writes from now on; `KeyRingInvalid` as `added`."""
        added = self.added()
        return added.writing(added.highest)

    def without(self, version: int) -> Self:
        """Return a ring that lacks this version.

        Raises:
            KeyRingInvalid: It is the one that writes.
        """
        return type(self)(tuple(one for one in self._keys.values() if one.version != version), self._writes)

    def together(self, other: "KeyRing") -> Self:
        """Return a ring with the versions of both, in which the version of this one writes.

        Raises:
            KeyRingInvalid: The two have different keys under the same version.
        """
        theirs = other._keys  # noqa: SLF001 another ring
        for version in self._keys.keys() & theirs.keys():
            if self._keys[version] != theirs[version]:
                raise KeyRingInvalid(f"version {version} has other keys than before")
        return type(self)(tuple({**self._keys, **theirs}.values()), self._writes)

    @property
    def highest(self) -> int:
        """The newest version, whether it writes or not."""
        return next(iter(self._keys))

    @property
    def writes(self) -> int:
        """The version that encrypts and that `lookup` uses."""
        return self._writes

    @property
    def fingerprints(self) -> dict[int, str]:
        """Sixteen hexadecimal digits per version, which tell whether two rings hold the same keys and nothing else."""
        return {version: _fingerprint(one) for version, one in self._keys.items()}

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
        sealed = self._ciphers[self._writes].encrypt(nonce, plain.encode(), _place(table, column, row))
        return self._writes.to_bytes() + nonce + sealed

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
        """Return the 32 bytes under which a value is stored and found, with the key that writes.

        Args:
            value: The value in its normal form; the same text gives the same bytes.
            purpose: What is looked up (`ssin`, `phone`); each purpose has its own key.
        """
        key = self._lookup_keys(purpose)[self.versions.index(self._writes)]
        return hmac.digest(key, value.encode(), "sha256")

    def lookups(self, value: str, *, purpose: str) -> list[bytes]:
        """Return the bytes under which a value may have been stored: one per version, as `versions` has them."""
        message = value.encode()
        return [hmac.digest(key, message, "sha256") for key in self._lookup_keys(purpose)]

    def _lookup_keys(self, purpose: str) -> tuple[bytes, ...]:
        """Return the look-up keys of a purpose, the newest first; derived once."""
        derived = self._derived.get(purpose)
        if derived is None:
            if not purpose:
                raise ValueError("a look-up needs a purpose")
            info = b"lookup|" + purpose.encode()
            derived = tuple(_derive(one.lookup, info) for one in self._keys.values())
            self._derived[purpose] = derived
        return derived

    def __repr__(self) -> str:
        writes = "" if self._writes == self.highest else f", writes={self._writes}"
        return f"KeyRing(versions={self.versions}{writes})"

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


def _derive(key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


def _fingerprint(keys: _Keys) -> str:
    return _derive(keys.encryption + keys.lookup, b"fingerprint")[:8].hex()


def _place(table: str, column: str, row: object) -> bytes:
    """Return the associated data; without `|` in the first two parts no two places are the same."""
    key = "" if row is None else str(row)
    if not (table and column and key) or "|" in table or "|" in column:
        raise ValueError("an encrypted value needs a table, a column and a row")
    return f"{table}|{column}|{key}".encode()
