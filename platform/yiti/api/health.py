"""Health for supervisors and metrics for operators."""

from hmac import compare_digest
from typing import Any

from litestar import MediaType, Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from kernel.errors import Forbidden
from kernel.permissions import anyone
from yiti.accounts.middleware import NO_SESSION
from yiti.resources import Parts

_LOOPBACK = ("127.0.0.1", "::1")


@get("/health", guards=[anyone], opt={NO_SESSION: True}, media_type=MediaType.TEXT, sync_to_thread=False)
def alive() -> str:
    """The process answers."""
    return "ok"


@get("/health/ready", guards=[anyone], opt={NO_SESSION: True}, media_type=MediaType.TEXT)
async def ready(resources: Parts) -> str:
    """The process can reach its database; anything else it depends on may be away for a while."""
    async with resources.database.read("") as reader:
        await reader.execute(text("SELECT 1"))
    return "ready"


@get("/metrics", guards=[anyone], opt={NO_SESSION: True}, sync_to_thread=False)
def metrics(request: Request[Any, Any, Any], resources: Parts) -> Response[bytes]:
    """Prometheus metrics; with a token where one is set, otherwise to this machine only."""
    token = resources.settings.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    local = request.client is not None and request.client.host in _LOOPBACK
    if not (compare_digest(given, token) if token else local):
        raise Forbidden
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
