from collections.abc import Iterator

import pytest

from tests.reliability.running import Running


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One `onthaal up` for all faults: what it survives one after the other, it survives alone."""
    made = Running(tmp_path_factory.mktemp("up"))
    with made.started():
        yield made
