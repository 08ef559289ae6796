"""Presale supervision as its people click it: an agreement of three, a drawdown by two persons, a freeze, lists."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import select

from escrow.agreements import concluding
from escrow.agreements.plans import install_plans
from escrow.agreements.rules import Side
from kernel.blobs import BlobStore
from kernel.db import Database, WriteSession
from kernel.permissions import system_actor
from kernel.settings import Settings, get_settings
from signing.models import OrganisationSeal
from tests.escrow.people import pay_in
from tests.portals.housing import desk, made, make_platform, new_building, new_project, parameters, words_of
from tests.portals.pages import PageClient, links
from tests.testbed import HOME
from yiti.accounts.service import organisation
from yiti.journeys.agreements.sealing import AGREEMENT
from yiti.letters.schemas import housing_seal

Desk = Callable[..., Awaitable[PageClient]]
MONEY, DRAWDOWNS = "/housing/money", "/housing/drawdowns"


@pytest.fixture(scope="module")
async def platform(database: Database, settings: Settings) -> Litestar:
    await parameters(database)
    async with database.transaction(HOME) as tx:
        await install_plans(tx, system_actor(HOME))
        await with_seal(tx, None)
    return make_platform(database, settings)


@pytest.fixture
async def sit(platform: Litestar, database: Database) -> AsyncIterator[Desk]:
    opened: list[PageClient] = []

    async def make(role: str, **employer: UUID) -> PageClient:
        opened.append(await desk(platform, database, role, **employer))
        return opened[-1]

    yield make
    for one in opened:
        await one.http.aclose()


def terms(bank: PageClient, **changes: str) -> dict[str, str]:
    assert bank.staff is not None
    form = {
        "account_no": f"4105{uuid4().int % 10**12:012d}", "account_name": "预售资金监管专户",
        "bank_code": f"B{uuid4().hex[:8]}",
        "bank_name": "建设银行息县支行", "bank_organisation_id": str(bank.staff.organisation_id), "mode": "full",
        "quota": "", "quota_basis": "",
        "code_0": "topped_out", "title_0": "主体结构封顶", "percent_0": "60", "evidence_0": "封顶证明、现场照片",
        "code_1": "first_registration", "title_1": "房屋所有权首次登记", "percent_1": "100", "evidence_1": "登记证明",
    }  # fmt: skip
    return form | changes


def ask(**changes: str) -> dict[str, str]:
    form = {
        "node": "topped_out", "amount": "600", "use": "construction", "purpose": "3号楼主体工程进度款",
        "reference": "HT-001", "payee_name": "息县某某建筑有限公司", "payee_account": "6222 0200 0000 1234",
        "payee_bank_name": "工商银行息县支行",
    }  # fmt: skip
    return form | changes


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (300, 300), "white").save(out, "PNG")
    return out.getvalue()


async def brought(client: PageClient, url: str, data: bytes, name: str = "照片.png") -> tuple[int, str]:
    headers = {"HX-Request": "true", "X-CSRF-Token": client._token or ""}
    answer = await client.http.post(url, files={"file": (name, data, "image/png")}, headers=headers)
    return answer.status_code, answer.text


async def with_seal(tx: WriteSession, organisation_id: UUID | None) -> None:
    """A seal of which the pages know; who really seals is tested elsewhere. None: the department's."""
    key, code = housing_seal(HOME), ""
    if organisation_id is not None:
        key, code = f"organisation:{organisation_id}", (await organisation(tx, organisation_id)).credit_code
    elif await tx.scalar(select(OrganisationSeal.id).where(OrganisationSeal.key == key)):
        return
    tx.add(
        OrganisationSeal(
            key=key, organisation_id=organisation_id, organisation="某单位", credit_code=code,
            document_kinds=[AGREEMENT], serial=uuid4().hex,
        )
    )  # fmt: skip
    await tx.flush()


