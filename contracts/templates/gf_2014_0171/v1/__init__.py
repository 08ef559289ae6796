"""Version 1 of the presale contract."""

from contracts.templates.gf_2014_0171.v1.blanks import BLANKS
from contracts.templates.gf_2014_0171.v1.contents import ANNEXES, CONTENTS

INSTALMENTS: dict[str, str] = {"down_payment": "首付款", "instalment": "分期款", "loan": "贷款"}

__all__ = ["ANNEXES", "BLANKS", "CONTENTS", "INSTALMENTS"]
