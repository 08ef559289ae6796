"""From booking facts to the frozen content of a proof: pure, so that it can be made again and compared."""

from datetime import datetime
from fractions import Fraction

from kernel.money import yuan
from yiti.certificates.elicence import PROOF_TYPE, licence_identifier
from yiti.certificates.schemas import HolderLine, Issuer, NoticeFacts, Party, ProofContent
from yiti.register.kinds import KIND_WORDS, SHARING_WORDS, EntryKind, Sharing

PRESALE_NOTICE_TEMPLATE = "presale_notice_proof/1"


def proof_number(issuer: Issuer, year: int, serial: int) -> str:
    """证明号 `豫（2026）息县不动产证明第0000001号`: province, year, county in full, seven digits."""
    return f"{issuer.province}（{year}）{issuer.county_name}不动产证明第{serial:07d}号"


def grouped_unit_code(code: str) -> str:
    """The 28 characters as certificates print them: 6+6+7+9."""
    return " ".join((code[:6], code[6:12], code[12:19], code[19:]))


def freeze_notice_proof(
    facts: NoticeFacts, issuer: Issuer, *, serial: int, verify_code: str, frozen_at: datetime
) -> ProofContent:
    """The content of the proof of a presale notice: 预告登记（预售商品房买卖）."""
    year = facts.booked_on.year
    return ProofContent(
        template=PRESALE_NOTICE_TEMPLATE,
        number=proof_number(issuer, year, serial),
        licence_id=licence_identifier(PROOF_TYPE, issuer.agency_code, f"{issuer.county_code}{year}{serial:09d}"),
        item=KIND_WORDS[EntryKind.PRESALE_NOTICE],
        holders=tuple(_line(party) for party in facts.holders),
        obligors=tuple(_line(party) for party in facts.obligors),
        sharing=sharing_words(facts.sharing, facts.holders),
        location=facts.location,
        unit_code=facts.unit_code,
        others=_others(facts),
        remarks=_remarks(facts),
        usage=facts.usage,
        building_area=f"{facts.building_area:.2f}",
        price_fen=facts.price_fen,
        filing_number=facts.filing_number,
        case_number=facts.case_number,
        county_code=issuer.county_code,
        agency_name=issuer.agency_name,
        agency_code=issuer.agency_code,
        booked_on=facts.booked_on,
        frozen_at=frozen_at,
        verify_url=f"{issuer.public_url.rstrip('/')}/verify/{issuer.county_code}/{verify_code}",
    )


def sharing_words(sharing: Sharing, holders: tuple[Party, ...]) -> str:
    """共有情况: with the shares of each where the right is held 按份."""
    words = SHARING_WORDS[sharing]
    if sharing is not Sharing.FRACTIONAL:
        return words
    return f"{words}：" + "、".join(f"{party.name} {_share(party.share)}" for party in holders)


def _share(share: Fraction | None) -> str:
    return "" if share is None else f"{share.numerator}/{share.denominator}"


def _line(party: Party) -> HolderLine:
    share = _share(party.share) or None
    return HolderLine(name=party.name, id_kind=party.id_kind, id_number=party.id_number, share=share)


def _others(facts: NoticeFacts) -> tuple[str, ...]:
    return (
        "预告登记种类：预售商品房买卖预告登记",
        f"规划用途：{facts.usage}",
        f"建筑面积：{facts.building_area:.2f}㎡（预测）",
        f"取得价格：{yuan(facts.price_fen)}元",
        f"买卖合同备案号：{facts.filing_number}",
    )


def _remarks(facts: NoticeFacts) -> tuple[str, ...]:
    return (
        f"业务号：{facts.case_number}",
        "预告登记后，未经预告登记的权利人同意，处分该不动产的，不发生物权效力。",
        "债权消灭或者自能够进行不动产登记之日起九十日内未申请登记的，预告登记失效。",
        "本电子证明与纸质不动产登记证明具有同等法律效力。",
    )