async def sealed(database: Database, blobs: BlobStore, agreement_id: UUID, side: Side) -> None:
    """What the job does."""
    async with database.transaction(HOME) as tx:
        terms = await concluding.due(tx, agreement_id, side)
        assert terms is not None
        digest = await blobs.put(f"%PDF {side}".encode())
        await concluding.seal_set(tx, system_actor(HOME), terms, side, digest)


async def concluded(sit: Desk, database: Database, url: str, supervisor: PageClient, *parties: PageClient) -> None:
    """Each party's people read it, and who may use the seal seals; the department at last."""
    number = UUID(url.rsplit("/", 1)[1])
    mine, blobs = f"/agreements/{number}", BlobStore(get_settings().blob_url)
    assert (
        words_of(await parties[0].http.get(f"{mine}/agreement.pdf", headers={"Accept": "application/json"}))[0] == 409
    )
    assert "协议文本正在生成" in (await parties[0].get(mine)).text
    async with database.transaction(HOME) as tx:
        await concluding.keep_text(tx, number, await blobs.put(b"%PDF text"))
    for party, role, side in zip(parties, ("sales_manager", "bank_sealer"), (Side.DEVELOPER, Side.BANK), strict=True):
        assert party.staff is not None
        assert mine in (await party.get("/agreements")).text
        assert "尚未制作电子印章" in (await party.get(mine)).text
        async with database.transaction(HOME) as tx:
            await with_seal(tx, party.staff.organisation_id)
        assert "请有盖章权限的负责人登录后盖章" in (await party.get(mine)).text
        assert (await party.htmx("POST", f"{mine}/agree", {})).status_code == 403
        sealer = await sit(role, organisation_id=party.staff.organisation_id)
        assert "主体结构封顶" in (await sealer.get(mine)).text
        assert await made(sealer, f"{mine}/agree", {}) == mine
        assert "用印中" in (await party.get(mine)).text
        await sealed(database, blobs, number, side)
        assert (await party.http.get(f"{mine}/agreement.pdf")).content == f"%PDF {side}".encode()
    assert "待各方盖章" in (await supervisor.get(url)).text
    assert await made(supervisor, f"{url}/in-force", {}) == url
    assert "用印中" in (await supervisor.get(url)).text
    await sealed(database, blobs, number, Side.DEPARTMENT)
    assert "三方电子印章" in (await parties[0].get(mine)).text


async def supervised(sit: Desk, database: Database, developer: PageClient, bank: PageClient) -> str:
    """A project whose agreement the three have concluded on their pages."""
    clerk, supervisor = await sit("estate_clerk"), await sit("escrow_supervisor")
    assert developer.staff is not None
    project = await new_project(clerk, developer.staff.organisation_id)
    await new_building(clerk, project)
    draft = (await supervisor.get(f"{project}/agreement/draft")).text
    assert "该项目适用全额监管的规定" in draft
    assert 'value="主体结构封顶"' in draft
    refused = await supervisor.htmx("POST", f"{project}/agreement", terms(bank, mode="quota", quota="1000"))
    assert words_of(refused)[:2] == (422, "mode")
    wrong = await supervisor.htmx("POST", f"{project}/agreement", terms(bank, percent_0="60.55"))
    assert words_of(wrong)[:2] == (422, "percent_0")
    agreement = await made(supervisor, f"{project}/agreement", terms(bank))
    assert (await supervisor.htmx("POST", f"{agreement}/in-force", {})).status_code == 409
    await concluded(sit, database, agreement, supervisor, developer, bank)
    return project


