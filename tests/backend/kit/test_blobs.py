"""Big contents: each encrypted with a key of its own, bound to its row, shielded, and cheap to bring under new keys."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.commands.renewals import columns
from backend.kit import blobs
from backend.kit.blobs import LARGEST, BlobMissing, read_blob, store_blob
from backend.kit.crypto import DecryptionFailed
from backend.kit.db import Database, UnitOfWork
from backend.kit.reach import EVERYTHING, Reach
from backend.kit.rewrite import Rewriter
from backend.kit.roles import APPLICATION
from backend.kit.work import Work
from backend.settings import Settings

pytestmark = pytest.mark.anyio

STORED = "SELECT data_key, content, size FROM blob WHERE id = $1"
ADD = "INSERT INTO blob (id, data_key, content, size, created_at) VALUES ($1, $2, $3, $4, $5)"


@pytest.fixture
async def work(platform: Platform, uow: UnitOfWork) -> Work:
    return platform.work(uow, None, "test", "test")


@pytest.mark.parametrize("size", [0, 1, 5 * 1024 * 1024, LARGEST])
async def test_what_was_stored_is_read(work: Work, size: int) -> None:
    content = secrets.token_bytes(size)
    assert await read_blob(work, await store_blob(work, content)) == content


async def test_too_much_is_refused(work: Work) -> None:
    with pytest.raises(ValueError, match="at most"):
        await store_blob(work, bytes(LARGEST + 1))


async def test_nothing_is_in_clear_and_the_same_file_twice_does_not_show(work: Work) -> None:
    content = b"Attest van gezinssamenstelling" * 100
    first, second = [await work.uow.fetchrow(STORED, await store_blob(work, content)) for _ in range(2)]
    assert first is not None
    assert second is not None
    assert b"Attest" not in first["content"]
    assert not {first["content"], first["data_key"]} & {second["content"], second["data_key"]}
    assert first["size"] == len(content)


async def test_one_that_is_not_there(work: Work) -> None:
    with pytest.raises(BlobMissing):
        await read_blob(work, uuid7())


async def put(work: Work, blob_id: UUID, key: bytes, content: bytes, *, place: UUID | None = None) -> None:
    wrapped = work.keys.encrypt(key.hex(), table="blob", column="data_key", row=place or blob_id)
    await work.uow.execute(ADD, blob_id, wrapped, content, len(content) - 28, datetime.now(UTC))


async def test_what_was_changed_or_moved_does_not_open(work: Work) -> None:
    key, changed, moved, copied = secrets.token_bytes(32), uuid7(), uuid7(), uuid7()
    content = blobs._encrypted(key, b"geheim", changed)
    await put(work, changed, key, content[:-1] + bytes([content[-1] ^ 1]))
    await put(work, moved, key, content)  # the content of another row
    await put(work, copied, key, content, place=changed)  # the whole of another row
    for blob_id in (changed, moved, copied):
        with pytest.raises(DecryptionFailed, match=f"blob {blob_id}"):
            await read_blob(work, blob_id)


async def test_without_its_key_it_does_not_open_and_says_so(work: Work, platform: Platform) -> None:
    ring = platform.keys
    old = platform.work(work.uow, None, "test", "test")
    blob_id = await store_blob(old, b"geheim")
    platform.keeper.use(ring.rotated().without(ring.writes))
    with pytest.raises(DecryptionFailed, match=f"blob {blob_id}: no key of version {ring.writes}"):
        await read_blob(platform.work(work.uow, None, "test", "test"), blob_id)


@pytest.fixture
async def apart(own_database: str) -> AsyncIterator[Database]:
    async with Database(own_database, role=APPLICATION) as made:
        yield made


async def test_replacing_keys_rewrites_the_data_key_and_not_the_content(apart: Database, settings: Settings) -> None:
    platform = Platform(settings, apart)

    def work(uow: UnitOfWork) -> Work:
        return platform.work(uow, None, "test", "test")

    before = platform.keys
    async with apart.transaction(EVERYTHING) as uow:
        blob_id = await store_blob(work(uow), b"geheim")
        old = await uow.fetchrow(STORED, blob_id)
    platform.keeper.use(before.rotated())
    done = await Rewriter(apart, work, columns(), rest=0).run()
    assert (done.rows, done.left) == (1, 0)
    platform.keeper.use(platform.keys.without(before.writes))
    async with apart.begin(EVERYTHING) as uow:
        new = await uow.fetchrow(STORED, blob_id)
        assert old is not None
        assert new is not None
        assert new["content"] == old["content"]
        assert new["data_key"] != old["data_key"]
        assert await read_blob(work(uow), blob_id) == b"geheim"


async def test_it_is_shielded(apart: Database, settings: Settings) -> None:
    platform = Platform(settings, apart)
    async with apart.transaction(EVERYTHING) as uow:
        blob_id = await store_blob(platform.work(uow, None, "test", "test"), b"geheim")
    for reach in (Reach(kind="nothing"), Reach(kind="person")):
        async with apart.begin(reach) as uow:
            with pytest.raises(BlobMissing):
                await read_blob(platform.work(uow, None, "test", "test"), blob_id)
