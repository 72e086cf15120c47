"""Screens stay cheap: at most 8 SQL statements each, begin and commit included (issue 2)."""

from typing import Any

import pytest

from tests.conftest import OUTER, Client, RolledBack

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("screen", ["file", "question"])
async def test_a_screen_takes_at_most_eight_statements(
    agent: Client, database: RolledBack, registered: dict[str, Any], screen: str
) -> None:
    paths = {
        "file": f"/customers/{registered['customerId']}/file",
        "question": f"/questions/{registered['questions'][0]['id']}",
    }
    assert (await agent.get(paths[screen])).status_code == 200  # what is kept in memory is there now
    assert database.pooled is not None
    connection: Any = database.pooled.driver_connection
    seen: list[str] = []

    def note(record: Any) -> None:
        if OUTER not in record.query:
            seen.append(record.query)

    connection.add_query_logger(note)
    try:
        assert (await agent.get(paths[screen])).status_code == 200
    finally:
        connection.remove_query_logger(note)
    assert 4 <= len(seen) <= 8, seen
