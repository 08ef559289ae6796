"""What can go wrong with the outside world, in words that staff understand."""

from integrations.counterparties import Counterparty
from kernel.errors import Conflict, DomainError, Forbidden, Invalid, TooLarge, Unavailable


class CounterpartyUnavailable(Unavailable):
    """No usable answer: it is down, too slow, or answers nonsense. Safe to try again with the same key."""

    code = "integrations.unavailable"

    def __init__(self, counterparty: Counterparty) -> None:
        message = f"{counterparty.words}暂时无法连接，请稍后重试"
        super().__init__(message, extra={"counterparty": counterparty.value})


class CounterpartyRefused(DomainError):
    """The counterparty understood and said no (4xx). Trying again unchanged is useless."""

    status = 422
    code = "integrations.refused"

    def __init__(self, counterparty: Counterparty, reason: str, reason_code: str = "") -> None:
        message = f"{counterparty.words}未受理：{reason}"
        super().__init__(message, extra={"counterparty": counterparty.value, "reason_code": reason_code})


class BadSignature(DomainError):
    """The message is not from whom it claims to be, or not for us."""

    status = 401
    code = "integrations.bad_signature"
    default_message = "报文签名验证未通过，已拒收"


class StaleMessage(DomainError):
    """Signed too long ago, or in the future."""

    status = 401
    code = "integrations.stale_message"
    default_message = "报文签发时间超出允许范围，已拒收"


class Replayed(Conflict):
    """A message number that was already used for something else, or one event with two contents.

    `told`: what the second one says, where it could be read; its sender's signature is good.
    """

    told: object | None = None
    code = "integrations.replayed"
    default_message = "报文编号重复且内容不一致，已拒收"


class MalformedMessage(Invalid):
    """Signed well, but not in the agreed format."""

    code = "integrations.malformed"
    default_message = "报文格式不符合约定"


class MessageTooLarge(TooLarge):
    """Over the gateway's limit."""

    code = "integrations.too_large"
    default_message = "报文超过允许的大小"


class ForeignIdentity(Forbidden):
    """The identity answer does not belong to the request it came for (reference, state or nonce)."""

    code = "integrations.foreign_identity"
    default_message = "身份核验结果与本次申请不符，请重新发起核验"


class IdentityUsed(Conflict):
    """This identity check was already used; each counts once."""

    code = "integrations.identity_used"
    default_message = "本次身份核验结果已使用，请重新发起核验"
