"""The steps of replacing keys, each safe to stop and to do again; what `onthaal keys` is made of.

The file says what should be, `key_holder` what each process does, and the rows themselves under which version they are.
Nothing is remembered besides, so whoever comes after a crash goes on from what is there.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec

from backend.app import Platform
from backend.commands.acting import acting, connected
from backend.commands.failures import Refused
from backend.commands.renewals import RENEWALS, columns, left_to_pass
from backend.kit.crypto import KeyRing
from backend.kit.db import UnitOfWork
from backend.kit.holders import GONE, HOLDERS, Holder, holder_of
from backend.kit.keyfile import KeyFile
from backend.kit.locks import exclusive
from backend.kit.rewrite import Progress, Rewriter, Rewritten, Usage
from backend.kit.work import Work
from backend.settings import Settings

ACTION = "rotateKeys"
LOOK_SECONDS = 0.3
PATIENCE_SECONDS = 5.0
"""Of waiting, before people are told for whom."""
QUIET_SECONDS = 12.0
"""Two times in a row it did not say that it is there."""
STATEMENT_SECONDS = 600
"""A count over millions of rows is no request."""

_KNOWN = """
INSERT INTO key_version (version, fingerprint) SELECT * FROM unnest($1::smallint[], $2::text[])
ON CONFLICT (version) DO UPDATE SET fingerprint = excluded.fingerprint, added_at = now(), replaced_at = NULL,
   retired_at = NULL WHERE key_version.fingerprint <> excluded.fingerprint OR key_version.retired_at IS NOT NULL
"""
_REPLACED = """
UPDATE key_version SET replaced_at = CASE WHEN version = $1 THEN NULL ELSE coalesce(replaced_at, now()) END
"""
_RETIRED = "UPDATE key_version SET retired_at = now() WHERE version = $1"
_VERSIONS = "SELECT version, added_at, replaced_at, retired_at FROM key_version ORDER BY version"


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a version of the keys; moments are UTC, None when it was never noted."""

    version: int
    added_at: datetime | None = None
    replaced_at: datetime | None = None
    retired_at: datetime | None = None


