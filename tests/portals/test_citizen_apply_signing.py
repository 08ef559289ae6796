"""What happens to signatures: only one's own face signs, and none stands under words that have changed."""

from datetime import timedelta

from sqlalchemy import select

from contracts.schemas import Buyer
from kernel.clock import now
from signing.ceremonies import hashed
from signing.models import CeremonySignatory
from tests.journeys.stage import HOME, Stage, buyer
from tests.portals.applicants import (
    ANSWERS,
    asked_to_sign,
    begun,
    case_of,
    own_home,
    own_link,
    photo,
    ready,
    rounds_of,
    sale_form,
    sent,
    signs,
    sms_link,
)
from tests.portals.citizens import MakePhone, Phone
from yiti.cases.lifecycle import CaseStatus

RESALE = "transfer_resale"


async def test_no_signature_stands_under_other_words(stage: Stage, phone: MakePhone) -> None:
    seller, other = buyer("水窦"), buyer("章云")
    home = await own_home(stage, seller)
    here, there = await phone().signed_in(seller), phone()
    url = await begun(here, RESALE, entry=str(home.entry.id))
    await here.page.htmx("POST", f"{url}/form", sale_form(seller, other))
    await ready(here, url)
    await asked_to_sign(here, url)
    await signs(here, await own_link(here, url))
    first = await sms_link(stage, other)
    await here.get(f"{url}/materials")
    assert "已签的名全部作废" in (await here.get(f"{url}/materials")).text
    assert (await sent(here, f"{url}/materials/consent", "同意书.jpg", photo("cyan"))).status_code == 200
    assert await rounds_of(stage, url) == ["changed"]
    assert "需重新签署" in (await here.get(url)).text
    assert "本次签署已经结束" in (await there.get(first)).text
    await asked_to_sign(here, url)
    await expired_and_sent_again(stage, here, url, other, but=first)
    link = await sms_link(stage, other)
    assert (await there.identify(link)).status_code == 303
    await there.get(link)
    assert (await there.page.post(f"{link}/decline", {"reason": " "})).status_code == 422
    assert (await there.page.post(f"{link}/decline", {"reason": "价格不对"})).headers["Location"] == link
    assert "有申请人不同意签署" in (await there.get(link)).text
    assert (await there.sign(link, agreed=["application_form", "inquiry_record"])).status_code == 409
    told = (await stage.until(lambda: here.get(url), lambda page: "有人不同意签署" in page.text)).text
    for words in ("有人不同意签署", "价格不对", "章*", "去签署提交"):
        assert words in told, words
    assert await rounds_of(stage, url) == ["changed", "declined"]
    await asked_to_sign(here, url)
    await here.get(url)
    assert (await here.page.htmx("POST", f"{url}/take-back")).headers["HX-Redirect"] == f"{url}/form"
    assert (await here.page.htmx("POST", f"{url}/take-back")).status_code == 200, "twice is once"
    assert await rounds_of(stage, url) == ["changed", "declined", "taken_back"]
    assert (await case_of(stage, url)).status == CaseStatus.DRAFT


async def expired_and_sent_again(stage: Stage, here: Phone, url: str, other: Buyer, but: str) -> None:
    old = await sms_link(stage, other, but=but)
    await here.get(url)
    key = f"{url}/signers/signer-1/invite"
    assert (await here.page.htmx("POST", key)).status_code == 429, "just sent"
    async with stage.resources.database.transaction(HOME) as tx:
        (person,) = await tx.scalars(
            select(CeremonySignatory).where(CeremonySignatory.token_hash == hashed(old.rsplit("/", 1)[1]))
        )
        person.token_expires_at = person.invited_at = now() - timedelta(minutes=2)
    assert "链接已过期" in (await here.get(url)).text
    assert (await here.get(old)).status_code == 410
    again = await here.page.htmx("POST", key)
    assert again.headers["HX-Redirect"] == url, again.text
    await sms_link(stage, other, but=old)
    assert (await here.get(old)).status_code == 410, "the old one stays dead"


async def test_the_face_must_be_ones_own_and_nothing_is_signed_otherwise(stage: Stage, phone: MakePhone) -> None:
    seller, other = buyer("何吕"), buyer("施张")
    home = await own_home(stage, seller)
    here = await phone().signed_in(seller)
    url = await begun(here, RESALE, entry=str(home.entry.id))
    await here.page.htmx("POST", f"{url}/form", sale_form(seller, other))
    answers = {f"answers.{code}": value for code, value in ANSWERS.items()}
    version = str((await case_of(stage, url)).version)
    early = await here.page.htmx("POST", f"{url}/submit", answers | {"version": version})
    assert early.status_code == 409
    assert "缺少" in early.json()["title"]
    await ready(here, url)
    await asked_to_sign(here, url)
    link = await own_link(here, url)
    await here.get(link)
    stranger = await here.get(
        await here.face(await here.page.post(f"{link}/identify"), name=other.name, id_no=other.id_no)
    )
    assert (stranger.status_code, "不一致" in stranger.text) == (403, True)
    assert (await here.sign(link, agreed=["application_form", "inquiry_record"])).status_code == 403
    assert (await here.page.post(f"{link}/decline", {"reason": "不是我"})).status_code == 403
    assert (await case_of(stage, url)).status == CaseStatus.DRAFT
    assert await rounds_of(stage, url) == ["open"]
