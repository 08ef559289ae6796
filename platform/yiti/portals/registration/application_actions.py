"""The steps of a case that has an application: intake, review, public notice, answers from outside, handing over."""

from typing import Any, get_args
from uuid import UUID

from litestar import Controller, Response, post
from litestar.params import FromPath, URLEncodedBody

from kernel.errors import Invalid, NotFound
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Tx
from yiti.cases.lifecycle import CaseStatus, Which
from yiti.cases.service import HAND_OVER_WORDS, HandOver
from yiti.journeys.registration import desk
from yiti.portals.registration.forms import (
    AnswerForm,
    HandOverForm,
    ItemsForm,
    NoteForm,
    OpinionForm,
    PublicationForm,
    ReasonForm,
    RejectionForm,
    VersionForm,
    lines,
    opinion,
)
from yiti.portals.registration.guards import works_on_cases
from yiti.portals.shell.views import AnyRequest, redirect

_RECEIVER_MAX = 60


class IntakeController(Controller):
    """What the window does with a case that was handed in, and after it is booked."""

    path = "/registration/cases/{case_id:uuid}"
    guards = (requires(Permission.CASE_ACCEPT),)

    @post("/accept")
    async def accept(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], data: URLEncodedBody[NoteForm]
    ) -> Response[Any]:
        """受理."""
        case = await desk.accept(tx, actor, case_id, opinion(data.note, "note"), version=data.version)
        booked = case.status in (CaseStatus.BOOKED, CaseStatus.CLOSED)
        return redirect(request, _url(case_id), "已受理，全部事项通过，已即时登簿" if booked else "已受理")

    @post("/reject")
    async def reject(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[RejectionForm],
    ) -> Response[Any]:  # fmt: skip
        """不予受理."""
        missing = lines(data.missing, "missing")
        await desk.reject(tx, actor, case_id, opinion(data.reason, "reason"), missing, version=data.version)
        return redirect(request, _url(case_id), "已作出不予受理决定，告知书正在制作", "warning")

    @post("/answers/{which:str}")
    async def answer(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], which: FromPath[str],
        data: URLEncodedBody[AnswerForm],
    ) -> Response[Any]:  # fmt: skip
        """What a paper says, where the office behind it is not connected; never counted as proved."""
        await desk.enter_answer(
            tx, actor, case_id, _which(which), state=data.state, reference=opinion(data.reference, "reference"),
            words=opinion(data.words, "words"), version=data.version,
        )  # fmt: skip
        return redirect(request, _url(case_id), "已录入核验结果")

    @post("/asks/{which:str}")
    async def ask(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID], which: FromPath[str],
        data: URLEncodedBody[VersionForm],
    ) -> Response[Any]:  # fmt: skip
        """Once more, after a refusal."""
        await desk.ask_again(tx, actor, case_id, _which(which), version=data.version)
        return redirect(request, _url(case_id), "已重新提请")

    @post("/hand-over")
    async def hand_over(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[HandOverForm],
    ) -> Response[Any]:  # fmt: skip
        """发证: with a receipt; then the file goes to the archive."""
        if len(data.receiver.strip()) > _RECEIVER_MAX:
            raise Invalid(f"最多填写{_RECEIVER_MAX}字", field="receiver")
        method = _method(data.method)
        await desk.hand_over(tx, actor, case_id, method, data.receiver.strip(), version=data.version)
        return redirect(request, _url(case_id), "已发证，正在归档")

    @post("/close")
    async def close(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[VersionForm],
    ) -> Response[Any]:  # fmt: skip
        """办结: nothing is to be handed over."""
        await desk.close(tx, actor, case_id, version=data.version)
        return redirect(request, _url(case_id), "已办结，正在归档")


class ReviewController(Controller):
    """What everybody who works on a case may do, each within their duty (`available_actions`)."""

    path = "/registration/cases/{case_id:uuid}"
    guards = (works_on_cases,)

    @post("/review")
    async def review(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[OpinionForm],
    ) -> Response[Any]:  # fmt: skip
        """初审, 复审: an opinion for booking."""
        await desk.review(tx, actor, case_id, opinion(data.opinion, "opinion"), version=data.version)
        return redirect(request, _url(case_id), "审核意见已记入，转下一级审核")

    @post("/send-back")
    async def send_back(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[Any]:  # fmt: skip
        """Back to the first level."""
        await desk.send_back(tx, actor, case_id, opinion(data.reason, "reason"), version=data.version)
        return redirect(request, _url(case_id), "已退回初审", "warning")

    @post("/request-correction")
    async def request_correction(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[ItemsForm],
    ) -> Response[Any]:  # fmt: skip
        """通知补正: everything in one notice."""
        await desk.request_correction(tx, actor, case_id, lines(data.items, "items"), version=data.version)
        return redirect(request, _url(case_id), "已一次性告知补正，告知书正在制作", "warning")

    @post("/withdraw")
    async def withdraw(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[Any]:  # fmt: skip
        """撤回, before booking."""
        await desk.withdraw(tx, actor, case_id, opinion(data.reason, "reason"), version=data.version)
        return redirect(request, _url(case_id), "申请已撤回", "info")


class PublicationController(Controller):
    """公告."""

    path = "/registration/cases/{case_id:uuid}"
    guards = (requires(Permission.CASE_DECIDE),)

    @post("/publish")
    async def publish(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[PublicationForm],
    ) -> Response[Any]:  # fmt: skip
        """The notice is written and the clock stands still."""
        matter, where = opinion(data.matter, "matter"), opinion(data.where, "where")
        if not matter:
            raise Invalid("请填写公告事项", field="matter")
        notice = await desk.publish(tx, actor, case_id, matter=matter, where=where, version=data.version)
        return redirect(request, _url(case_id), f"已发布公告，至{notice.ends_on:%Y年%m月%d日}")

    @post("/end-publication")
    async def end_publication(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, case_id: FromPath[UUID],
        data: URLEncodedBody[PublicationForm],
    ) -> Response[Any]:  # fmt: skip
        """Its last day has passed."""
        await desk.end_publication(tx, actor, case_id, opinion(data.result, "result"), version=data.version)
        return redirect(request, _url(case_id), "公告已结束，继续办理")


def _which(text: str) -> Which:
    for one in get_args(Which):
        if one == text:
            which: Which = one
            return which
    raise NotFound


def _method(text: str) -> HandOver:
    for method in HAND_OVER_WORDS:
        if method == text:
            return method
    raise Invalid("请选择领取方式", field="method")


def _url(case_id: UUID) -> str:
    return f"/registration/cases/{case_id}"
