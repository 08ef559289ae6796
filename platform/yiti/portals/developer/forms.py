"""The form of a drawdown."""

from msgspec import Struct

from escrow.drawdowns.models import DrawdownUse
from escrow.drawdowns.schemas import Ask
from kernel.errors import Invalid
from yiti.portals.housing.drawdown_views import USES
from yiti.portals.housing.fields import fen, line


class AskForm(Struct, kw_only=True):
    """What is asked for, as typed."""

    node: str = ""
    amount: str = ""
    use: str = ""
    purpose: str = ""
    reference: str = ""
    payee_name: str = ""
    payee_account: str = ""
    payee_bank_code: str = ""
    payee_bank_name: str = ""

    def ask(self) -> Ask:
        """The values; Invalid at the field."""
        if self.use not in USES:
            raise Invalid("请选择用途", field="use")
        if not self.node:
            raise Invalid("请选择拨付节点", field="node")
        return Ask(
            node=line(self.node, "node", 40),
            amount_fen=fen(self.amount, "amount"),
            use=DrawdownUse(self.use),
            purpose=line(self.purpose, "purpose", 100),
            reference=line(self.reference, "reference", 60),
            payee_name=line(self.payee_name, "payee_name", 120),
            payee_account="".join(self.payee_account.split()),
            payee_bank_code="".join(self.payee_bank_code.split()),
            payee_bank_name=line(self.payee_bank_name, "payee_bank_name", 120),
        )
