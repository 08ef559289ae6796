"""The printable supervision agreement (监管协议)."""

from datetime import datetime

from msgspec import Struct

from escrow.agreements.models import AgreementState, Origin, SupervisionAgreement
from escrow.agreements.rules import Side, as_nodes
from escrow.models import SupervisionMode
from kernel.clock import SHANGHAI
from kernel.money import yuan, yuan_in_words
from kernel.rendering import render_template

_MODES = {SupervisionMode.FULL: "全额监管", SupervisionMode.QUOTA: "按额度监管"}


class Parties(Struct, frozen=True, kw_only=True):
    """Names of the three and of the project; the bank's own name where it is not known as an organisation."""

    department: str
    developer: str
    bank: str
    project: str


def agreement_html(terms: SupervisionAgreement, parties: Parties, *, amends: bool = False) -> str:
    """The agreement as HTML for `Renderer.pdf`. Pure: only what the version says.

    One that is sealed has the three places (`rules.seal_field`) and nothing that changes later; one from before there
    were seals says how far it has come. `amends`: a 补充协议 to the account's first agreement.
    """
    steps: list[tuple[str, datetime | None]] = [("登记日期", terms.in_force_at)]
    if terms.origin == Origin.ONLINE:
        steps = [
            ("甲方拟定", terms.created_at),
            ("乙方同意", terms.developer_agreed_at),
            ("丙方同意", terms.bank_agreed_at),
            ("生效", terms.in_force_at),
        ]
    places = (("甲方（盖章）", Side.DEPARTMENT), ("乙方（盖章）", Side.DEVELOPER), ("丙方（盖章）", Side.BANK))
    sealed = terms.origin == Origin.SEALED
    context = {
        "terms": terms,
        "parties": parties,
        "amends": amends,
        "mode": _MODES[SupervisionMode(terms.mode)],
        "quota": yuan(terms.quota_fen) if terms.quota_fen else "",
        "quota_in_words": yuan_in_words(terms.quota_fen) if terms.quota_fen else "",
        "nodes": as_nodes(terms.nodes),
        "places": places if sealed else (),
        "steps": [(who, f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at else "") for who, at in steps],
        "written": f"{terms.created_at.astimezone(SHANGHAI):%Y年%-m月%-d日}",
        "in_force": terms.state == AgreementState.IN_FORCE,
    }
    return render_template("escrow", "supervision_agreement.html", context)
