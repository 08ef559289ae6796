"""Version 1 of the presale contract."""

from contracts.templates.gf_2014_0171.v1.blanks import BLANKS
from contracts.templates.gf_2014_0171.v1.contents import ANNEXES, CONTENTS

__all__ = ["ANNEXES", "BLANKS", "CONTENTS"]
