"""The sandbox process: `uvicorn --factory integrations.sandbox.app:create_app --port 8090`."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State as AppState
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from markupsafe import Markup, escape

from integrations.counterparties import Counterparty
from integrations.envelope import LIMIT_BYTES
from integrations.http import SANDBOX_HEADER, Refusal
from integrations.keys import KeyRing, ensure_development_keys
from integrations.sandbox import (
    bank,
    bank_payments,
    certification,
    control,
    identity,
    inboxes,
    payment_channel,
    requests,
    settlements,
    sharing,
)
from integrations.sandbox.authority import open_authority
from integrations.sandbox.callbacks import Deliverer
from integrations.sandbox.state import Store
from integrations.sandbox.world import World
from kernel.clock import SHANGHAI
from kernel.errors import DomainError
from kernel.money import yuan
from kernel.settings import Settings, get_settings

_ADDRESS = re.compile(r"(https?://[!-~]+)")


def create_app(settings: Settings | None = None) -> Litestar:
    """The sandbox with its keys from `keys_dir` and its state in `var_dir/sandbox.json`; refuses production."""
    settings = settings or get_settings()
    if settings.environment == "production":
        message = "the sandbox holds the counterparties' keys and never runs in production"
        raise RuntimeError(message)
    ensure_development_keys(settings.keys_dir)
    keys = {who: KeyRing.load(settings.keys_dir, who) for who in Counterparty}
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    store = Store(settings.var_dir / "sandbox.json")
    here = f"http://{settings.sandbox_host}:{settings.sandbox_port}/ca"
    world = World(store, keys, Deliverer(store, keys), open_authority(settings.var_dir / "sandbox-ca", here))
    return Litestar(
        route_handlers=[
            *control.handlers,
            identity.router,
            bank.router,
            bank_payments.router,
            payment_channel.router,
            settlements.router,
            requests.router,
            sharing.router,
            certification.router,
            *inboxes.routers,
        ],
        dependencies={"world": Provide(_world, sync_to_thread=False)},
        state=AppState({"world": world}),
        lifespan=[_delivering],
        template_config=TemplateConfig(
            directory=Path(__file__).parent / "templates", engine=JinjaTemplateEngine, engine_callback=_filters
        ),
        exception_handlers={DomainError: _refused, HTTPException: _refused},
        response_headers={SANDBOX_HEADER: "1", "cache-control": "no-store"},
        request_max_body_size=2 * LIMIT_BYTES,
        openapi_config=None,
        logging_config=None,
    )


def _world(state: AppState) -> World:
    world = state["world"]
    assert isinstance(world, World)
    return world


@asynccontextmanager
async def _delivering(app: Litestar) -> AsyncIterator[None]:
    task = asyncio.create_task(_world(app.state).deliverer.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _filters(engine: JinjaTemplateEngine) -> None:
    engine.engine.filters["yuan"] = yuan
    engine.engine.filters["moment"] = lambda moment: moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    engine.engine.filters["linked"] = _linked


def _linked(text: str) -> Markup:
    """The text of a message with its addresses as links; Jinja's own `urlize` finds none behind a Chinese colon."""
    link = Markup('<a href="{0}">{0}</a>')
    parts = enumerate(_ADDRESS.split(text))
    return Markup().join(link.format(part) if place % 2 else escape(part) for place, part in parts)


def _refused(_request: Request[Any, Any, Any], error: Exception) -> Response[Refusal]:
    if isinstance(error, DomainError):
        return Response(Refusal(code=error.code, message=error.message), status_code=error.status)
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    return Response(Refusal(code=f"http_{status}", message=f"请求有误：{detail}"), status_code=status)
