"""What can stand in the way of a sale, in words."""

from kernel.errors import Conflict, Forbidden, NotFound


class SaleNotFound(NotFound):
    """No such sale in this county, or it is another developer's."""

    code = "sale.not_found"
    default_message = "没有找到该笔销售"


class NotYourProject(Forbidden):
    """A sales office sells its own developer's homes only."""

    code = "sale.not_your_project"
    default_message = "该房屋不属于贵公司的项目"


class UnitNotForSale(Conflict):
    """The register already holds something that forbids a sale."""

    code = "sale.unit_not_for_sale"
    default_message = "登记簿记载该房屋不能销售"


class MoneyMissing(Conflict):
    """息政办〔2023〕41号 二（一）: money first. `extra["missing"]` lists what is missing, in words."""

    code = "sale.money_missing"


class AlreadySubmitted(Conflict):
    """The documents of this sale are being prepared or are waiting for signatures."""

    code = "sale.already_submitted"
    default_message = "该合同已提交签署，请勿重复提交"


class MoneyArrived(Conflict):
    """The notices of this contract are paid, in part or in full: its amounts can no longer change."""

    code = "sale.money_arrived"
    default_message = "已有款项到账，不能退回修改；确需变更的，请放弃本次销售，款项原路退回后重新签约"
