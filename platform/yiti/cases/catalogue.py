"""The business catalogue (业务目录): each kind of business declared once."""

from enum import StrEnum

from msgspec import Struct


class Business(StrEnum):
    """Kinds of business that the registration centre handles on this platform."""

    PRESALE_NOTICE = "presale_notice"
    PRESALE_NOTICE_CANCELLATION = "presale_notice_cancellation"


class Declaration(Struct, frozen=True, kw_only=True):
    """What the catalogue says of a business."""

    name: str
    registration_type: str
    """登记类型 (DJLX)."""
    limit_working_days: int
    """The county's own limit; the statute allows 30 working days (条例 art. 20)."""
    basis: str


CATALOGUE: dict[Business, Declaration] = {
    Business.PRESALE_NOTICE: Declaration(
        name="预售商品房买卖预告登记",
        registration_type="700",
        limit_working_days=1,
        basis="民法典第二百二十一条；不动产登记暂行条例第三条",
    ),
    Business.PRESALE_NOTICE_CANCELLATION: Declaration(
        name="预售商品房买卖预告登记注销",
        registration_type="400",
        limit_working_days=1,
        basis="民法典第二百二十一条；不动产登记暂行条例第十四条",
    ),
}
