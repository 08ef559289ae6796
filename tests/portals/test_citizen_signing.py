"""The signing desk, played as buyers do: over HTTP, with the sandbox's identity service."""

import base64
import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import update

from kernel.clock import now
from signing.ceremonies import hashed
from signing.models import CeremonySignatory
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.citizens import PAPERS, PICTURE, MakePhone, invited
from yiti.journeys import presale

Waiting = tuple[UUID, dict[str, str]]


@pytest.fixture(scope="module")
async def waiting(stage: Stage) -> Waiting:
    """A sale to two buyers that nobody signs: for all that goes wrong."""
    contract_id = await stage.drafted([buyer("王小明"), buyer("李四")], "joint")
    return contract_id, await invited(stage, contract_id)


async def test_a_couple_signs_on_one_phone_and_sees_the_proof(stage: Stage, phone: MakePhone) -> None:
    contract_id = await stage.drafted([buyer("赵一"), buyer("钱二")], "joint")
    links = await invited(stage, contract_id)
    here, first, second = phone(), links["buyer-1"], links["buyer-2"]

    opened = await here.get(first)
    assert "开始人脸核验" in opened.text
    assert "documents" not in opened.text, "papers are shown to the identified person only"
    assert (await here.get(f"{first}/documents/contract/pdf")).status_code == 403
    back = await here.identify(first)
    assert (back.status_code, back.headers["Location"]) == (303, first)

    desk = await here.get(first)
    assert all(f'name="agreed" value="{key}"' in desk.text for key in PAPERS)
    picture = await here.get(f"{first}/documents/contract/pages/1.png?v={_version(desk.text)}")
    assert picture.content.startswith(b"\x89PNG")
    assert picture.headers["Cache-Control"] == "private, max-age=86400, immutable"
    stale = await here.get(f"{first}/documents/contract/pages/1.png?v=old")
    assert stale.headers["Cache-Control"] == "private, no-store"
    assert (await here.get(f"{first}/documents/contract/pages/99.png")).status_code == 404
    assert (await here.get(f"{first}/documents/contract/pdf")).content.startswith(b"%PDF-")

    assert (await here.sign(first)).status_code == 303
    replay = await here.sign(first)
    assert (replay.status_code, "已签署过" in replay.text) == (409, True)
    done = await stage.until(lambda: here.page.htmx("GET", first), lambda page: "您已完成签署" in page.text)
    assert done.text.lstrip().startswith("<div")
    assert "钱*" in done.text
    assert "钱二" not in done.text

    assert (await here.identify(second)).status_code == 303
    assert (await here.get(first)).status_code == 200, "the first buyer's link only tells the state now"
    assert (await here.get(f"{first}/documents/contract/pdf")).status_code == 403
    assert (await here.sign(second)).status_code == 303
    await stage.sealed(contract_id)
    await stage.until(lambda: stage.proof(contract_id), lambda proof: proof is not None and proof.state == "issued")
    finished = await here.get(second)
    assert "已预告登记" in finished.text
    assert "hx-trigger" not in finished.text, "a finished desk asks no more"
    mine = await here.get(f"/me/{HOME}/contracts/{contract_id}")
    assert mine.status_code == 200
    assert "已预告登记" in mine.text


async def test_a_failed_face_check_says_so_and_may_be_repeated(waiting: Waiting, phone: MakePhone) -> None:
    link = waiting[1]["buyer-1"]
    here = phone()
    refused = await here.identify(link, decision="fail")
    assert (refused.status_code, "人脸核验没有通过" in refused.text) == (422, True)
    other = await here.identify(link, name="王小红", id_no="990000199001010000")
    assert (other.status_code, "与签署人不一致" in other.text) == (403, True)
    assert (await here.identify(link)).status_code == 303


async def test_an_answer_brought_back_by_another_browser_counts_for_nothing(waiting: Waiting, phone: MakePhone) -> None:
    link = waiting[1]["buyer-1"]
    here, thief = phone(), phone()
    await here.get(link)
    back = await here.face(await here.page.post(f"{link}/identify"))
    await thief.get(link)
    stolen = await thief.get(back)
    assert (stolen.status_code, "不是从本页面发起的" in stolen.text) == (403, True)
    guessed = await here.get(back.split("&state=")[0] + "&state=guessed")
    assert guessed.status_code == 403
    planted = await here.get(back.replace(link, waiting[1]["buyer-2"]))
    assert planted.status_code == 403
    assert (await here.get(back)).status_code == 303
    assert (await here.get(back)).headers["Location"] == link, "a reload goes on"
    again = phone()
    await again.get(link)
    unknown = await again.sign(link)
    assert (unknown.status_code, "请先完成实名认证" in unknown.text) == (403, True), "identified on another phone"


