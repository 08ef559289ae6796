"""The web process: every portal and machine interface on one Litestar application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request
from litestar.di import Provide
from sqlalchemy import select

from kernel.db import Database
from kernel.outbox.service import wake_by
from kernel.outbox.worker import QueueWaker
from kernel.settings import Settings, get_settings
from kernel.tenancy.models import County
from kernel.web.dependencies import DEPENDENCIES
from yiti.api import gateway, health, pki, verification
from yiti.journeys.registration.controllers import receive_answer
from yiti.logs import configure_logs
from yiti.portals.all import PORTALS, ROUTES
from yiti.portals.shell.plugin import Shell
from yiti.resources import Resources, open_resources

MACHINE_ROUTES = (
    gateway.receive_event,
    gateway.receive_document,
    receive_answer,
    health.alive,
    health.ready,
    health.metrics,
    *pki.HANDLERS,
    verification.VerificationApi,
)
UPLOAD_LIMIT_BYTES = 6 * 1024 * 1024
"""The survey file (5 MB) and its form; anything larger is refused before it is read."""


def create_app(settings: Settings | None = None) -> Litestar:
    """The application; its resources live as long as its lifespan."""
    chosen = settings or get_settings()
    configure_logs(chosen)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_resources(chosen, warm=False) as resources:
            waker = QueueWaker(chosen.valkey_url)
            wake_by(waker)
            app.state.resources = resources
            app.state.database = resources.database
            app.state.counties = await _counties(resources.database)
            yield
            await waker.close()

    return Litestar(
        route_handlers=[*ROUTES, *MACHINE_ROUTES],
        dependencies={**DEPENDENCIES, "resources": Provide(_provide_resources, sync_to_thread=False)},
        plugins=[Shell(chosen, PORTALS)],
        lifespan=[lifespan],
        request_max_body_size=UPLOAD_LIMIT_BYTES,
        openapi_config=None,
    )


def _provide_resources(request: Request[Any, Any, Any]) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


async def _counties(database: Database) -> dict[str, str]:
    async with database.read("") as reader:
        return {county.code: county.name for county in await reader.scalars(select(County))}
