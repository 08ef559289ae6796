"""The schedule of registration fees: every amount with its words and basis, by date, with exemptions. Pure."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.db import WriteSession
from yiti.estate.models import EstateParameter
from yiti.journeys.registration import fees
from yiti.journeys.registration.fee_schedule import NATIONAL, NATIONAL_EXEMPTIONS, Exemption, Item, assess

HOME, SHOP, GARAGE = "成套住宅", "商业服务", "车库"
RULES = ("by_usage", "half", "book_cost", "free")


def item(**changes: object) -> Item:
    values: dict[str, object] = {"title": "转移登记", "group": "transfer", "rule": "by_usage", "usage": HOME}
    return Item(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "claims", "full", "due", "words"),
    [
        (item(), (), 8_000, 8_000, "住宅类每件"),
        (item(usage=GARAGE), (), 8_000, 8_000, "住宅类每件"),
        (item(usage=SHOP), (), 55_000, 55_000, "非住宅类每件"),
        (item(books=3), (), 10_000, 10_000, "另增发2本工本费"),
        (item(rule="half"), (), 4_000, 4_000, "住宅类减半收取"),
        (item(rule="half", usage=SHOP), (), 27_500, 27_500, "非住宅类减半收取"),
        (item(rule="book_cost", group="certificate"), (), 1_000, 1_000, "证书工本费"),
        (item(rule="free", group="seizure"), (), 0, 0, "查封登记免收"),
        (item(rule="free", group="cancellation"), (), 0, 0, "注销登记免收"),
        (item(rule="free", group="notice"), (), 0, 0, "预告登记免收"),
        (item(rule="free", group="correction"), (), 0, 0, "财税〔2019〕45号"),
        (item(rule="free", group="transfer"), (), 0, 0, "本业务不收登记费"),
        (item(usage=SHOP), ("small_business",), 55_000, 0, "小微企业（含个体工商户）免收"),
        (item(usage=GARAGE), ("with_home",), 8_000, 0, "不单独发证免收"),
        (item(usage=HOME), ("with_home",), 8_000, 8_000, "住宅类每件"),
        (item(), ("district",), 8_000, 8_000, "住宅类每件"),
        (item(group="change"), ("district",), 8_000, 0, "行政区划调整导致坐落变更免收"),
        (item(rule="book_cost", group="certificate"), ("registry_error",), 1_000, 0, "登记机构错误导致的更正免收"),
        (item(), ("seizure", "unknown"), 8_000, 8_000, "住宅类每件"),
    ],
)
def test_what_an_item_costs(one: Item, claims: tuple[str, ...], full: int, due: int, words: str) -> None:
    (line,) = assess([one], NATIONAL, NATIONAL_EXEMPTIONS, claims)
    assert (line.full_fen, line.due_fen) == (full, due)
    assert words in line.words
    assert full == 0 or NATIONAL.source in line.words, "whoever pays sees by which rule"


def test_half_of_an_odd_sum_and_the_better_of_two() -> None:
    prices = msgspec.structs.replace(NATIONAL, residential_fen=8_001)
    half = Exemption(code="half", title="甲", basis="乙", effect="half")
    (line,) = assess([item()], prices, [half], ["half"])
    assert (line.exempt_fen, line.due_fen) == (4_001, 4_000)
    (line,) = assess([item()], prices, [half, *NATIONAL_EXEMPTIONS], ["half", "small_business"])
    assert line.due_fen == 0


@given(
    st.lists(
        st.builds(
            Item, title=st.just("登记"), group=st.sampled_from(["transfer", "change", "certificate", "notice"]),
            rule=st.sampled_from(RULES), usage=st.sampled_from([HOME, SHOP, GARAGE]), books=st.integers(1, 9),
        ),
        max_size=8,
    ),
    st.lists(st.sampled_from([one.code for one in NATIONAL_EXEMPTIONS])),
)  # fmt: skip
def test_no_claim_makes_it_dearer(items: list[Item], claims: list[str]) -> None:
    plain, less = (assess(items, NATIONAL, NATIONAL_EXEMPTIONS, codes) for codes in ((), claims))
    for before, after in zip(plain, less, strict=True):
        assert 0 <= after.due_fen <= before.due_fen == before.full_fen
        assert after.due_fen + after.exempt_fen == before.due_fen


async def test_the_county_s_own_rows_hold_from_their_day(tx: WriteSession) -> None:
    own = [{"code": "flood", "title": "灾后重建", "basis": "息政〔2026〕1号"}]
    tx.add_all([
        EstateParameter(name=fees.PARAMETER, effective_from=date(2026, 1, 1), source="息发改〔2026〕1号",
                        value={"residential": "6000", "other": "40000", "book": "500"}),
        EstateParameter(name=fees.EXEMPTIONS, effective_from=date(2026, 7, 1), source="息政〔2026〕1号",
                        value={"rows": msgspec.json.encode(own).decode()}),
    ])  # fmt: skip
    await tx.flush()
    assert (await fees.tariff(tx, date(2025, 12, 31))).residential_fen == 8_000
    assert (await fees.tariff(tx, date(2026, 1, 1))).residential_fen == 6_000
    assert await fees.exemptions(tx, date(2026, 6, 30)) == NATIONAL_EXEMPTIONS
    assert [one.code for one in await fees.exemptions(tx, date(2026, 7, 1))] == ["flood"]
