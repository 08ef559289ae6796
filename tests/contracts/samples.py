"""Values of a sale that is in order, for tests to bend."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import msgspec
from stdnum.cn import uscc

from contracts.parameters import Parameter, in_force
from contracts.registry import PRESALE
from contracts.schemas import Buyer, Finding, FrozenContract, Home, Instalment, Power, Seller
from kernel.clock import today
from kernel.identifiers import test_resident_id

ORGANISATION = UUID("0190a000-0000-7000-8000-000000000001")
PROJECT = UUID("0190a000-0000-7000-8000-000000000002")


def changed(value: Any, **changes: Any) -> Any:
    """A copy of a frozen value with other fields."""
    return msgspec.structs.replace(value, **changes)


def home(**changes: Any) -> Home:
    """A unit with a presale permit, handed over in two years."""
    usual = Home(
        unit_id=uuid4(),
        unit_code="411528001001GB00001F00010001",
        project_id=PROJECT,
        project_name="息州壹号院",
        building_name="1号楼",
        floor="3",
        room="1单元301室",
        location="息县谯楼街道息夫人大道与龙湖路交叉口东北角",
        usage="成套住宅",
        structure="钢筋混凝土结构",
        floors_total=18,
        building_area=Decimal("118.64"),
        inner_area=Decimal("95.20"),
        shared_area=Decimal("23.44"),
        land_use_right_no="豫（2024）息县不动产权第0001234号",
        land_term="2024年3月1日起2094年2月28日止",
        planning_permit_no="建字第411528202400012号",
        construction_permit_no="411528202404010101",
        presale_permit_no="息房预售证第2025008号",
        presale_permit_date=today() - timedelta(days=90),
        mortgaged=False,
        has_lift=True,
        planned_handover=today() + timedelta(days=730),
    )
    return changed(usual, **changes)  # type: ignore[no-any-return]


def seller(**changes: Any) -> Seller:
    usual = Seller(
        organisation_id=ORGANISATION,
        name="息县息州置业有限公司",
        credit_code="91411528MA9TET0018",
        legal_representative="甲测试",
        address="息县淮河路88号",
        phone="13800000001",
        supervision_bank="息县农村商业银行营业部",
        supervision_account="4115280100000000123",
    )
    return changed(usual, **changes)  # type: ignore[no-any-return]


def person(serial: int = 1, name: str = "张三测", **changes: Any) -> Buyer:
    usual = Buyer(
        kind="person",
        name=name,
        id_kind="resident_id",
        id_no=test_resident_id(date(1990, 1, 1), serial),
        phone=f"139000{serial:05d}",
        address="息县谯楼街道测试小区1号楼",
    )
    return changed(usual, **changes)  # type: ignore[no-any-return]


AGENT_ID = test_resident_id(date(1980, 8, 8), 11)


def represented(serial: int = 1, name: str = "张三测", **changes: Any) -> Buyer:
    """An adult for whom an agent signs by power of attorney."""
    agent = {
        "by_power": True,
        "representative_name": "李代理",
        "representative_id_no": AGENT_ID,
        "representative_phone": "13700000011",
    }
    return person(serial, name, **(agent | changes))


def power(**changes: Any) -> Power:
    """A notarised power for everything that a presale needs, for another month."""
    usual = Power(
        kind="notarised",
        certified_by="河南省息县公证处",
        number="（2026）豫息证民字第101号",
        signed_on=today() - timedelta(days=3),
        valid_until=today() + timedelta(days=30),
        acts=("sign_contract", "apply_notice"),
        file_name="委托书.pdf",
        digest="c" * 64,
        pdf_digest="c" * 64,
    )
    return changed(usual, **changes)  # type: ignore[no-any-return]


def company(**changes: Any) -> Buyer:
    usual = Buyer(
        kind="company",
        name="息县测试商贸有限公司",
        id_kind="credit_code",
        id_no=credit(),
        phone="13900099999",
        address="息县产业集聚区1号",
        representative_name="李代表",
        representative_id_no=test_resident_id(date(1985, 5, 5), 9),
    )
    return changed(usual, **changes)  # type: ignore[no-any-return]


def credit(body: str = "91411528MA9TET001") -> str:
    return body + str(uscc.calc_check_digit(body + "0"))


def shared(count: int) -> tuple[Buyer, ...]:
    """Buyers with equal fractional shares."""
    return tuple(
        person(place, f"测试人{'甲乙丙丁戊己庚辛壬癸'[place - 1]}", share=Fraction(1, count))
        for place in range(1, count + 1)
    )


def plan(price_fen: int = 80_000_000) -> tuple[Instalment, ...]:
    """30 % down today, the rest by a loan next month."""
    down = price_fen * 3 // 10
    return (
        Instalment(due=today(), amount_fen=down, kind="down_payment"),
        Instalment(due=today() + timedelta(days=30), amount_fen=price_fen - down, kind="loan"),
    )


BLANKS = {"loan_bank": "中国建设银行息县支行", "property_company": "息县安居物业服务有限公司"}


def draft(**changes: Any) -> FrozenContract:
    """The content of a draft on which no rule has anything to say."""
    usual = FrozenContract(
        contract_id=UUID("0190a000-0000-7000-8000-0000000000aa"),
        template=PRESALE,
        template_version="v2",
        home=home(),
        seller=seller(),
        ownership="sole",
        buyers=(person(),),
        price_fen=80_000_000,
        instalments=plan(),
        blanks=dict(BLANKS),
        frozen_on=None,
    )
    return changed(usual, **changes)  # type: ignore[no-any-return]


LIMITS = in_force(today())


def county_row(key: str, value: str, valid_from: date, valid_to: date | None = None) -> Parameter:
    return Parameter(key=key, value=Decimal(value), valid_from=valid_from, valid_to=valid_to, source="测试")


def codes(findings: Iterable[Finding]) -> dict[str, str]:
    """Code and level of each finding."""
    return {finding.code: finding.level for finding in findings}