async def test_what_is_missing_is_said_and_what_was_written_stays(waiting: Waiting, phone: MakePhone) -> None:
    link = waiting[1]["buyer-1"]
    here = phone()
    await here.identify(link)
    await here.get(link)
    few = await here.sign(link, agreed=PAPERS[:3])
    assert (few.status_code, "请阅读并同意全部文件" in few.text) == (422, True)
    assert PICTURE in few.text
    assert few.text.count(" checked") == 3
    foreign = await here.sign(link, agreed=[*PAPERS, "testament"])
    assert foreign.status_code == 422
    for handwriting, words in {
        "": "请在签名框内手写签名",
        "data:image/png;base64,####": "不是有效的 PNG",
        "data:image/png;base64," + base64.b64encode(b"GIF89a").decode(): "PNG 图片",
        "data:image/png;base64," + "A" * 300_000: "过大",
    }.items():
        answer = await here.sign(link, handwriting=handwriting)
        assert answer.status_code == 422
        assert words in answer.text, handwriting[:40]


async def test_nobody_signs_pages_that_were_not_shown(waiting: Waiting, phone: MakePhone) -> None:
    link = waiting[1]["buyer-2"]
    here, thief = phone(), phone()
    await here.identify(link)
    everything = json.loads(await here.read(link))
    contract = everything["documents"]["contract"]
    last = max(map(int, contract))
    assert last > 3, "as many pages as the contract has"
    for viewed, words in {
        "": "还没有显示过",
        json.dumps(everything | {"documents": everything["documents"] | {"contract": {"1": 900}}}): f"、{last}页",
        "{": "阅读记录无法识别",
    }.items():
        answer = await here.sign(link, viewed=viewed)
        assert (answer.status_code, words in answer.text) == (422, True), viewed
    desk = await here.get(link)
    assert 'data-page="1" data-seen' in desk.text, "what was shown need not be shown again"
    assert f'data-page="{last}" data-seen' not in desk.text.split("/documents/notice_application/")[0]

    part = {"viewed": json.dumps(everything | {"documents": {"contract": contract}})}
    await thief.get(link)
    assert (await thief.page.post(f"{link}/shown", part)).status_code == 403
    assert (await here.page.post(f"{link}/shown", {"viewed": "[]"})).status_code == 422
    assert (await here.page.post(f"{link}/shown", part)).status_code == 204
    seen = (await here.get(link)).text
    assert seen.count(" data-seen") == seen.count(" data-page")


async def test_an_identification_grows_old(waiting: Waiting, phone: MakePhone) -> None:
    link = waiting[1]["buyer-2"]
    here = phone()
    await here.identify(link)
    told = await here.read(link)
    with time_machine.travel(now() + timedelta(minutes=31), tick=False):
        late = await here.sign(link, viewed=told)
        assert late.headers["Location"].startswith("/s/again?"), "the session is over too"
        back = await here.get(late.headers["Location"])
        assert back.headers["Location"] == link
        desk = await here.get(link)
        assert "刚才的操作没有执行" in desk.text
        assert "开始人脸核验" in desk.text


async def expires_at(stage: Stage, link: str, moment: datetime) -> None:
    """A clock that is put on by days would also make the reminders due."""
    mine = CeremonySignatory.token_hash == hashed(link.rsplit("/", 1)[1])
    async with stage.resources.database.transaction(HOME) as tx:
        await tx.execute(update(CeremonySignatory).where(mine).values(token_expires_at=moment))


async def test_dead_links_say_where_to_get_another(stage: Stage, waiting: Waiting, phone: MakePhone) -> None:
    here = phone()
    unknown = await here.get(f"/s/{HOME}/{'x' * 43}")
    assert (unknown.status_code, "签署链接无效" in unknown.text) == (404, True)
    link = waiting[1]["buyer-1"]
    elsewhere = await here.get(link.replace(HOME, "411522"))
    assert elsewhere.status_code == 404
    assert (await here.get("/s/999999/abc")).status_code == 404
    await expires_at(stage, link, now())
    old = await here.get(link)
    await expires_at(stage, link, now() + timedelta(hours=72))
    assert (old.status_code, "签署链接已过期" in old.text) == (410, True)


async def test_a_sale_taken_back_closes_the_desk(stage: Stage, phone: MakePhone) -> None:
    contract_id = await stage.drafted([buyer("孙三")])
    link = (await invited(stage, contract_id))["buyer-1"]
    here = phone()
    await here.identify(link)
    await here.get(link)
    async with stage.resources.database.transaction(HOME) as tx:
        await presale.abandon(tx, await stage.actor("shoulou"), contract_id, "买受人放弃购买")
    closed = await here.sign(link)
    assert (closed.status_code, "已经结束" in closed.text) == (409, True)
    assert "本次签署已经结束" in (await here.get(link)).text


async def test_an_identity_service_that_is_down_leaves_the_desk_usable(
    stage: Stage, waiting: Waiting, phone: MakePhone
) -> None:
    link = waiting[1]["buyer-1"]
    here = phone()
    await here.get(link)
    stage.sandbox.fault("identity", down=True)
    try:
        away = await here.page.post(f"{link}/identify")
    finally:
        stage.sandbox.heal()
    assert (away.status_code, "暂时无法连接" in away.text) == (503, True)


def _version(html: str) -> str:
    return html.split("pages/1.png?v=")[1].split('"', maxsplit=1)[0]
