"""A folder of a mail server, over IMAP (library IMAPClient): what is new in it, its bytes, and putting it away.

Everything here waits for the network: call it in a thread. Mails are named by their UID, which holds as long as the
UIDVALIDITY of the folder does.
"""

import contextlib
import ssl
from collections.abc import Collection, Sequence
from datetime import date
from types import TracebackType
from typing import Literal, Self

import msgspec
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

SECONDS = 15.0


class ImapAway(Exception):
    """The server did not do what was asked; the text says which step, never an address or words of the server."""


class ImapAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Where a folder is, and who opens it.

    Attributes:
        tls: `implicit`: encrypted from the first byte; `startTls`: before the login; `none`: not at all.
        done_folder: where mails go that were fetched; None: they stay, marked as seen.
    """

    host: str
    port: int
    tls: Literal["implicit", "startTls", "none"]
    folder: str
    username: str
    password: str
    done_folder: str | None = None

    def __repr__(self) -> str:
        return f"ImapAccount({self.host}:{self.port})"


class ImapFolder:
    """An open folder; a context manager.

    Args:
        account: where it is.

    Raises:
        ImapAway: from every method.
    """

    def __init__(self, account: ImapAccount) -> None:
        self._account = account
        self._client: IMAPClient | None = None
        self.validity = 0
        self.next_uid = 1

    def __enter__(self) -> Self:
        account, context = self._account, ssl.create_default_context()
        with _Step("connect"):
            client = IMAPClient(
                account.host,
                port=account.port,
                ssl=account.tls == "implicit",
                ssl_context=context if account.tls == "implicit" else None,
                timeout=SECONDS,
            )
        self._client = client
        try:
            with _Step("encrypt"):
                if account.tls == "startTls":
                    client.starttls(context)
            with _Step("log in"):
                client.login(account.username, account.password)
            with _Step("open the folder"):
                found = client.select_folder(account.folder)
                self.validity = int(found[b"UIDVALIDITY"])
                self.next_uid = int(found[b"UIDNEXT"])
        except ImapAway:
            self._close()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._close()

    def after(self, uid: int) -> list[int]:
        """The mails that came after this one, in order."""
        return [one for one in self._search(["UID", f"{uid + 1}:*"]) if one > uid]  # `*` is the last one in any case

    def unseen(self) -> list[int]:
        """The mails that nobody has read, in order."""
        return self._search(["UNSEEN"])

    def since(self, day: date) -> list[int]:
        """The mails that came on this day or later, in order."""
        return self._search(["SINCE", day])

    def size(self, uid: int) -> int:
        """Bytes of a mail; 0 when it is gone."""
        with _Step("ask the size"):
            return int(self._open.fetch([uid], ["RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE", 0))

    def content(self, uid: int) -> bytes:
        """A mail as it is, without marking it; empty when it is gone."""
        return self._body(uid, "BODY.PEEK[]", b"BODY[]")

    def head(self, uid: int) -> bytes:
        """The headers of a mail."""
        return self._body(uid, "BODY.PEEK[HEADER]", b"BODY[HEADER]")

    def put_away(self, uids: Sequence[int]) -> None:
        """Mark mails as seen, and move them when there is a folder for that."""
        if not uids:
            return
        with _Step("put away"):
            self._open.add_flags(uids, [b"\\Seen"], silent=True)
            target = self._account.done_folder
            if target is None:
                return
            if not self._open.folder_exists(target):
                self._open.create_folder(target)
            if self._open.has_capability("MOVE"):
                self._open.move(uids, target)
                return
            self._open.copy(uids, target)
            self._open.delete_messages(uids, silent=True)
            if self._open.has_capability("UIDPLUS"):  # a plain EXPUNGE would take what others marked as well
                self._open.uid_expunge(uids)

    @property
    def _open(self) -> IMAPClient:
        if self._client is None:
            raise ImapAway("not connected")
        return self._client

    def _search(self, criteria: Collection[object]) -> list[int]:
        with _Step("look"):
            return sorted(int(uid) for uid in self._open.search(list(criteria)))

    def _body(self, uid: int, asked: str, given: bytes) -> bytes:
        with _Step("fetch"):
            found = self._open.fetch([uid], [asked]).get(uid, {}).get(given)
            return bytes(found) if found else b""

    def _close(self) -> None:
        if self._client is None:
            return
        with contextlib.suppress(IMAPClientError, OSError):
            self._client.logout()
        self._client = None


class _Step:
    """Whatever goes wrong in a step is `ImapAway`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, LoginError):
            raise ImapAway("the server refuses the login") from None
        if isinstance(error, IMAPClientError | OSError | ValueError | KeyError):
            raise ImapAway(f"{self._name}: {type(error).__name__}") from None
