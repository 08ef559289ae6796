"""Jinja for documents: everything escaped, an undefined name is an error."""

import base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)


@lru_cache(maxsize=32)
def _environment(package: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [
                PackageLoader(package),
                PrefixLoader({"kernel": PackageLoader("kernel.rendering")}),
            ],
        ),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["png_uri"] = png_uri
    return environment


def png_uri(png: bytes) -> str:
    """A `data:` address for an `<img>`."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def render_template(package: str, name: str, context: Mapping[str, Any]) -> str:
    """Fill `templates/<name>` of a Python package. Shared parts are under `kernel/` (`kernel/document.html`)."""
    return _environment(package).get_template(name).render(context)
