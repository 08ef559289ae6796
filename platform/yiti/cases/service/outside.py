"""What a case waits for: answers of tax, housing and treasury, a public notice, the end of a seizure."""

from datetime import date

from kernel.db import WriteSession
from kernel.errors import Invalid
from kernel.permissions import Actor
from yiti.cases.encoding import builtins
from yiti.cases.facts import OutsideFact
from yiti.cases.lifecycle import ASKS, Action, Which
from yiti.cases.models import Case
from yiti.cases.service.steps import act, expect, said


async def ask(tx: WriteSession, actor: Actor, case: Case, which: Which, reference: str = "", note: str = "") -> None:
    """Wait for an answer; tax, fee, signature and funds stop the clock until it comes."""
    action, _, _ = ASKS[which]
    expect(actor, case, action)
    case.outside = {**case.outside, which: builtins(OutsideFact(state="requested", reference=reference))}
    await act(tx, actor, case, action, note, {"reference": reference})


async def answer(tx: WriteSession, actor: Actor, case: Case, which: Which, fact: OutsideFact, note: str = "") -> None:
    """The answer has come. `fact.state` is clear, exempt, not_needed or refused; `verified` only for signed messages.

    `ActionRefused` when nothing was asked, or the case has ended meanwhile: late and repeated answers change nothing.
    """
    _, action, _ = ASKS[which]
    expect(actor, case, action)
    if fact.state in ("missing", "requested"):
        raise Invalid("反馈结果应当为完成、免予或者不通过", field="state")
    case.outside = {**case.outside, which: builtins(fact)}
    detail = {"state": fact.state, "reference": fact.reference, "verified": fact.verified}
    await act(tx, actor, case, action, note or fact.words, detail)


async def publish(tx: WriteSession, actor: Actor, case: Case, *, ends_on: date, where: str) -> None:
    """公告 begins: on the public pages and at the property; its days do not count. `ends_on` is its last day."""
    where = said(where, "请写明公告的场所", "where")
    note = f"公告至{ends_on:%Y年%m月%d日}，公告场所：{where}"
    await act(tx, actor, case, Action.PUBLISH, note, {"ends_on": ends_on.isoformat(), "where": where})


async def end_publication(tx: WriteSession, actor: Actor, case: Case, result: str) -> None:
    """公告 is over; `result` says whether anybody objected."""
    result = said(result, "请写明公告期内有无异议", "result")
    await act(tx, actor, case, Action.END_PUBLICATION, result)


async def freeze(tx: WriteSession, actor: Actor, case: Case, reason: str, reference: str = "") -> None:
    """A seizure has arrived before booking: nothing goes on until it is lifted or the application ends."""
    reason = said(reason, "请写明暂停办理的原因", "reason")
    await act(tx, actor, case, Action.FREEZE, reason, {"reference": reference})


async def unfreeze(tx: WriteSession, actor: Actor, case: Case, reason: str) -> None:
    """What held the case is gone."""
    reason = said(reason, "请写明恢复办理的原因", "reason")
    await act(tx, actor, case, Action.UNFREEZE, reason)
