"""Who may buy, and in which shares. Pure: frozen values in, findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from contracts.parameters import Limits
from contracts.schemas import MAX_BUYERS, Buyer, Finding, FrozenContract, Ownership, Seller
from kernel.errors import Invalid
from kernel.identifiers import birth_date, credit_code, mobile, resident_id

_CO_OWNERSHIP = "《中华人民共和国民法典》第二百九十七条至第三百零九条"
_CAPACITY = "《中华人民共和国民法典》第十九条、第二十条、第二十三条"
_REAL_NAME = "《房屋交易合同网签备案业务规范（试行）》"
_REPRESENTATIVE = "《中华人民共和国民法典》第六十一条、第一百七十条"
_AGENCY = "《中华人民共和国民法典》第一百六十一条、第一百六十二条"
_AGENT_CAPACITY = "《中华人民共和国民法典》第十八条、第一百七十三条"
_BOTH_SIDES = "《中华人民共和国民法典》第一百六十八条"


def party_findings(contract: FrozenContract, limits: Limits, on: date) -> Iterator[Finding]:
    """Everything about the buyers: number, identity, representation, ownership and shares."""
    buyers = contract.buyers
    if not 1 <= len(buyers) <= MAX_BUYERS:
        yield Finding(
            "contracts.buyer_count", f"买受人应为1至{MAX_BUYERS}人，现为{len(buyers)}人", "buyers", _REAL_NAME
        )
    yield from _duplicates(buyers)
    for place, buyer in enumerate(buyers, start=1):
        yield from _identity(buyer, f"buyers.{place}", place)
        yield from _representation(buyer, f"buyers.{place}", place, int(limits["adult_age"]), on)
        if buyer.by_power:
            yield from _agency(buyer, contract.seller, place, int(limits["adult_age"]), on)
    yield from _one_name_each(buyers)
    yield from share_findings(contract.ownership, tuple(buyer.share for buyer in buyers))


def share_findings(ownership: Ownership | None, shares: tuple[Fraction | None, ...]) -> Iterator[Finding]:
    """Ownership fits the number of buyers, and fractional shares add up to exactly 1."""
    match ownership:
        case None:
            yield Finding("contracts.ownership_missing", "请选择共有情况", "ownership", _CO_OWNERSHIP)
        case "sole" if len(shares) > 1:
            yield Finding("contracts.ownership_sole", "买受人超过一人时不能选择单独所有", "ownership", _CO_OWNERSHIP)
        case "joint" | "fractional" if len(shares) < 2:
            yield Finding("contracts.ownership_shared", "只有一名买受人时应选择单独所有", "ownership", _CO_OWNERSHIP)
        case "fractional":
            yield from _fractions(shares)
    if ownership in ("sole", "joint") and any(share is not None for share in shares):
        yield Finding("contracts.share_unwanted", "单独所有、共同共有不填写份额", "shares", _CO_OWNERSHIP)


def _fractions(shares: tuple[Fraction | None, ...]) -> Iterator[Finding]:
    known = [share for share in shares if share is not None and share > 0]
    if len(known) < len(shares):
        yield Finding("contracts.share_missing", "按份共有须填写每名买受人大于0的份额", "shares", _CO_OWNERSHIP)
    elif sum(known) != 1:
        yield Finding("contracts.share_sum", f"各买受人份额之和应为1，现为{sum(known)}", "shares", _CO_OWNERSHIP)


def _duplicates(buyers: tuple[Buyer, ...]) -> Iterator[Finding]:
    # Only valid numbers are compared in their canonical form; an invalid one has its own finding.
    times = Counter(canonical_id(buyer.id_no) for buyer in buyers if buyer.id_no.strip())
    for place, buyer in enumerate(buyers, start=1):
        if times[canonical_id(buyer.id_no)] > 1:
            yield Finding(
                "contracts.buyer_twice", f"第{place}名买受人的证件号码重复", f"buyers.{place}.id_no", _REAL_NAME
            )


def canonical_id(id_no: str) -> str:
    """An identity number as it is compared: upper case, without blanks."""
    return "".join(id_no.upper().split())


def _identity(buyer: Buyer, field: str, place: int) -> Iterator[Finding]:
    for key, label in (("name", "姓名或名称"), ("address", "通讯地址")):
        if not getattr(buyer, key).strip():
            yield Finding(f"contracts.buyer_{key}", f"请填写第{place}名买受人的{label}", f"{field}.{key}", _REAL_NAME)
    expected = "resident_id" if buyer.kind == "person" else "credit_code"
    if buyer.id_kind != expected:
        label = "居民身份证" if expected == "resident_id" else "统一社会信用代码"
        yield Finding(
            "contracts.buyer_id_kind", f"第{place}名买受人的证件种类应为{label}", f"{field}.id_kind", _REAL_NAME
        )
    check = resident_id if buyer.id_kind == "resident_id" else credit_code
    for number, validate, name in ((buyer.id_no, check, "id_no"), (buyer.phone, mobile, "phone")):
        try:
            validate(number)
        except Invalid as error:
            yield Finding(
                f"contracts.buyer_{name}", f"第{place}名买受人：{error.message}", f"{field}.{name}", _REAL_NAME
            )


def _representation(buyer: Buyer, field: str, place: int, adult_age: int, on: date) -> Iterator[Finding]:
    minor = buyer.kind == "person" and _age(buyer.id_no, on) < adult_age
    named = bool(buyer.representative_name and buyer.representative_id_no)
    where = f"{field}.representative_name"
    if buyer.kind == "company" and not named:
        words = f"第{place}名买受人为单位，请填写签署代表的姓名和身份证号码"
        yield Finding("contracts.company_representative", words, where, _REPRESENTATIVE)
    elif minor and buyer.by_power:
        words = f"第{place}名买受人未满{adult_age}周岁，应由监护人代为签订，不能由委托代理人签订"
        yield Finding("contracts.minor_agent", words, f"{field}.kind", _CAPACITY)
    elif minor and not named:
        words = f"第{place}名买受人未满{adult_age}周岁，须由监护人代为签订，请填写监护人的姓名和身份证号码"
        yield Finding("contracts.minor_guardian", words, where, _CAPACITY)
    elif minor:
        words = f"第{place}名买受人未满{adult_age}周岁，由监护人代为签订，登记时转人工审核监护关系"
        yield Finding("contracts.minor_buyer", words, where, _CAPACITY, level="warn")
    elif buyer.kind == "person" and not buyer.by_power and (buyer.representative_name or buyer.representative_id_no):
        words = f"第{place}名买受人已成年，须本人实名签署，或者由其委托的代理人持授权委托书签署，请删除监护人"
        yield Finding("contracts.adult_signs", words, where, _REAL_NAME)
    if named and buyer.representative_id_no:
        yield from _representative_id(buyer.representative_id_no, field, place)


def _agency(buyer: Buyer, seller: Seller, place: int, adult_age: int, on: date) -> Iterator[Finding]:
    """An agent by power of attorney; the power itself is looked at in ``power_rules``."""
    field, who = f"buyers.{place}", f"第{place}名买受人"
    if not (buyer.representative_name and buyer.representative_id_no):
        words = f"请填写{who}的委托代理人的姓名和身份证号码"
        yield Finding("contracts.agent_missing", words, f"{field}.representative_name", _AGENCY)
        return
    try:
        mobile(buyer.representative_phone or "")
    except Invalid as error:
        words = f"{who}的委托代理人：{error.message}"
        yield Finding("contracts.agent_phone", words, f"{field}.representative_phone", _REAL_NAME)
    if canonical_id(buyer.representative_id_no) == canonical_id(buyer.id_no):
        words = f"{who}的委托代理人就是本人，请改为本人签署"
        yield Finding("contracts.agent_self", words, f"{field}.representative_id_no", _AGENCY)
    if _age(buyer.representative_id_no, on) < adult_age:
        words = f"{who}的委托代理人未满{adult_age}周岁，不能代为签订"
        yield Finding("contracts.agent_capacity", words, f"{field}.representative_id_no", _AGENT_CAPACITY)
    if "".join(buyer.representative_name.split()) == "".join(seller.legal_representative.split()):
        words = f"{who}的委托代理人与出卖人的法定代表人同名，不得同时代理买卖双方；同名不同人的，请由本人签署或另行委托"
        yield Finding("contracts.agent_of_seller", words, f"{field}.representative_name", _BOTH_SIDES)
    words = f"{who}由委托代理人代为签订，提交签署前须上传授权委托书，登记时转人工审核"
    yield Finding("contracts.agent_buyer", words, f"{field}.representative_name", _AGENCY, level="warn")


def _one_name_each(buyers: tuple[Buyer, ...]) -> Iterator[Finding]:
    # A person signs once for everybody whom they represent, so one number cannot have two names.
    names: dict[str, str] = {}
    for place, buyer in enumerate(buyers, start=1):
        number = canonical_id(buyer.signatory_id_no)
        if number and names.setdefault(number, buyer.signatory_name) != buyer.signatory_name:
            words = f"第{place}名买受人的签署人与前面证件号码相同的签署人姓名不一致，请核对"
            field = f"buyers.{place}.{'representative_name' if buyer.representative_id_no else 'name'}"
            yield Finding("contracts.signer_name", words, field, _REAL_NAME)


def _representative_id(number: str, field: str, place: int) -> Iterator[Finding]:
    try:
        resident_id(number)
    except Invalid as error:
        words = f"第{place}名买受人的代表人：{error.message}"
        yield Finding("contracts.representative_id_no", words, f"{field}.representative_id_no", _REAL_NAME)


def _age(number: str, on: date) -> int:
    """Full years on the day; 999 where the number is invalid, which has its own finding."""
    try:
        born = birth_date(number)
    except (Invalid, ValueError, IndexError):
        return 999
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
