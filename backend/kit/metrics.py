"""Prometheus figures without personal data, labelled by path template; several processes add up through files.

Set `PROMETHEUS_MULTIPROC_DIR` before this module is imported when more than one API process runs (`serve` does).
"""

import hmac
import os
from typing import Any

import structlog
from litestar import Request, Response, get
from litestar.types import Scope
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

from backend.kit.problems import ProblemError

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)

REQUESTS = Histogram("onthaal_request_seconds", "Time to answer", ["method", "path", "status"], buckets=SECONDS)
EFFECTS = Counter("onthaal_effects_total", "Outbox rows run", ["topic", "outcome"])
SWEPT = Counter("onthaal_swept_total", "What sweepers put right, and how often one failed", ["sweep", "outcome"])

log = structlog.get_logger("access")


def observe(scope: Scope, status: int, seconds: float) -> None:
    """Count and log one request; the observer of `Boundary`."""
    path = str(scope.get("path_template") or "unknown")
    method = str(scope.get("method", ""))
    REQUESTS.labels(method, path, str(status)).observe(seconds)
    handler = scope.get("route_handler")
    log.info(
        "request",
        method=method,
        path=path,
        status=status,
        ms=round(seconds * 1000, 2),
        operation=getattr(handler, "operation_id", None),
        trace=scope["state"]["trace"],
    )


def exposition() -> tuple[bytes, str]:
    """All figures as text, and its content type."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(), CONTENT_TYPE_LATEST


@get("/metrics", include_in_schema=False, opt={"open": True})
async def get_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus figures: with the metrics token, or without one from this machine only."""
    token: str = request.app.state.metrics_token
    if token:
        sent = request.headers.get("authorization", "")
        if not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
            raise ProblemError(401, "Send the metrics token.", headers={"WWW-Authenticate": "Bearer"})
    elif request.client is not None and request.client.host not in {"127.0.0.1", "::1", ""}:
        raise ProblemError(403, "Set ONTHAAL_METRICS_TOKEN to read figures from another machine.")
    body, kind = exposition()
    return Response(body, media_type=kind)
