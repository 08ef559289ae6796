"""From a sale to the frozen content of the proof of its presale notice; pure, so that it can be made again."""

from datetime import datetime

from kernel.money import yuan
from yiti.certificates.elicence import PROOF_TYPE, licence_identifier
from yiti.certificates.schemas import Issuer, NoticeFacts, ProofContent
from yiti.certificates.wording import EQUAL_EFFECT_PROOF, holder_lines, proof_number, sharing_words
from yiti.register.kinds import KIND_WORDS, EntryKind

PRESALE_NOTICE_TEMPLATE = "presale_notice_proof/1"


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
        holders=holder_lines(facts.holders),
        obligors=holder_lines(facts.obligors),
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
        EQUAL_EFFECT_PROOF,
    )
