"""The file with the key ring: noticed when it changes, replaced whole or not at all, one editor at a time."""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.kit.crypto import KeyRing

_OURS = 0o640
"""At most: read and written by its owner, read by its group."""


class KeyFile:
    """The key file of one installation.

    Args:
        path: where it is; a link is followed, so that a mounted secret stays a link.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> KeyRing:
        """The ring that is in it now.

        Raises:
            OSError: it cannot be read.
            KeyRingInvalid: it is not a key ring.
        """
        with self.path.open("rb") as file:
            found = os.fstat(file.fileno())
            content = file.read()
        self._seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        return KeyRing.from_json(content)

    def news(self) -> KeyRing | None:
        """The ring, when the file is another one than at the last look; each change is told once. Raises as `read`."""
        found = self.path.stat()
        if (found.st_ino, found.st_mtime_ns, found.st_size) == self._seen:
            return None
        return self.read()

    def change(self, change: Callable[[KeyRing], KeyRing]) -> KeyRing:
        """Replace the ring by what `change` makes of it; gives the new ring.

        Who reads meanwhile finds the old file or the new one, whole. Owner, group and rights stay as they are, without
        those of others: the processes must be able to read it as before. No copy is left anywhere.

        Raises:
            OSError: the file or its folder may not be written, or its owner not be kept; nothing was changed.
            KeyRingInvalid: it is not a key ring.
        """
        path = self.path.resolve()
        with _alone(path.parent):
            ring = change(KeyRing.from_json(path.read_bytes()))
            _replace(path, ring.to_json())
        return ring


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder: no two edits at once; the lock goes with the process."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)  # the new name is on disk
    finally:
        os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    before = path.stat()
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)  # of an edit that was killed
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if (before.st_uid, before.st_gid) != (os.getuid(), os.getgid()):
                os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & _OURS | 0o600)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
