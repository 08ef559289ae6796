"""The counterparties of the platform and what staff call them."""

from enum import StrEnum


class Counterparty(StrEnum):
    """Also the `iss`/`aud` of signed messages and the path segment of the gateway."""

    IDENTITY = "identity"
    SUPERVISION_BANK = "supervision_bank"
    TAX = "tax"
    SMS = "sms"
    MORTGAGE_BANK = "mortgage_bank"
    HOUSING = "housing"
    TREASURY = "treasury"
    SHARING = "sharing"
    PAYMENT_CHANNEL = "payment_channel"

    @property
    def words(self) -> str:
        """The name that pages and messages use."""
        return _TITLES[self]


PLATFORM = "platform"

_TITLES = {
    Counterparty.IDENTITY: "统一身份认证服务",
    Counterparty.SUPERVISION_BANK: "资金监管银行",
    Counterparty.TAX: "税务局",
    Counterparty.SMS: "短信服务",
    Counterparty.MORTGAGE_BANK: "按揭贷款银行",
    Counterparty.HOUSING: "住房和城乡建设局维修资金系统",
    Counterparty.TREASURY: "非税收入收缴系统",
    Counterparty.SHARING: "数据共享平台",
    Counterparty.PAYMENT_CHANNEL: "聚合支付渠道",
}
