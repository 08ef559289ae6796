"""Structured logs: one JSON line each in production, plain lines for people elsewhere; never personal data."""

import logging

import structlog
from structlog.typing import EventDict, WrappedLogger

from kernel.settings import Settings
from kernel.tenancy import current_tenant


def configure_logs(settings: Settings) -> None:
    """Set up structlog for this process."""
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.environment == "production"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _add_tenant,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=settings.environment != "test",
    )


def _add_tenant(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if tenant := current_tenant():
        event["tenant"] = tenant
    return event
