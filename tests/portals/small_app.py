"""A small application: the shell, the administration pages, and a page that shows every component."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from litestar import Litestar, get
from litestar.datastructures import State
from litestar.response import Template

from integrations.breaker import Breaker
from integrations.counterparties import Counterparty
from kernel.db import Database
from kernel.permissions import anyone
from kernel.settings import Settings
from kernel.web.dependencies import DEPENDENCIES
from tests.testbed import COUNTIES
from yiti.portals import admin
from yiti.portals.shell.plugin import Shell

LEGEND = [
    ("available", "可售"),
    ("draft", "拟定中"),
    ("signing", "签署中"),
    ("filed", "已备案"),
    ("noticed", "已预告登记"),
    ("registered", "已登记"),
    ("restricted", "受限"),
    ("unavailable", "不可售"),
]
GALLERY = (Path(__file__).parent / "gallery.html").read_text()


def _gallery(layout: str) -> Template:
    at = datetime(2026, 9, 1, 2, 30, tzinfo=UTC)
    cells = [
        {"label": f"{number}01", "state": state, "hint": words, "url": "/gallery" if state == "available" else None}
        for number, (state, words) in enumerate(LEGEND, start=1)
    ]
    context = {"layout": layout, "at": at, "legend": LEGEND, "floors": [{"label": "3 层", "cells": cells}] * 3}
    return Template(template_str=GALLERY, context=context, media_type="text/html")


@get("/gallery", guards=[anyone])
async def gallery() -> Template:
    """Every component on a staff page."""
    return _gallery("layout.html")


@get("/gallery/{county:str}", guards=[anyone])
async def public_gallery() -> Template:
    """Every component on a page for everybody."""
    return _gallery("layout_public.html")


def make_app(database: Database, settings: Settings) -> Litestar:
    """Only what this room needs."""
    connectors = SimpleNamespace(breakers={each: Breaker() for each in Counterparty})
    return Litestar(
        route_handlers=[*admin.ROUTES, gallery, public_gallery],
        dependencies=DEPENDENCIES,
        state=State(
            {
                "database": database,
                "counties": {str(county["code"]): str(county["name"]) for county in COUNTIES},
                "resources": SimpleNamespace(connectors=connectors),
            }
        ),
        plugins=[Shell(settings, [admin.PORTAL])],
        openapi_config=None,
    )
