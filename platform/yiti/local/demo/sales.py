"""The set of sales, as a sales office would have them."""

from dataclasses import dataclass

from yiti.local.demo.parties import Party, company, person

FREE_BUILDINGS = ("1号楼", "2号楼")
MORTGAGED_BUILDINGS = ("3号楼",)
MORTGAGEE = "演示农商银行"


@dataclass(frozen=True)
class Plan:
    """One sale of the set."""

    title: str
    ownership: str
    buyers: tuple[Party, ...]
    buildings: tuple[str, ...] = FREE_BUILDINGS
    mortgagee: str = ""
    """Who holds a mortgage on the home; then a registrar has to decide."""
    tell_bank: bool = False
    """Whether the buyers let the lending bank know of the booked notice."""
    from_fund_yuan: int = 0
    """What the housing fund lends, beside a bank (组合贷款)."""
    doubtful: bool = False
    """Whether an answer of the inquiry needs a registrar to look at it."""


def single_buyer() -> Plan:
    """The plainest sale."""
    return Plan("单人购房", "sole", (person("张明远"),), tell_bank=True)


def sales_to_play() -> tuple[Plan, ...]:
    """The sales that go through. Buyers are made anew, so that the set can be played again and again."""
    three = (person("赵一鸣", "1/3"), person("钱双喜", "1/3"), person("孙三多", "1/3"))
    return (
        single_buyer(),
        Plan("夫妻共有", "joint", (person("李建国"), person("王秀兰")), from_fund_yuan=150_000),
        Plan("三人按份", "fractional", three),
        Plan("公司购房", "sole", (company("息县演示商贸有限公司", "周启明"),)),
        Plan("生僻字姓名", "sole", (person("王𬭊"),)),
        Plan("人工审核", "sole", (person("吴思远"),), MORTGAGED_BUILDINGS, MORTGAGEE),
    )


def unpaid_sale() -> Plan:
    """The one that stops for missing money."""
    return Plan("缺款受阻", "sole", (person("郑未缴"),))
