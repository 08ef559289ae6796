"""What each kind of entry says on its certificate or proof, word for word."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from lxml import etree

from tests.certificates.samples import MAXIMUM, OWNERSHIP, entry_facts, owned_in_shares, ownership
from tests.certificates.world import FROZEN_AT, ISSUER, content, party
from yiti.certificates.elicence import is_licence_identifier
from yiti.certificates.freezing import freeze, freeze_again
from yiti.certificates.pages import content_digest, content_xml
from yiti.certificates.schemas import CertificateContent, EntryCertificate, EntryProofContent, Replacement
from yiti.register.kinds import ISSUES_CERTIFICATE, ISSUES_PROOF, EntryKind, Sharing

KINDS = sorted(ISSUES_CERTIFICATE | ISSUES_PROOF)
CODE = "abcdefghijklmnopqrst"


def frozen(facts: EntryCertificate, holder: int = 0) -> CertificateContent | EntryProofContent:
    return freeze(facts, ISSUER, serial=7, verify_code=CODE, frozen_at=FROZEN_AT, holder=holder)


def certificate(**changes: Any) -> CertificateContent:
    made = frozen(entry_facts(**changes))
    assert isinstance(made, CertificateContent)
    return made


def test_the_cells_of_a_certificate() -> None:
    made = certificate()
    assert made.number == "豫（2026）息县不动产权第0000007号"
    assert made.licence_id.split(".")[5:8] == ["11100000MB03271699001", ISSUER.agency_code, "4115282026000000007"]
    assert is_licence_identifier(made.licence_id)
    assert made.item == "国有建设用地使用权/房屋（构筑物）所有权"
    assert made.right_nature == "出让/市场化商品房"
    assert made.usage == "城镇住宅用地/成套住宅"
    assert made.area == "共有宗地面积36182.40㎡/房屋建筑面积118.36㎡"
    assert made.term == "国有建设用地使用权 2023年5月18日起 2093年5月17日止"
    assert made.others == (
        "分摊土地使用权面积：12.05㎡",
        "房屋结构：钢筋混凝土结构",
        "专有建筑面积：94.21㎡，分摊建筑面积：24.15㎡",
        "房屋总层数：18，所在层：11",
        "房屋竣工时间：2026年6月30日",
    )
    assert made.remarks[:2] == ("业务号：4115282026112100001", "登记类型：转移登记（买卖）")


def test_what_is_not_known_is_not_told() -> None:
    bare = ownership(
        inner_area=None, shared_area=None, structure="", floor="", floors_total=None, completed_on=None,
        land_area=None, shared_land_area=None, land_from=None, land_until=None,
    )  # fmt: skip
    made = certificate(details=bare)
    assert (made.area, made.term, made.others) == ("房屋建筑面积118.36㎡", "／", ())


def test_one_certificate_names_all_holders() -> None:
    made = certificate(**owned_in_shares())
    assert made.sharing == "按份共有：甲某 1/2、乙某 1/3、丙某 1/6"
    assert [line.name for line in made.holders] == ["甲某", "乙某", "丙某"]
    assert made.others[-1] == "持证人：甲某、乙某、丙某"


def test_a_certificate_of_ones_own_names_the_others_as_co_owners() -> None:
    made = frozen(entry_facts(**owned_in_shares(held_separately=True)), holder=2)
    assert [(line.name, line.share) for line in made.holders] == [("乙某", "1/3")]
    assert made.sharing == "按份共有，占1/3"
    assert made.others[-1] == "其他共有人：甲某、丙某"


def test_a_general_mortgage() -> None:
    made = frozen(entry_facts(EntryKind.MORTGAGE))
    assert made.number == "豫（2026）息县不动产证明第0000007号"
    assert made.item == "抵押权"
    assert made.others == (
        "不动产权证书号：豫（2026）息县不动产权第0000001号",
        "抵押方式：一般抵押",
        "被担保的主债权数额：733,832.05元",
        "债务履行期限：2026年11月1日起 2046年10月31日止",
        "担保范围：主债权及其利息、违约金、损害赔偿金、实现抵押权的费用",
        "抵押顺位：第1顺位",
        "是否存在禁止或限制转让抵押不动产的约定：是",
        "抵押合同编号：抵字第2026-0412号",
    )


def test_a_maximum_amount_mortgage_has_its_own_words() -> None:
    lines = frozen(entry_facts(EntryKind.MORTGAGE, details=MAXIMUM, bans_transfer=False)).others
    assert "抵押方式：最高额抵押" in lines
    assert "最高债权额：733,832.05元" in lines
    assert "债权确定期间：2026年11月1日起 2046年10月31日止" in lines
    assert "是否存在禁止或限制转让抵押不动产的约定：否" in lines
    assert not any(line.startswith("被担保的主债权") for line in lines)


@pytest.mark.parametrize(
    ("kind", "item", "line"),
    [
        (EntryKind.CONSTRUCTION_MORTGAGE, "在建建筑物抵押权", "抵押方式：一般抵押"),
        (EntryKind.PRESALE_NOTICE, "预告登记（预售商品房买卖）", "预告登记种类：预售商品房买卖预告登记"),
        (EntryKind.SALE_NOTICE, "预告登记（其他不动产买卖）", "取得价格：733,832.05元"),
        (EntryKind.PRESALE_MORTGAGE_NOTICE, "预告登记（预购商品房抵押）",
         "预告登记证明号：豫（2026）息县不动产证明第0000001号"),
        (EntryKind.MORTGAGE_NOTICE, "预告登记（其他不动产抵押）", "被担保的主债权数额：733,832.05元"),
        (EntryKind.RESIDENCE, "居住权", "居住权期限：至居住权人死亡时止"),
        (EntryKind.EASEMENT, "地役权", "需役地不动产单元号：411528 001001 GB00002 F00010001"),
        (EntryKind.OBJECTION, "异议登记", "异议事项：申请人主张其为该不动产的隐名共有人，认为登记簿记载的单独所有有误"),
    ],
)  # fmt: skip
def test_each_kind_of_proof(kind: EntryKind, item: str, line: str) -> None:
    made = frozen(entry_facts(kind))
    assert made.item == item
    assert line in made.others


def test_the_area_of_a_unit_not_yet_built_is_marked() -> None:
    lines = frozen(entry_facts(EntryKind.PRESALE_NOTICE)).others
    assert "规划用途：成套住宅，建筑面积：118.36㎡（预测）" in lines


@pytest.mark.parametrize("kind", KINDS)
def test_data_for_machines_says_the_same(kind: EntryKind) -> None:
    made = frozen(entry_facts(kind))
    root = etree.fromstring(content_xml(made))
    assert root.tag == ("BDCQZS" if kind is EntryKind.OWNERSHIP else "BDCDJZM")
    assert root.findtext("BDCDYH") == made.unit_code
    assert [holder.findtext("MC") for holder in root.findall("QLR")] == [line.name for line in made.holders]
    assert [line.text for line in root.findall("FJ")] == list(made.remarks)


def test_codes_and_amounts_of_the_standard() -> None:
    root = etree.fromstring(content_xml(frozen(entry_facts(EntryKind.MORTGAGE, details=MAXIMUM))))
    told = {name: root.findtext(name) for name in ("DYFS", "ZGZQSE", "BDBZZQSE", "SFCZJZHXZ", "ZWLXQSSJ", "DYQSW")}
    assert told == {
        "DYFS": "2", "ZGZQSE": "733832.05", "BDBZZQSE": None, "SFCZJZHXZ": "1", "ZWLXQSSJ": "2026-11-01", "DYQSW": "1",
    }  # fmt: skip
    root = etree.fromstring(content_xml(certificate()))
    assert (root.findtext("QLLX"), root.findtext("DJLX"), root.findtext("JZMJ")) == ("4", "200", "118.36")


@pytest.mark.parametrize("kind", KINDS)
def test_frozen_content_survives_storage(kind: EntryKind) -> None:
    made = frozen(entry_facts(kind))
    again = msgspec.json.decode(msgspec.json.encode(made), type=type(made))
    assert again == made
    assert content_digest(again) == content_digest(made)


@pytest.mark.parametrize(("cause", "words"), [("loss", "补发"), ("renewal", "换发")])
def test_a_replacement_tells_what_it_replaces(cause: Any, words: str) -> None:
    old = certificate(holders=(party("甲"), party("乙")), sharing=Sharing.JOINT)
    why = Replacement(cause=cause, case_id=uuid4(), case_number="411528202701010", booked_on=date(2027, 1, 4))
    new = freeze_again(old, ISSUER, why, serial=3, code="x" * 20, at=FROZEN_AT)
    assert new.number == "豫（2027）息县不动产权第0000003号"
    assert is_licence_identifier(new.licence_id)
    assert new.licence_id != old.licence_id
    assert new.remarks[0] == "业务号：411528202701010"
    assert new.remarks[1] == f"{words}：原不动产权证书（{old.number}）已作废"
    assert (new.holders, new.others, new.location) == (old.holders, old.others, old.location)
    again = freeze_again(new, ISSUER, why, serial=4, code="y" * 20, at=FROZEN_AT)
    assert sum("已作废" in line for line in again.remarks) == 1
    assert sum(line.startswith("业务号") for line in again.remarks) == 1


def test_a_proof_of_a_sale_can_be_replaced_too() -> None:
    why = Replacement(cause="loss", case_id=uuid4(), case_number="9", booked_on=date(2027, 1, 4))
    new = freeze_again(content(), ISSUER, why, serial=3, code="x" * 20, at=FROZEN_AT)
    assert new.number == "豫（2027）息县不动产证明第0000003号"
    assert new.template == "presale_notice_proof/1"
    assert new.remarks[1] == "补发：原不动产登记证明（豫（2026）息县不动产证明第0000001号）已作废"


def test_areas_keep_two_digits() -> None:
    assert "房屋建筑面积100.00㎡" in certificate(details=ownership(building_area=Decimal(100))).area
    assert OWNERSHIP.building_area == Decimal("118.36")