class Rotation:
    """Replaces keys.

    Args:
        platform: of this command.
        wait: seconds that other processes get to follow.
        say: tells people what goes on.
    """

    def __init__(self, platform: Platform, wait: float, say: Callable[[str], None]) -> None:
        self._platform = platform
        self._wait = wait
        self._say = say
        self.file = KeyFile(platform.settings.keys_path)
        self.database = platform.database

    async def add(self) -> tuple[int, bool]:
        """A version in the file that does not write yet, and whether it is new: one that waits already will do."""
        before = self.file.read()
        if before.highest != before.writes:
            return before.highest, False
        ring = self.file.change(lambda ring: ring.added())
        try:
            await self._note("added", ring.highest, _KNOWN, list(ring.fingerprints), list(ring.fingerprints.values()))
        except BaseException:
            self.undo(ring.highest)
            raise
        return ring.highest, True

    def undo(self, version: int) -> None:
        """Take a version that never wrote out of the file again."""
        self.file.change(lambda ring: ring if ring.writes == version else ring.without(version))

    async def known_to_all(self, version: int) -> list[Holder]:
        """Wait until every running process has this version; gives those that do not in time."""
        return await self._until(lambda holder: version in holder.versions, f"to read version {version}")

    async def activate(self, version: int) -> list[Holder]:
        """Have this version write; gives the processes that do not follow in time."""
        ring = self.file.change(lambda ring: ring.writing(version))
        await self._note("activated", version, _KNOWN, list(ring.fingerprints), list(ring.fingerprints.values()))
        late = await self._until(lambda holder: holder.writes == [version], f"to write with version {version}")
        if not late:
            async with self._acting() as work:
                await work.uow.execute(_REPLACED, version)
        return late

    async def writers(self, version: int) -> list[Holder]:
        """Running processes that write with this version."""
        return [one for one in await self.holders() if version in one.writes]

    async def rewrite(self, progress: Progress) -> Rewritten:
        """Write everything anew that is under an older version.

        Raises:
            Refused: a running process still writes with an older version.
        """
        version = self.file.read().writes
        late = await self._until(lambda holder: holder.writes == [version], f"to write with version {version}")
        if late:
            raise Refused(f"these still write with an older version: {names(late)}; copy the key file to them first", 1)
        async with self._acting() as work:
            await work.uow.execute(_REPLACED, version)
        done = await self._rewriter().run(progress)
        if done.rows:
            await self._note("rewritten", version)
        return done

    async def retire(self, version: int, *, force: bool) -> list[Holder]:
        """Take an older version out of the file; gives the running processes that still have it.

        Raises:
            Refused: it is still needed.
        """
        ring = self.file.read()
        await self._check_unused(ring, version)
        if not force:
            await self._check_passed(ring, version)
        self.file.change(lambda now: now.without(version))
        await self._note("retired", version, _RETIRED, version)
        return await self._until(lambda holder: version not in holder.versions, f"to forget version {version}")

    async def unfinished(self) -> bool:
        """Whether something is still under another version than the one that writes."""
        writes = self.file.read().writes
        return any(one.older(writes) for one in await self.usage())

    async def usage(self) -> list[Usage]:
        """Rows per version, column by column."""
        return await self._rewriter().usage()

    async def holders(self) -> list[Holder]:
        """Every running process, this one too."""
        async with self.database.transaction() as uow:
            return [holder_of(row) for row in await uow.fetch(HOLDERS, GONE)]

    async def versions(self) -> list[Version]:
        """Versions of the file and of before."""
        async with self.database.transaction() as uow:
            known = {row["version"]: Version(**dict(row)) for row in await uow.fetch(_VERSIONS)}
        held = {version: Version(version=version) for version in self.file.read().versions}
        return sorted({**held, **known}.values(), key=lambda one: one.version)

    async def needed_until(self, version: int) -> tuple[datetime, str] | None:
        """Until when hashes that are not rewritten need this version, and why; None: nothing ever used it."""
        known = {one.version: one for one in await self.versions()}
        if version > self.file.read().writes:
            return None
        since = known[version].replaced_at or datetime.now(UTC)
        longest = max(left_to_pass(), key=lambda one: one.needed)
        return since + longest.needed, longest.why

    async def _check_unused(self, ring: KeyRing, version: int) -> None:
        if version not in ring.versions:
            raise Refused(f"version {version} is not in {self.file.path}; it has {listed(ring.versions)}", 1)
        if version == ring.writes:
            raise Refused(f"version {version} writes: rotate first", 1)
        if writers := await self.writers(version):
            raise Refused(f"version {version} is still used to write by {names(writers)}", 1)
        rows = {one.name: one.versions[version] for one in await self.usage() if one.versions.get(version)}
        if rows:
            found = ", ".join(f"{count} in {name}" for name, count in rows.items())
            raise Refused(f"rows are still under version {version}: {found}; run `onthaal keys rewrite`", 1)

    async def _check_passed(self, ring: KeyRing, version: int) -> None:
        needed = await self.needed_until(version) if version < ring.writes else None
        if needed and needed[0] > datetime.now(UTC):
            raise Refused(
                f"version {version} is needed until {needed[0]:%Y-%m-%d %H:%M} UTC: {needed[1]}. With --force it goes "
                "now: a repeated call gets an error, a mail that is brought again may be there twice",
                1,
            )

    async def _until(self, so: Callable[[Holder], bool], what: str) -> list[Holder]:
        """Wait until it is so of every running process; gives those of whom it is not in time."""
        began, told = time.monotonic(), False
        while late := [one for one in await self.holders() if not so(one)]:
            waited = time.monotonic() - began
            if waited > self._wait:
                break
            if waited > PATIENCE_SECONDS and not told:
                told = True
                self._say(f"waiting for {names(late)} {what}")
            await asyncio.sleep(LOOK_SECONDS)
        return late

    def _rewriter(self) -> Rewriter:
        return Rewriter(self.database, self._work, columns(), RENEWALS)

    def _work(self, uow: UnitOfWork) -> Work:
        return self._platform.work(uow, None, ACTION, "keys")

    @asynccontextmanager
    async def _acting(self) -> AsyncIterator[Work]:
        async with acting(self._platform, ACTION) as work:
            yield work

    async def _note(self, step: str, version: int, sql: str = "", *args: object) -> None:
        """An entry in the audit log, with the statement that belongs to it."""
        async with self._acting() as work:
            if sql:
                await work.uow.execute(sql, *args)
            work.trail.record("keys", fields=[step, f"version {version}"], purpose="keyRotation")


@asynccontextmanager
async def rotating(settings: Settings, wait: float, say: Callable[[str], None]) -> AsyncIterator[Rotation]:
    """The one command that may change keys now.

    Raises:
        Refused: another one is at it.
    """
    async with looking(settings, wait, say) as rotation, exclusive(rotation.database, "keys") as held:
        if not held:
            raise Refused("another command is changing the keys: try again when it is done", 1)
        yield rotation


@asynccontextmanager
async def looking(settings: Settings, wait: float, say: Callable[[str], None]) -> AsyncIterator[Rotation]:
    """The same, to look only."""
    async with connected(settings, statement_seconds=STATEMENT_SECONDS) as platform:
        yield Rotation(platform, wait, say)


def names(holders: list[Holder]) -> str:
    """Processes as people know them, and since when a silent one is."""
    return ", ".join(
        one.process + (f" (silent for {one.quiet:.0f} s)" if one.quiet > QUIET_SECONDS else "") for one in holders
    )


def listed(versions: tuple[int, ...]) -> str:
    """Versions, the oldest first."""
    return ", ".join(map(str, sorted(versions)))
