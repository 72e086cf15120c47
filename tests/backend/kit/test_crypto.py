"""Encrypted values open only where they belong, and keys do not leak."""

import base64
import copy
import json
import pickle
import time
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kit.crypto import DecryptionFailed, KeyRing, KeyRingInvalid, version_of

RING = KeyRing.generate()
ROW = UUID("0190b7a2-0000-7000-8000-000000000001")
PLACE: dict[str, Any] = {"table": "crm_identifier", "column": "value", "row": ROW}
quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def key_file(**changes: object) -> dict[str, list[dict[str, object]]]:
    """Return a key file of one version, with changes to its only entry."""
    keys = {"encryption": base64.b64encode(b"e" * 32).decode(), "lookup": base64.b64encode(b"l" * 32).decode()}
    return {"keys": [{"version": 1, **keys, **changes}]}


def ring_of(content: object) -> KeyRing:
    return KeyRing.from_json(json.dumps(content).encode())


@quick
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_encrypted_opens_again(plain: str) -> None:
    blob = RING.encrypt(plain, **PLACE)
    assert RING.decrypt(blob, **PLACE) == plain
    assert len(blob) == len(plain.encode()) + 29
    assert len(plain) < 4 or plain.encode() not in blob


def test_the_stored_form_is_the_documented_one() -> None:
    """Another program with the key must be able to open it: version, nonce, AES-256-GCM, table|column|row."""
    blob = ring_of(key_file(version=7)).encrypt("85073003328", **PLACE)
    assert blob[0] == version_of(blob) == 7
    place = f"crm_identifier|value|{ROW}".encode()
    assert AESGCM(b"e" * 32).decrypt(blob[1:13], blob[13:], place) == b"85073003328"


def test_two_encryptions_of_one_value_differ() -> None:
    blobs = {RING.encrypt("85073003328", **PLACE) for _ in range(200)}
    assert len({blob[1:13] for blob in blobs}) == len(blobs) == 200


@pytest.mark.parametrize("change", [{"table": "crm_name"}, {"column": "value2"}, {"row": UUID(int=2)}, {"row": "x"}])
def test_a_value_opens_only_in_its_own_place(change: dict[str, object]) -> None:
    blob = RING.encrypt("85073003328", **PLACE)
    with pytest.raises(DecryptionFailed):
        RING.decrypt(blob, **{**PLACE, **change})


def test_names_cannot_be_shifted_between_the_parts_of_the_place() -> None:
    for table, column in (("a|b", "c"), ("a", "b|c"), ("", "c"), ("a", "")):
        with pytest.raises(ValueError, match="table, a column and a row"):
            RING.encrypt("x", table=table, column=column, row=1)
    for row in (None, ""):
        with pytest.raises(ValueError, match="table, a column and a row"):
            RING.encrypt("x", table="a", column="b", row=row)
    assert RING.decrypt(RING.encrypt("x", table="a", column="b", row=0), table="a", column="b", row="0") == "x"


def test_every_changed_bit_is_noticed() -> None:
    blob = RING.encrypt("85073003328", **PLACE)
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecryptionFailed):
            RING.decrypt(bytes(changed), **PLACE)
    for length in range(len(blob)):
        with pytest.raises(DecryptionFailed):
            RING.decrypt(blob[:length], **PLACE)


@quick
@given(st.binary(max_size=80))
def test_rubbish_never_opens_and_never_breaks(blob: bytes) -> None:
    with pytest.raises(DecryptionFailed):
        RING.decrypt(blob, **PLACE)


