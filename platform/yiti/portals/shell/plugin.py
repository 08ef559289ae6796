"""Puts the shell into the application."""

from collections.abc import Sequence

import structlog
from litestar.config.app import AppConfig
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.plugins import InitPlugin

from kernel.settings import Settings
from yiti.accounts.csrf import CsrfMiddleware
from yiti.accounts.middleware import AuthenticationMiddleware
from yiti.portals.shell import controllers
from yiti.portals.shell.assets import Assets
from yiti.portals.shell.errors import show_error
from yiti.portals.shell.menu import Portal
from yiti.portals.shell.security import security_headers
from yiti.portals.shell.templating import template_config

log = structlog.get_logger()


class Shell(InitPlugin):
    """Layouts, sign-in, sessions, CSRF, error pages, static files and security headers.

    Reads `app.state.database` and `app.state.counties` (code → name), which the application sets at start-up.
    """

    def __init__(self, settings: Settings, portals: Sequence[Portal]) -> None:
        self.settings = settings
        self.portals = tuple(portals)

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        assets = Assets(self.settings)
        if missing := assets.missing():
            log.warning("assets.missing", packages=missing, folder=str(assets.root))
        app_config.state.portals = self.portals
        app_config.template_config = template_config(assets, self.portals)
        app_config.middleware = [
            DefineMiddleware(AuthenticationMiddleware, settings=self.settings),
            DefineMiddleware(CsrfMiddleware, settings=self.settings),
            *app_config.middleware,
        ]
        app_config.exception_handlers = {Exception: show_error, HTTPException: show_error}
        app_config.before_send = [*app_config.before_send, security_headers(self.settings)]
        app_config.route_handlers = [*app_config.route_handlers, *assets.routers(), *_ROUTES]
        return app_config


_ROUTES = (
    controllers.home,
    controllers.login_page,
    controllers.sign_in,
    controllers.sign_out,
    controllers.password_page,
    controllers.change_password,
)
