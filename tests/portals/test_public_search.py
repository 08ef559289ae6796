"""What anybody may ask of the book, and what nobody is told."""

import pytest
from httpx import Response
from sqlalchemy import select

from tests.journeys.stage import HOME, Stage
from tests.portals.citizens import MakePhone, Phone, Sold
from yiti.certificates.service import content_of
from yiti.journeys.registration.models import SearchRecord
from yiti.portals.public.search import PURPOSES

PURPOSE = PURPOSES[0]


async def ask(here: Phone, by: str, text: str, purpose: str = PURPOSE) -> Response:
    await here.get(f"/search/{HOME}")
    return await here.page.post(f"/search/{HOME}", {"by": by, "text": text, "purpose": purpose})


@pytest.mark.parametrize("by", ["unit_code", "certificate", "address"])
async def test_a_unit_is_shown_without_names(stage: Stage, sold: Sold, phone: MakePhone, by: str) -> None:
    location = content_of(sold.proof).location
    text = {"unit_code": sold.proof.unit_code, "certificate": sold.proof.number, "address": location}[by]
    found = await ask(phone(), by, text)
    assert found.status_code == 200
    assert (location in found.text, "预告登记" in found.text, "期房" in found.text) == (True, True, True)
    assert "周武" not in found.text
    async with stage.resources.database.read(HOME) as reader:
        newest = select(SearchRecord).order_by(SearchRecord.id.desc()).limit(1)
        record = (await reader.scalars(newest)).one()
    assert (record.kind, record.purpose, record.found) == (f"public_{by}", PURPOSE, [sold.proof.unit_code])


@pytest.mark.parametrize(
    ("by", "text", "purpose", "words"),
    [
        ("unit_code", "", PURPOSE, "请填写不动产单元号"),
        ("unit_code", "411528", PURPOSE, "不动产单元号"),
        ("address", "息县", PURPOSE, "至少填写"),
        ("address", "淮畔雅苑1号楼", "", "请选择查询用途"),
        ("owner", "周武", PURPOSE, "请选择查询方式"),
    ],
)
async def test_a_poor_question_is_answered_at_its_field(
    phone: MakePhone, by: str, text: str, purpose: str, words: str
) -> None:
    refused = await ask(phone(), by, text, purpose)
    assert (refused.status_code, words in refused.text) == (422, True)


async def test_what_is_not_there_is_said(phone: MakePhone) -> None:
    nothing = await ask(phone(), "certificate", "豫（2026）息县不动产权第9999999号")
    assert (nothing.status_code, "没有找到" in nothing.text) == (200, True)
    assert (await phone().get("/search/999999")).status_code == 404
    assert (await phone().get("/search")).status_code == 200
