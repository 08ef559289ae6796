"""The cells of a certificate of ownership (不动产权证书), as its filling-in rules (填写说明) ask for them. Pure."""

from decimal import Decimal
from typing import Final

from yiti.certificates.schemas import EntryCertificate
from yiti.certificates.wording import EQUAL_EFFECT_CERTIFICATE, area, long_date, sharing_words, term
from yiti.register.details import OwnershipDetails
from yiti.register.kinds import REGISTRATION_TYPE_WORDS, Sharing

RIGHT_TYPE: Final = "国有建设用地使用权/房屋（构筑物）所有权"
"""权利类型 4 of the database standard."""


def sharing(facts: EntryCertificate, holder: int) -> str:
    """共有情况; on the certificate of one holder (分别持证) with that holder's share."""
    if not holder:
        return sharing_words(facts.sharing or Sharing.SOLE, facts.holders)
    share = facts.holders[holder - 1].share
    assert share is not None  # held by `service.check`
    return f"按份共有，占{share.numerator}/{share.denominator}"


def areas(details: OwnershipDetails) -> str:
    """面积: of the common parcel and of the house."""
    house = f"房屋建筑面积{area(details.building_area)}"
    return f"共有宗地面积{area(details.land_area)}/{house}" if details.land_area else house


def land_term(details: OwnershipDetails) -> str:
    """使用期限 of the land use right."""
    words = term(details.land_from, details.land_until)
    return f"国有建设用地使用权 {words}" if words else "／"


def others(facts: EntryCertificate, details: OwnershipDetails, holder: int) -> tuple[str, ...]:
    """权利其他状况: only lines of which something is known."""
    floors = f"房屋总层数：{details.floors_total or '／'}，所在层：{details.floor or '／'}"
    candidates = (
        _measured("分摊土地使用权面积", details.shared_land_area),
        f"房屋结构：{details.structure}" if details.structure else "",
        _parts(details),
        floors if details.floors_total or details.floor else "",
        f"房屋竣工时间：{long_date(details.completed_on)}" if details.completed_on else "",
        _who_holds(facts, holder),
    )
    return tuple(line for line in candidates if line)


def remarks(facts: EntryCertificate, details: OwnershipDetails) -> tuple[str, ...]:
    """附记: case, cause, notes."""
    kind = REGISTRATION_TYPE_WORDS[facts.registration_type]
    cause = f"登记类型：{kind}（{facts.cause}）" if facts.cause else f"登记类型：{kind}"
    notes = (details.notes,) if details.notes else ()
    return (f"业务号：{facts.case_number}", cause, *notes, *facts.remarks, EQUAL_EFFECT_CERTIFICATE)


def _measured(words: str, square_metres: Decimal | None) -> str:
    return f"{words}：{area(square_metres)}" if square_metres is not None else ""


def _parts(details: OwnershipDetails) -> str:
    parts = (
        _measured("专有建筑面积", details.inner_area),
        _measured("分摊建筑面积", details.shared_area),
    )
    return "，".join(part for part in parts if part)


def _who_holds(facts: EntryCertificate, holder: int) -> str:
    names = [party.name for party in facts.holders]
    if len(names) == 1:
        return ""
    if not holder:
        return "持证人：" + "、".join(names)
    return "其他共有人：" + "、".join(name for place, name in enumerate(names, start=1) if place != holder)
