"""Applications with the pages of one audience, on a county at work."""

from types import ModuleType
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from kernel.web.dependencies import DEPENDENCIES
from tests.journeys.stage import Stage
from tests.testbed import COUNTIES
from yiti.portals.shell.plugin import Shell

_made: dict[tuple[Any, ...], tuple[Stage, Litestar]] = {}
"""With their stages, so that no later one takes the same identity."""


def pages_of(stage: Stage, *portals: ModuleType, **options: Any) -> Litestar:
    """The portals' pages on the stage's own resources: made once a stage, for that takes a while."""
    key = (id(stage), *portals)
    if key not in _made:
        _made[key] = (stage, _make(stage, portals, options))
    return _made[key][1]


def _make(stage: Stage, portals: tuple[ModuleType, ...], options: dict[str, Any]) -> Litestar:
    return Litestar(
        route_handlers=[route for portal in portals for route in portal.ROUTES],
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: stage.resources, sync_to_thread=False)},
        plugins=[Shell(stage.resources.settings, [portal.PORTAL for portal in portals if portal.PORTAL is not None])],
        state=State(
            {
                "database": stage.resources.database,
                "counties": {str(county["code"]): str(county["name"]) for county in COUNTIES},
            }
        ),
        openapi_config=None,
        **options,
    )