def test_rotation_reads_the_old_and_writes_the_new() -> None:
    old = KeyRing.generate()
    blob, digest = old.encrypt("85073003328", **PLACE), old.lookup("85073003328", purpose="ssin")
    ring = old.rotated()
    assert (old.versions, ring.versions, ring.writes) == ((1,), (2, 1), 2)
    assert ring.decrypt(blob, **PLACE) == "85073003328"
    assert version_of(ring.encrypt("x", **PLACE)) == 2
    new = ring.lookup("85073003328", purpose="ssin")
    assert ring.lookups("85073003328", purpose="ssin") == [new, digest]
    assert new != digest
    with pytest.raises(DecryptionFailed, match="version 2"):
        old.decrypt(ring.encrypt("x", **PLACE), **PLACE)
    for _ in range(253):
        ring = ring.rotated()
    assert version_of(ring.encrypt("x", **PLACE)) == 255
    with pytest.raises(KeyRingInvalid):
        ring.rotated()


def test_lookups_are_keyed_per_purpose_and_ring() -> None:
    digest = RING.lookup("85073003328", purpose="ssin")
    assert len(digest) == 32
    assert RING.lookup("85073003328", purpose="ssin") == digest
    assert RING.lookups("85073003328", purpose="ssin") == [digest]
    assert RING.lookup("85073003328", purpose="phone") != digest
    assert RING.lookup("85073003329", purpose="ssin") != digest
    assert KeyRing.generate().lookup("85073003328", purpose="ssin") != digest
    with pytest.raises(ValueError, match="purpose"):
        RING.lookup("85073003328", purpose="")


def test_lookups_never_change_between_releases() -> None:
    """Stored hashes must be found for ever: HKDF-SHA-256 without salt, info `lookup|purpose`, then HMAC."""
    digest = ring_of(key_file()).lookup("85073003328", purpose="ssin")
    assert digest.hex() == "1b588c12b26ffad51ef73b3b0e8770ea5517c664fc5e9733ced539c167b9bdc2"


def test_a_ring_survives_its_file() -> None:
    ring = KeyRing.generate().rotated()
    again = KeyRing.from_json(ring.to_json())
    assert again.versions == (2, 1)
    assert again.decrypt(ring.encrypt("x", **PLACE), **PLACE) == "x"
    assert again.lookups("x", purpose="p") == ring.lookups("x", purpose="p")
    assert again.to_json() == ring.to_json()
    shuffled = json.loads(ring.to_json())
    shuffled["keys"].reverse()
    assert ring_of(shuffled).writes == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"keys": []}',
        *(
            json.dumps(key_file(**change)).encode()
            for change in (
                {"version": 0},
                {"version": 256},
                {"version": "1"},
                {"encryption": base64.b64encode(b"e" * 31).decode()},
                {"lookup": base64.b64encode(b"l" * 33).decode()},
                {"lookup": "not base64!"},
                {"lookup": None},
                {"lookup": base64.b64encode(b"e" * 32).decode()},  # one key for both uses
                {"extra": 1},
            )
        ),
        json.dumps({"keys": key_file()["keys"] * 2}).encode(),
        json.dumps({"keys": key_file()["keys"] + key_file(version=2)["keys"]}).encode(),
    ],
)
def test_a_broken_file_is_refused_without_showing_it(content: bytes) -> None:
    with pytest.raises(KeyRingInvalid) as refused:
        KeyRing.from_json(content)
    assert refused.value.__cause__ is None
    assert "ZWVl" not in str(refused.value)  # base64 of the letters of the key


def test_keys_are_never_shown() -> None:
    ring = ring_of(key_file())
    ring.lookup("x", purpose="p")
    shown = [repr(ring), str(ring), f"{ring}", repr(ring._keys), repr(ring._ciphers)]
    assert shown[0] == "KeyRing(versions=(1,))"
    assert not any(secret in text for text in shown for secret in ("eeee", "llll", "ZWVl", "bGxs"))
    assert not hasattr(ring, "__dict__")
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="keys"):
            copier(ring)


def test_a_lookup_is_quick() -> None:
    """About 3 us once the key is derived; the bound leaves room for a busy machine."""
    RING.lookup("85073003328", purpose="ssin")
    assert RING._lookup_keys("ssin") is RING._lookup_keys("ssin")  # derived once
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(500):
            RING.lookup("85073003328", purpose="ssin")
        best = min(best, (time.perf_counter() - began) / 500)
    assert best < 25e-6
