"""The contract templates: which version is used for new drafts from which day, and where each version's text is."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from contracts.blanks import Blank
from contracts.templates.gf_2014_0171 import v1, v2
from kernel.errors import Unavailable


class Template(Struct, frozen=True, kw_only=True):
    """One version of one form. A version that contracts were made with is never edited; a new one follows it."""

    key: str
    version: str
    title: str
    effective_from: date
    blanks: tuple[Blank, ...]
    contents: tuple[tuple[str, tuple[str, ...]], ...]
    annexes: tuple[str, ...]
    instalments: dict[str, str]
    """What a line of its payment plan may be, in its own words."""

    @property
    def path(self) -> str:
        """Where its text is inside this package's templates."""
        return f"{self.key}/{self.version}/contract.html"

    @property
    def loan_clause(self) -> str:
        """Where its words about loans are."""
        return f"{self.key}/{self.version}/loan_clause.html"


class TemplateMissing(Unavailable):
    """No such template version; a stored contract names one that this installation lacks."""

    code = "contracts.template_missing"
    default_message = "合同模板未配置，请联系系统管理员"


PRESALE = "gf_2014_0171"

TEMPLATES = (
    Template(
        key=PRESALE,
        version="v1",
        title="商品房买卖合同（预售）",
        effective_from=date(2021, 1, 1),
        blanks=v1.BLANKS,
        contents=v1.CONTENTS,
        annexes=v1.ANNEXES,
        instalments=v1.INSTALMENTS,
    ),
    Template(
        key=PRESALE,
        version="v2",
        title="商品房买卖合同（预售）",
        effective_from=date(2026, 11, 1),
        blanks=v2.BLANKS,
        contents=v1.CONTENTS,
        annexes=v1.ANNEXES,
        instalments=v2.INSTALMENTS,
    ),
)


def current_template(key: str, on: date) -> Template:
    """The version for drafts begun on this day. Raises ``TemplateMissing``."""
    known = [template for template in TEMPLATES if template.key == key and template.effective_from <= on]
    if not known:
        raise TemplateMissing
    return max(known, key=lambda template: template.effective_from)


def template_of(key: str, version: str) -> Template:
    """The version a contract was made with, however old. Raises ``TemplateMissing``."""
    for template in TEMPLATES:
        if (template.key, template.version) == (key, version):
            return template
    raise TemplateMissing
