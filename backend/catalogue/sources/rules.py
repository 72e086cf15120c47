"""Sources: which addresses are allowed, what a run leaves behind, when the next one comes. No I/O."""

from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

import msgspec

from backend.kit.ldes import Bookmark
from backend.kit.ldes_http import literal_address, public
from backend.kit.text import bad_text_path

Condition = Literal["new", "ok", "incomplete", "retrying", "failing"]
"""Never run; all is well; read with something missing or held back; failed just now; failed time after time."""

FAILING = 5
"""From so many failures in a row on a source is said to fail, and is tried less often."""
FULL_EVERY = timedelta(days=7)
LONGEST_ERROR = 500

_FIRST_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15))
_SLOW = timedelta(hours=1)
_SLOWEST = timedelta(days=1)
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


class AddressRefused(ValueError):
    """The address cannot be that of a source; the message says why."""


class SourceState(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What runs leave behind.

    Attributes:
        catalogue: name of the catalogue this source brings; fixed by the first run.
        bookmark: where the next read goes on.
        runs: how many runs there were; two at once would both raise it from the same number.
        run_at: end of the last run.
        full_at: end of the last complete full read.
        import_id: report of the last run.
        error: why the last run did nothing, or not everything.
        held_back: products that wait for confirmation before they are withdrawn.
    """

    catalogue: str | None = None
    bookmark: Bookmark | None = None
    runs: int = 0
    run_at: datetime | None = None
    full_at: datetime | None = None
    import_id: UUID | None = None
    error: str | None = None
    held_back: int = 0


def check_address(url: str, *, private: bool, files: bool = False) -> str:
    """The address, when it can be that of a source.

    What a name means is looked at again when it is asked: see `kit.ldes_http`.

    Args:
        url: an http(s) address, or a folder or file.
        private: whether http and addresses inside the network are allowed.
        files: whether files of the machine are allowed.

    Raises:
        AddressRefused: with the reason.
    """
    if bad_text_path(url) is not None or any(sign.isspace() for sign in url):
        raise AddressRefused("An address has no spaces or control characters.")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise AddressRefused("Not an address.") from None
    _check_port(parts)
    if parts.scheme == "file" and files and parts.path.startswith("/"):
        return url
    if parts.scheme not in {"http", "https"} or not host:
        raise AddressRefused("An address begins with https:// and a host.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("An address without user name, password or fragment; a key has a field of its own.")
    if not private:
        address = literal_address(url)
        local = ("." not in host and ":" not in host) or host.rstrip(".").endswith(_LOCAL_NAMES)
        if parts.scheme != "https":
            raise AddressRefused("An address begins with https://.")
        if local or (address is not None and not public(address)):
            raise AddressRefused("An address out on the internet, not inside the network.")
    return url


def _check_port(parts: SplitResult) -> None:
    try:
        port = parts.port
    except ValueError:  # also above 65535
        port = 0
    if port == 0:
        raise AddressRefused("The port of an address is a number from 1 to 65535.")


def wants_full(state: SourceState, now: datetime) -> bool:
    """Whether everything has to be read: only then it shows that a product disappeared."""
    return state.bookmark is None or state.full_at is None or now - state.full_at >= FULL_EVERY


def pause(every: timedelta, failures: int, retry_after: float | None, chance: float) -> timedelta:
    """How long until the next run.

    After a failure sooner than usual, then ever later (at most a day); never before the publisher said. Sources do not
    march in step: up to a tenth is added by chance.

    Args:
        every: the usual time between two runs.
        failures: in a row.
        retry_after: seconds the publisher asked for.
        chance: from 0 to 1.
    """
    wait = every
    if 0 < failures < FAILING:
        wait = min(every, _FIRST_PAUSES[failures - 1])
    elif failures:
        doubled = min(failures - FAILING, 10)
        wait = max(every, min(_SLOW * 2**doubled, _SLOWEST))
    return max(wait, timedelta(seconds=retry_after or 0)) * (1 + chance / 10)


def condition(state: SourceState, failures: int) -> Condition:
    """How a source is doing."""
    if failures:
        return "failing" if failures >= FAILING else "retrying"
    if state.run_at is None:
        return "new"
    return "incomplete" if state.error else "ok"
