"""After booking: certificates made, handed over, the file closed."""

from typing import Literal

from kernel.clock import now
from kernel.db import WriteSession
from kernel.permissions import Actor
from kernel.pii import mask_name
from yiti.cases.lifecycle import Action
from yiti.cases.models import Case
from yiti.cases.service.steps import act, said

HandOver = Literal["window", "post", "electronic"]
HAND_OVER_WORDS: dict[HandOver, str] = {"window": "窗口领取", "post": "邮寄送达", "electronic": "电子证照发放"}


async def issue(tx: WriteSession, actor: Actor, case: Case, numbers: tuple[str, ...]) -> None:
    """缮证: the certificates or proofs with these numbers have been made."""
    await act(tx, actor, case, Action.ISSUE, "、".join(numbers), {"numbers": list(numbers)})


async def hand_over(tx: WriteSession, actor: Actor, case: Case, method: HandOver, receiver: str) -> None:
    """发证: handed to `receiver`, whose name stands masked in the log."""
    receiver = said(receiver, "请填写领证人", "receiver")
    note = f"{HAND_OVER_WORDS[method]}，领取人{mask_name(receiver)}"
    await act(tx, actor, case, Action.HAND_OVER, note, {"method": method})


async def close(tx: WriteSession, actor: Actor, case: Case, note: str) -> None:
    """The case is done and its file is archived."""
    case.closed_at = now()
    await act(tx, actor, case, Action.CLOSE, note)
