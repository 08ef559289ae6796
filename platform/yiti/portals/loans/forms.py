"""What a lender types of its payment."""

from msgspec import Struct

from escrow.loans.schemas import Disbursal


class DisbursalForm(Struct, kw_only=True):
    """放款登记: the lender's own number, and the account to which the money would go back."""

    reference: str = ""
    account_no: str = ""
    account_name: str = ""
    bank_code: str = ""
    bank_name: str = ""

    def said(self) -> Disbursal:
        """As loans take it."""
        return Disbursal(
            reference=" ".join(self.reference.split()),
            account_no=self.account_no,
            account_name=" ".join(self.account_name.split())[:120],
            bank_code="".join(self.bank_code.split())[:20],
            bank_name=" ".join(self.bank_name.split())[:120],
        )
