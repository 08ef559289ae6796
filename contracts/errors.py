"""What the engine refuses, in words for the people at the counter."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from contracts.schemas import Finding
from kernel.errors import Conflict, Invalid, NotFound


class ContractNotFound(NotFound):
    """No such contract in this county, or it belongs to another seller."""

    code = "contracts.not_found"
    default_message = "没有找到该合同"


class UnitTaken(Conflict):
    """Another open contract holds the unit."""

    code = "contracts.unit_taken"
    default_message = "该房屋已有未结束的合同，请刷新楼盘表后重试"


class Stale(Conflict):
    """Someone else has changed the draft since the page was opened."""

    code = "contracts.stale"
    default_message = "合同已被他人修改，您看到的不是最新内容，请刷新后重新填写"


class WrongStatus(Conflict):
    """The contract's status does not allow the action."""

    code = "contracts.wrong_status"


class CancellationOpen(Conflict):
    """A cancellation request is already under way."""

    code = "contracts.cancellation_open"
    default_message = "该合同已有未完成的注销申请"


class NoCancellation(Conflict):
    """Nobody has asked to cancel the contract."""

    code = "contracts.no_cancellation"
    default_message = "该合同没有待确认的注销申请"


class NoAgent(Conflict):
    """A power of attorney was brought for a buyer who has no agent."""

    code = "contracts.no_agent"
    default_message = "该买受人没有委托代理人，不需要授权委托书"


class PowersFaulty(Conflict):
    """An agent has no power of attorney, or one that does not hold today; ``findings`` say everything."""

    code = "contracts.powers_faulty"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        words = "；".join(finding.message for finding in self.findings)
        super().__init__(words, extra={"findings": [msgspec.to_builtins(finding) for finding in self.findings]})


class Incomplete(Invalid):
    """The draft cannot be frozen; ``findings`` (and ``extra["findings"]``) say everything that is wrong."""

    code = "contracts.incomplete"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        words = f"合同尚有{len(self.findings)}处需要完善：{'；'.join(finding.message for finding in self.findings)}"
        extra = {"findings": [msgspec.to_builtins(finding) for finding in self.findings]}
        super().__init__(words, field=self.findings[0].field, extra=extra)