async def handed_in(developer: PageClient, project_id: str) -> tuple[str, str]:
    """A drawdown with its evidence, at the department; and one of its files."""
    bad = await developer.htmx("POST", f"/developer/projects/{project_id}/drawdowns", ask(amount="-5"))
    assert words_of(bad)[:2] == (422, "amount")
    mine = await made(developer, f"/developer/projects/{project_id}/drawdowns", ask())
    page = (await developer.get(mine)).text
    assert "还缺：合同、发票等付款依据、封顶证明、现场照片" in page
    assert (await brought(developer, f"{mine}/evidence/0", b"<html>"))[0] == 422
    for place in range(3):
        status, fragment = await brought(developer, f"{mine}/evidence/{place}", picture())
        assert status == 200
        assert "<html" not in fragment
    assert "材料已齐" in fragment
    await made(developer, f"{mine}/edit", ask(amount="600.01"))
    over = await developer.htmx("POST", f"{mine}/submit", {})
    assert over.status_code == 409
    assert "超过本节点还可拨付的 600.00 元" in over.json()["title"]
    assert "超过本节点还可拨付的 600.00 元" in (await developer.get(mine)).text, "the refusal was not kept"
    await made(developer, f"{mine}/edit", ask())
    assert (await brought(developer, f"{mine}/evidence/9", picture()))[0] == 422
    file = re.findall(rf'href="({mine}/files/[0-9a-f-]+)"', fragment)[0]
    assert (await developer.http.get(file)).content == picture()
    await made(developer, f"{mine}/submit", {})
    return mine, file


async def decided(sit: Desk, url: str) -> tuple[PageClient, PageClient]:
    """By two persons."""
    reviewer, approver = await sit("escrow_supervisor"), await sit("escrow_approver")
    assert url in (await reviewer.get(DRAWDOWNS)).text
    shown = (await reviewer.get(url)).text
    for words in ("息县某某建筑有限公司", "现在可以申请", "600.00", "初审通过", "1幢楼中只有0幢已登记封顶"):
        assert words in shown
    assert "核准付款" not in shown
    assert (await reviewer.htmx("POST", f"{url}/approve", {"words": "x"})).status_code == 403
    assert words_of(await reviewer.htmx("POST", f"{url}/review", {"words": ""}))[:2] == (422, "words")
    await made(reviewer, f"{url}/review", {"words": "材料齐全"})
    assert url in (await approver.get(f"{DRAWDOWNS}/approval")).text
    assert "去核准" in (await approver.get(MONEY)).text
    await made(approver, f"{url}/approve", {"words": "同意拨付"})
    assert "已核准，待银行付款" in (await approver.get(f"{DRAWDOWNS}/bank")).text
    return reviewer, approver


async def test_the_road_of_a_drawdown(sit: Desk, database: Database, platform: Litestar) -> None:
    developer, bank = await sit("developer_accountant"), await sit("bank_clerk")
    project = await supervised(sit, database, developer, bank)
    project_id = project.rsplit("/", 1)[1]
    async with database.transaction(HOME) as tx:
        await pay_in(tx, UUID(project_id), 1000_00)
    assert "现在可申请 600.00 元" in (await developer.get(f"/developer/projects/{project_id}/drawdowns/new")).text

    mine, file = await handed_in(developer, project_id)
    number = mine.rsplit("/", 1)[1]
    url = f"{DRAWDOWNS}/{number}"
    reviewer, approver = await decided(sit, url)

    fund = (await developer.get(f"{project}/fund")).text
    for words in ("已核准待付款 600.00 元", "<svg", "主体结构封顶", "已达到", f"/developer/drawdowns/{number}"):
        assert words in fund
    assert "已核准，待银行付款" in (await developer.get(mine)).text
    await exports(developer, reviewer, project)
    await soundness(developer, reviewer, approver, project)

    other = await sit("developer_accountant")
    for hidden in (mine, f"/developer/projects/{project_id}/drawdowns/new", f"{project}/fund", file):
        assert (await other.get(hidden)).status_code == 404, hidden
    assert (await other.htmx("POST", f"{mine}/withdraw", {"words": "x"})).status_code == 404
    for page_url in (DRAWDOWNS, url, f"{project}/holds"):
        assert (await bank.get(page_url)).status_code == 403, page_url
    manager = await sit("sales_manager")
    assert (await manager.get("/developer")).status_code == 403


