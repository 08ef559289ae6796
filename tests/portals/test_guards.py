"""Every route of the whole platform says who may use it, and every unsafe one is protected against forgery."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar

from kernel.settings import Settings
from yiti.accounts.csrf import EXEMPT
from yiti.app import create_app

MACHINES = ("/gateway/", "/pki/ocsp", "/pki/tsa", "/api/verify")
"""Counterparties sign their messages; asking after a certificate or the time changes nothing: no tokens are needed."""


@pytest.fixture(scope="module")
def platform(settings: Settings) -> Litestar:
    """The application as it is served; it need not be started to be looked at."""
    return create_app(settings)


def handlers(app: Litestar) -> Iterator[tuple[str, Any]]:
    for route in app.routes:
        several: list[Any] = getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]
        for handler in several:
            # Litestar answers OPTIONS by itself, from the route's own methods.
            if getattr(handler, "http_methods", None) != {"OPTIONS"}:
                yield route.path, handler


def test_every_route_has_a_guard(platform: Litestar) -> None:
    found = list(handlers(platform))
    bare = [f"{path} {handler.handler_name}" for path, handler in found if not handler.resolve_guards()]
    assert len(found) > 20
    assert not bare


def test_only_machines_are_exempt_from_csrf_tokens(platform: Litestar) -> None:
    exempt = [path for path, handler in handlers(platform) if handler.opt.get(EXEMPT)]
    assert exempt
    assert all(path.startswith(MACHINES) for path in exempt)
