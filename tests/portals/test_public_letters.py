"""A sealed letter on the public page: by the code in its QR, by the file, and with a real signature check."""

import pytest

from kernel.permissions import system_actor
from tests.journeys.stage import HOME, Stage
from tests.letters.samples import LETTERS
from tests.portals.citizens import MakePhone
from tests.portals.test_public_verify import _another_page, upload
from yiti.letters import service as letters
from yiti.letters.models import Letter


@pytest.fixture(scope="module")
async def statement(stage: Stage) -> Letter:
    """A 无房证明, written in one transaction and sealed by the worker."""
    async with stage.resources.database.transaction(HOME) as tx:
        written = (await letters.write(tx, system_actor(HOME), LETTERS["no_home"])).id

    async def ask() -> Letter:
        async with stage.resources.database.read(HOME) as reader:
            return await letters.get(reader, written)

    return await stage.until(ask, lambda one: one.state == "issued")


async def test_the_qr_code_leads_to_what_can_be_compared(statement: Letter, phone: MakePhone) -> None:
    found = await phone().get(f"/verify/{HOME}/{statement.verify_code}")
    assert found.status_code == 200
    for words in (
        statement.number,
        "不动产登记信息查询结果证明（无房）",
        "王**",
        "未查询到房屋登记信息",
        "申请公积金贷款",
    ):
        assert words in found.text, words
    for secret in ("王小明", "990000199001010013"):
        assert secret not in found.text


async def test_the_file_is_told_apart_from_what_was_made_of_it(
    stage: Stage, statement: Letter, phone: MakePhone
) -> None:
    assert statement.pdf_digest is not None
    original = await stage.resources.blobs.get(statement.pdf_digest)
    here = phone()
    same = await upload(here, original)
    assert "文件与签发时完全一致" in same.text
    assert statement.number in same.text
    forged = await upload(here, original + _another_page(original))
    assert "在登记机构签章之后被改动" in forged.text
    assert statement.number in forged.text, "the sealed revision is still told"