def sheet(data: bytes) -> Any:
    return load_workbook(BytesIO(data)).active


async def exports(developer: PageClient, reviewer: PageClient, project: str) -> None:
    for client, url, words in (
        (developer, "/developer/drawdowns/all.xlsx", "息县某某建筑有限公司"),
        (reviewer, f"{DRAWDOWNS}/all.xlsx", "息县某某建筑有限公司"),
        (reviewer, f"{MONEY}.xlsx", "建设银行息县支行"),
        (developer, f"{project}/fund/statement.xlsx", "测试"),
    ):
        answer = await client.http.get(url)
        assert answer.status_code == 200, url
        cells = {cell.value for row in sheet(answer.content).iter_rows() for cell in row}
        assert words in cells, url
    shown = (await developer.get(f"{project}/fund/statement")).text
    assert "1,000.00" in shown
    wrong = await developer.get(f"{project}/fund/statement?first=2026-02-01&last=2026-01-01")
    assert wrong.status_code == 422
    assert (await developer.get(f"{project}/fund/statement?after=x")).status_code == 422


async def soundness(developer: PageClient, reviewer: PageClient, approver: PageClient, project: str) -> None:
    for client, starts in ((developer, ("/developer",)), (reviewer, (f"{project}/fund",)), (approver, (DRAWDOWNS,))):
        todo, seen = set(starts), set[str]()
        while todo and len(seen) < 12:
            url = todo.pop()
            seen.add(url)
            answer = await client.get(url)
            assert answer.status_code in {200, 303}, url
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                wanted = ("/developer", f"{project}/", DRAWDOWNS, "/housing/agreements")
                todo |= {
                    link for link in links(answer.text) if link.startswith(wanted) and not link.endswith(".pdf")
                } - seen
        assert len(seen) > 4, seen


async def test_a_freeze_is_entered_seen_and_lifted(sit: Desk, database: Database) -> None:
    developer, bank = await sit("developer_accountant"), await sit("bank_clerk")
    project = await supervised(sit, database, developer, bank)
    supervisor, approver = await sit("escrow_supervisor"), await sit("escrow_approver")
    async with database.transaction(HOME) as tx:
        await pay_in(tx, UUID(project.rsplit("/", 1)[1]), 1000_00)
    order = {"court": "息县人民法院", "document_no": "（2026）豫1528执7号", "amount": "300"}
    assert (await approver.htmx("POST", f"{project}/freezes", order)).status_code == 403
    await made(supervisor, f"{project}/freezes", order)
    assert (await supervisor.htmx("POST", f"{project}/freezes", order)).status_code == 409
    for client in (developer, supervisor):
        page = (await client.get(f"{project}/fund")).text
        assert "司法冻结300.00元" in page
        assert "可用 700.00 元" in page
    holds = (await supervisor.get(f"{project}/holds")).text
    lift = re.findall(r'action="([^"]+/lift)"', holds)[0]
    await made(supervisor, lift, {"document_no": "（2026）豫1528执7号之一"})
    assert "司法冻结300.00元" not in (await developer.get(f"{project}/fund")).text
    again = {"mode": "full", "valid_from": "2031-01-01", "source": "息建〔2030〕1号"} | terms(bank)
    assert "建房〔2022〕16号" in (await approver.get(f"{MONEY}/nodes")).text
    assert (await approver.htmx("POST", f"{MONEY}/nodes", again)).status_code == 403
    assert "主体结构封顶" in (await supervisor.get(f"{MONEY}/nodes/draft?mode=full")).text
    await made(supervisor, f"{MONEY}/nodes", again)
    assert (await supervisor.htmx("POST", f"{MONEY}/nodes", again)).status_code == 409
    refused = await supervisor.htmx("POST", f"{project}/release", {"words": "已登记"})
    assert refused.status_code == 409
    assert "首次登记" in refused.json()["title"]
