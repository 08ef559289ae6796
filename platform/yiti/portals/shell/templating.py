"""The template engine: where templates are found, and what they may call."""

import gettext
from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from kernel.clock import SHANGHAI
from kernel.money import yuan
from kernel.permissions import Actor, Permission
from kernel.pii import mask_id, mask_name, mask_phone
from yiti.accounts.csrf import csrf_token
from yiti.certificates.content import grouped_unit_code
from yiti.portals.shell.assets import PORTALS, Assets
from yiti.portals.shell.flash import take_flash
from yiti.portals.shell.menu import MenuGroup, Portal, menu_for

LOCALES = PORTALS / "shell" / "locale"


class _Block:
    """One named block of a page: what HTMX swaps in."""

    def __init__(self, template: Template, block: str) -> None:
        self.template = template
        self.block = block

    def render(self, **context: Any) -> str:
        return "".join(self.template.blocks[self.block](self.template.new_context(context)))


class Engine(JinjaTemplateEngine):
    """Also gives single blocks: `sales_office/contract.html#bills`."""

    def get_template(self, template_name: str) -> Any:
        name, _, block = template_name.partition("#")
        template = super().get_template(name)
        return _Block(template, block) if block else template


def template_config(assets: Assets, portals: Sequence[Portal]) -> TemplateConfig[Engine]:
    """For `Litestar(template_config=…)`."""
    return TemplateConfig(instance=Engine(engine_instance=environment(assets, portals)))


def environment(assets: Assets, portals: Sequence[Portal]) -> Environment:
    """`<portal>/<page>.html` is found in that portal's `templates`; layouts and components in the shell's."""
    folders = {folder.parent.name: FileSystemLoader(folder) for folder in PORTALS.glob("*/templates")}
    env = Environment(
        loader=ChoiceLoader([FileSystemLoader(PORTALS / "shell" / "templates"), PrefixLoader(folders)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
    )
    # The source language is Chinese: without a catalogue, messages are themselves.
    translations = gettext.translation("yiti", localedir=LOCALES, languages=["zh_CN"], fallback=True)
    env.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    env.filters |= {
        "yuan": yuan,
        "moment": moment,
        "unit_code": grouped_unit_code,
        "mask_name": mask_name,
        "mask_id": mask_id,
        "mask_phone": mask_phone,
    }
    env.globals |= {
        "asset": assets.url,
        # Not `csrf_token`: Litestar puts a function of its own, for its own middleware, under that name.
        "form_token": csrf_token,
        "menu": pass_context(lambda context: _menu(context, portals)),
        "county_name": pass_context(_county_name),
        "person": pass_context(_person),
        "may": pass_context(_may),
        "flash": pass_context(lambda context: take_flash(context["request"])),
    }
    env.globals["ui"] = _components(env)
    return env


def moment(at: datetime | None, form: str = "%Y-%m-%d %H:%M") -> str:
    """A moment as people in the county read it; a dash when there is none."""
    return at.astimezone(SHANGHAI).strftime(form) if at else "—"


def _components(env: Environment) -> SimpleNamespace:
    """All macros of `components/*.html` under one name: `ui.badge(…)`, also inside blocks rendered alone."""
    names = sorted(path.name for path in (PORTALS / "shell" / "templates" / "components").glob("*.html"))
    modules = [env.get_template(f"components/{name}").module for name in names]
    return SimpleNamespace(
        **{macro: getattr(module, macro) for module in modules for macro in vars(module) if not macro.startswith("_")}
    )


def _person(context: Context) -> Actor | None:
    actor = context["request"].scope.get("user")
    return actor if isinstance(actor, Actor) else None


def _may(context: Context, permission: str) -> bool:
    """Whether the person may do it: pages leave out what the server would refuse."""
    actor = _person(context)
    return actor is not None and actor.may(Permission(permission))


def _menu(context: Context, portals: Sequence[Portal]) -> list[MenuGroup]:
    return menu_for(portals, _person(context), context["request"].url.path)


def _county_name(context: Context) -> str:
    """The county of this page: the signed-in person's, or the one the address names; empty when neither."""
    request = context["request"]
    actor = _person(context)
    code = request.scope.get("path_params", {}).get("county") or (actor.tenant if actor else "")
    return str(request.app.state.counties.get(code, ""))
