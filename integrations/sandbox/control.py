"""The front page, the switches for faults, and a health answer."""

from typing import Any

import msgspec
from litestar import MediaType, delete, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect, Template

from integrations.counterparties import Counterparty
from integrations.sandbox.state import Faults, Other, Played
from integrations.sandbox.world import AnyRequest, Here, World
from kernel.errors import Invalid, NotFound

SWITCHES = {"down": "停机（503）", "garbage": "应答乱码", "lost_answer": "已处理但应答丢失"}
SIGNING = {"forged_signature": "伪造签名"}
REPORTING = {"wrong_amount": "回单金额错误", "duplicate_callback": "重复回单"}
PAYING = {
    "hold_payments": "付款指令暂不执行",
    "return_payments": "付款后退汇",
    "silent_payments": "付款后不通知",
    "statement_missing": "对账单漏列一笔（次日补列）",
    "statement_extra": "对账单多列一笔支出（次日冲回）",
    "statement_wrong_amount": "对账单金额错误（次日更正）",
    "statement_duplicate": "对账单重复一笔（次日冲回）",
}
SLOW = {"slow_seconds": "应答延迟（秒）"}
LATE = {"late_seconds": "回单延迟（秒）"}
_LONGEST = 3600
_EVERYBODY: tuple[Played, ...] = (*Counterparty, *Other)
_REPORTERS = frozenset({
    Counterparty.SUPERVISION_BANK, Counterparty.TAX, Counterparty.HOUSING, Counterparty.TREASURY,
    Counterparty.PAYMENT_CHANNEL,
})  # fmt: skip


@get("/")
async def front() -> Template:
    """Who is played here."""
    return Template("front.html", context={"counterparties": list(_EVERYBODY)})


@get("/health")
async def health() -> dict[str, str]:
    """For `make run` and tests."""
    return {"status": "ok"}


@get("/faults")
async def show_faults(request: AnyRequest, world: Here) -> Template | dict[str, Faults]:
    """All switches; JSON for a script that asks for it."""
    faults = {who.value: world.faults(who) for who in _EVERYBODY}
    if request.accept.best_match(["text/html", "application/json"]) == "application/json":
        return faults
    rows = [(who, msgspec.to_builtins(faults[who.value]), _switches(who), _numbers(who)) for who in _EVERYBODY]
    return Template("faults.html", context={"rows": rows}, media_type=MediaType.HTML)


@put("/faults/{counterparty:str}")
async def set_faults(world: Here, counterparty: FromPath[str], data: JSONBody[Faults]) -> Faults:
    """Replace the faults of one counterparty."""
    await _set(world, counterparty, data)
    return data


@post("/faults/{counterparty:str}")
async def set_faults_by_page(world: Here, counterparty: FromPath[str], request: AnyRequest) -> Redirect:
    """The form of the page."""
    form = dict(await request.form())
    given: dict[str, Any] = {name: name in form for name in _switches(counterparty)}
    given |= {name: form.get(name) or 0 for name in _numbers(counterparty)}
    try:
        await _set(world, counterparty, msgspec.convert(given, Faults, strict=False))
    except msgspec.ValidationError as error:
        raise Invalid("延迟请填写秒数") from error
    return Redirect("/faults", status_code=303)


@delete("/faults")
async def clear_faults(world: Here) -> None:
    """Everything works again."""
    world.store.state.faults.clear()
    await world.store.save()


def _switches(counterparty: str) -> dict[str, str]:
    """Only some report, and only they and the identity service sign what they send."""
    reports = counterparty in _REPORTERS
    signs = reports or counterparty == Counterparty.IDENTITY
    pays = counterparty == Counterparty.SUPERVISION_BANK
    return SWITCHES | (SIGNING if signs else {}) | (REPORTING if reports else {}) | (PAYING if pays else {})


def _numbers(counterparty: str) -> dict[str, str]:
    return SLOW | (LATE if counterparty in _REPORTERS else {})


async def _set(world: World, counterparty: str, faults: Faults) -> None:
    if counterparty not in {who.value for who in _EVERYBODY}:
        raise NotFound("没有这个对方机构")
    if not (0 <= faults.slow_seconds <= _LONGEST and 0 <= faults.late_seconds <= _LONGEST):
        raise Invalid("延迟请填写 0 至 3600 秒")
    world.store.state.faults[counterparty] = faults
    await world.store.save()


handlers = [front, health, show_faults, set_faults, set_faults_by_page, clear_faults]
