"""Applications that the tests of one process take in turns: making one takes 0.3 s, and they differ in their platform.

An application is in one pair of hands at a time, and is only given to a platform with the same settings of `COMPOSED`;
a composition that reads another setting fails here, and has it added.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any, cast

from litestar import Litestar

from backend.app import Platform, create_litestar
from backend.kit.boundary import Boundary
from backend.kit.metrics import observe

COMPOSED = ("cors_origins", "metrics_token")
"""The settings that an application is composed from; everything else it asks the platform, when it needs it."""


def _composed(platform: Platform) -> dict[str, Any]:
    return {name: getattr(platform.settings, name) for name in COMPOSED}


class Late:
    """Stands in for a thing, and for what is asked of it, that is found each time it is used.

    Args:
        find: gives the thing of now.
        fixed: attributes that stay.
    """

    def __init__(self, find: Callable[[], Any], **fixed: Any) -> None:
        self._find = find
        vars(self).update(fixed)

    def __getattr__(self, name: str) -> "Late":
        return Late(lambda: getattr(self._find(), name))

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._find()(*given, **named)


class Application:
    """One Litestar application, for one platform after the other."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        late = Late(lambda: self._platform, settings=SimpleNamespace(**_composed(platform)))
        self._litestar = create_litestar(cast("Platform", late))
        self._late = {name: value for name, value in self._litestar.state.items() if isinstance(value, Late)}

    def of(self, platform: Platform) -> Litestar:
        """It works with this platform from now on."""
        self._platform = platform
        for name, value in self._late.items():
            self._litestar.state[name] = value._find()
        return self._litestar


_free: defaultdict[str, list[Application]] = defaultdict(list)


@contextmanager
def lent(platform: Platform) -> Iterator[Litestar]:
    """What `create_litestar(platform)` gives, until the block ends; who uses it, starts it."""
    shelf = _free[repr(_composed(platform))]
    application = shelf.pop() if shelf else Application(platform)
    yield application.of(platform)
    shelf.append(application)  # not after a failure: what is left of that stays with it


@asynccontextmanager
async def running(platform: Platform) -> AsyncIterator[Boundary]:
    """The core on this platform, started."""
    with lent(platform) as litestar:
        async with litestar.lifespan():
            yield Boundary(litestar, observe=observe)
