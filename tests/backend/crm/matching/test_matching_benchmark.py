"""The benchmark loads in bulk what the service writes one by one."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.app import Platform
from backend.crm.matching.service import MatchService
from backend.kit.reach import EVERYTHING
from backend.settings import Settings
from scripts.benchmarks.match import calibration, figures, load

pytestmark = pytest.mark.anyio

_FACTS = """
SELECT c.kind, c.display_name, c.language, c.source, c.version, n.given, n.family, n.folded, n.folded_given, a.street,
       a.number, a.postcode, a.folded_number,
       (SELECT array_agg(p.type || p.value ORDER BY p.value) FROM customer_contact_point p WHERE p.customer_id = c.id)
         AS points,
       (SELECT array_agg(k.key ORDER BY k.key) FROM match_key k WHERE k.customer_id = c.id) AS keys
  FROM customer c LEFT JOIN customer_name n ON n.customer_id = c.id
  LEFT JOIN customer_address a ON a.customer_id = c.id
 WHERE c.id = $1
"""


def _line(pid: int) -> dict[str, Any]:
    last = ("Peeters", "De Clercq", "Van den Broeck")[pid % 3]
    return {
        "pid": pid,
        "first": f"An{pid}",
        "last": last,
        "born": "19800506" if pid % 2 else "",
        "phone": f"04771234{pid:02}" if pid % 4 else "12",
        "email": f"an{pid}@voorbeeld.be",
        "street": "Kerkstr." if pid % 5 else "",
        "nr": f"{pid} bus 3",
        "box": "",
        "pc": "9000",
        "city": "Gent",
    }


async def _loaded(platform: Platform, *, bulk: bool) -> dict[Any, Any]:
    owners, _ = await load(platform, (_line(pid) for pid in range(30)), bulk=bulk)
    found = {}
    async with platform.database.begin(EVERYTHING) as uow:
        service = MatchService(platform.work(uow, None, "test", "test-benchmark"))
        for customer, pid in owners.items():
            (row,) = await uow.fetch(_FACTS, customer)
            found[pid] = (dict(row), await service.subject(customer))
    return found


async def test_bulk_and_one_by_one_write_the_same_rows(own_database: str, settings: Settings, tmp_path: Path) -> None:
    platform = Platform(msgspec.structs.replace(settings, database_url=own_database, data=str(tmp_path)))
    try:
        single, together = await _loaded(platform, bulk=False), await _loaded(platform, bulk=True)
    finally:
        await platform.database.close()
    assert len(single) == 30
    assert single == together


def test_figures_count_what_they_say() -> None:
    queries: list[dict[str, Any]] = [{"truth": 1}, {"truth": 2}, {"truth": 3}, {"truth": None}, {"truth": None}]
    answers: list[list[tuple[Any, float]]] = [[(1, 0.99)], [(9, 0.97), (2, 0.02)], [(3, 0.5)], [(4, 0.96)], []]
    assert figures(queries, answers) == {
        "top1": 0.6667,
        "top5": 1.0,
        "precision95": 0.3333,
        "precision95WhenPresent": 0.5,
        "cover95": 0.6667,
        "falseWhenAbsent95": 0.5,
    }
    assert [(band["n"], band["right"]) for band in calibration(queries, answers)] == [(1, 1.0), (2, 0.0), (1, 1.0)]
