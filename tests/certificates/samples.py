"""A booked entry of every kind that brings forth a paper, as its certificate or proof is told."""

import io
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import uuid4

import msgspec
from PIL import Image

from tests.certificates.world import LOCATION, SELLER, party
from yiti.certificates.schemas import EntryCertificate, Party, UnitFacts
from yiti.register.details import (
    Details,
    EasementDetails,
    MortgageDetails,
    NoticeDetails,
    ObjectionDetails,
    OwnershipDetails,
    ResidenceDetails,
)
from yiti.register.kinds import EntryKind, RegistrationType, Sharing

CERTIFICATE_NUMBER = "豫（2026）息县不动产权第0000001号"
PROOF_NUMBER = "豫（2026）息县不动产证明第0000001号"
BANK = Party(name="中国某某银行股份有限公司息县支行", id_kind="credit_code", id_number="91411528MA99999963")
OWNERSHIP = OwnershipDetails(
    usage="成套住宅",
    building_area=Decimal("118.36"),
    inner_area=Decimal("94.21"),
    shared_area=Decimal("24.15"),
    structure="钢筋混凝土结构",
    floor="11",
    floors_total=18,
    completed_on=date(2026, 6, 30),
    land_area=Decimal("36182.40"),
    shared_land_area=Decimal("12.05"),
    land_from=date(2023, 5, 18),
    land_until=date(2093, 5, 17),
)
MORTGAGE = MortgageDetails(
    contract_number="抵字第2026-0412号",
    guarantee_scope="主债权及其利息、违约金、损害赔偿金、实现抵押权的费用",
)
MAXIMUM = MortgageDetails(
    form="maximum",
    contract_number="最高抵字第2026-0088号",
    guarantee_scope="最高债权额限度内的债权本金、利息、违约金和实现抵押权的费用",
    maximum_basis="债权确定期间内连续发生的经营性贷款",
    joint_object="豫（2026）息县不动产权第0000002号等3处不动产",
)
NOTICE = NoticeDetails(contract_number="YS4115282026000001", permit_number="息房预售字2026第012号")
_RIGHTS: dict[EntryKind, dict[str, Any]] = {
    EntryKind.OWNERSHIP: {"details": OWNERSHIP, "registration_type": RegistrationType.TRANSFER, "cause": "买卖"},
    EntryKind.MORTGAGE: {"details": MORTGAGE, "cause": "抵押贷款", "bans_transfer": True, "order": 1},
    EntryKind.CONSTRUCTION_MORTGAGE: {"details": MORTGAGE, "cause": "开发贷款", "bans_transfer": False},
    EntryKind.PRESALE_NOTICE: {"details": NOTICE, "cause": "预售商品房买卖"},
    EntryKind.SALE_NOTICE: {"details": NoticeDetails(contract_number="息买卖字2026-0031"), "cause": "存量房买卖"},
    EntryKind.PRESALE_MORTGAGE_NOTICE: {
        "details": NoticeDetails(contract_number="按字第2026-7号", guarantee_scope=MORTGAGE.guarantee_scope),
        "cause": "预购商品房抵押", "bans_transfer": True,
    },
    EntryKind.MORTGAGE_NOTICE: {"details": NoticeDetails(contract_number="预抵2026-9"), "cause": "抵押预告"},
    EntryKind.RESIDENCE: {
        "details": ResidenceDetails(contract_number="居2026-1", conditions="居住权人及其配偶居住使用", lifelong=True),
        "cause": "合同设立居住权",
    },
    EntryKind.EASEMENT: {
        "details": EasementDetails(
            dominant_unit_code="411528001001GB00002F00010001", purpose="需役地通行，自东侧宽四米道路出入"
        ),
        "cause": "合同设立地役权",
    },
    EntryKind.OBJECTION: {
        "details": ObjectionDetails(matter="申请人主张其为该不动产的隐名共有人，认为登记簿记载的单独所有有误"),
        "cause": "利害关系人申请", "registration_type": RegistrationType.OBJECTION,
    },
}  # fmt: skip
_SECURED = {EntryKind.MORTGAGE, EntryKind.CONSTRUCTION_MORTGAGE}
_NOTICES = {
    EntryKind.PRESALE_NOTICE, EntryKind.SALE_NOTICE, EntryKind.PRESALE_MORTGAGE_NOTICE, EntryKind.MORTGAGE_NOTICE,
}  # fmt: skip
_BANKS = {*_SECURED, EntryKind.PRESALE_MORTGAGE_NOTICE, EntryKind.MORTGAGE_NOTICE}


def entry_facts(kind: EntryKind = EntryKind.OWNERSHIP, **changes: Any) -> EntryCertificate:
    usual: dict[str, Any] = {
        "entry_id": uuid4(),
        "kind": kind,
        "registration_type": RegistrationType.NOTICE if kind in _NOTICES else RegistrationType.FIRST,
        "case_id": uuid4(),
        "case_number": "4115282026112100001",
        "unit_id": uuid4(),
        "unit_code": "411528001001GB00001F00010001",
        "location": LOCATION,
        "unit": UnitFacts(usage="成套住宅", building_area=Decimal("118.36"), surveyed="PRESALE" not in kind.name),
        "holders": (BANK,) if kind in _BANKS else (party(),),
        "obligors": () if kind in {EntryKind.OWNERSHIP, EntryKind.OBJECTION} else (party("李四"),),
        "sharing": None if kind in {*_BANKS, EntryKind.OBJECTION, EntryKind.EASEMENT} else Sharing.SOLE,
        "amount_fen": None if kind in {EntryKind.RESIDENCE, EntryKind.OBJECTION} else 73383205,
        "related_number": "" if kind in {EntryKind.OWNERSHIP, EntryKind.PRESALE_NOTICE} else CERTIFICATE_NUMBER,
        "booked_on": date(2026, 11, 21),
    }
    if kind in {*_BANKS, EntryKind.EASEMENT}:
        usual |= {"valid_from": date(2026, 11, 1), "valid_until": date(2046, 10, 31)}
    if kind is EntryKind.PRESALE_NOTICE:
        usual["obligors"] = (SELLER,)
    if kind is EntryKind.PRESALE_MORTGAGE_NOTICE:
        usual["related_number"] = PROOF_NUMBER
    return EntryCertificate(**(usual | _RIGHTS[kind] | changes))


def owned_in_shares(**details: Any) -> dict[str, Any]:
    """Changes of facts: three holders by shares, each with a certificate where `held_separately`."""
    shares = (Fraction(1, 2), Fraction(1, 3), Fraction(1, 6))
    ids = ("990000199001010013", "990000199202020024", "990000199303030035")
    holders = tuple(
        party(name, share, number) for name, share, number in zip(("甲某", "乙某", "丙某"), shares, ids, strict=True)
    )
    return {"holders": holders, "sharing": Sharing.FRACTIONAL, "details": ownership(**details)}


def ownership(**changes: Any) -> Details:
    return msgspec.structs.replace(OWNERSHIP, **changes)


def picture(kind: str) -> bytes:
    """A plan, as PNG or JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (600, 400), "white").save(out, kind)
    return out.getvalue()
