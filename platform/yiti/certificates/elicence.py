"""The e-licence identifier 证照标识 (GB/T 36904-2018) with its check character (ISO 7064 MOD 37,36; GB/T 17710)."""

import re
from typing import Final

ROOT: Final = "1.2.156.3005.2"
PROOF_TYPE: Final = "11100000MB03271699022"
"""证照类型代码 of the 不动产登记证明, defined by the Ministry of Natural Resources."""

CERTIFICATE_TYPE: Final = "11100000MB03271699001"
"""The same of the 不动产权证书."""

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FORM: Final = re.compile(
    rf"{re.escape(ROOT)}\.([0-9A-Z]{{21}})\.([0-9A-Z]{{6,18}})\.([0-9A-Z]{{1,30}})\.(\d{{3}})\.([0-9A-Z])"
)


def check_character(text: str) -> str:
    """The MOD 37,36 check character of a text of digits and capital letters."""
    product = 36
    for character in text:
        total = (product + _ALPHABET.index(character)) % 36 or 36
        product = total * 2 % 37
    return _ALPHABET[(1 - product) % 36]


def licence_identifier(type_code: str, agency_code: str, serial: str, version: int = 1) -> str:
    """Type, issuing agency, serial and version joined, with the check character over all four."""
    parts = (type_code, agency_code, serial, f"{version:03d}")
    return ".".join((ROOT, *parts, check_character("".join(parts))))


def is_licence_identifier(text: str) -> bool:
    """Whether the text has the right form and its check character fits."""
    match = _FORM.fullmatch(text)
    return match is not None and check_character("".join(match.groups()[:4])) == match.group(5)
