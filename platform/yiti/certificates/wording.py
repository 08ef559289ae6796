"""The words that certificates and proofs share: dates, terms, money, holders. Pure."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from kernel.money import yuan
from yiti.certificates.schemas import HolderLine, Issuer, Party
from yiti.register.kinds import SHARING_WORDS, Sharing

EQUAL_EFFECT_CERTIFICATE = "本电子证书与纸质不动产权证书具有同等法律效力。"
EQUAL_EFFECT_PROOF = "本电子证明与纸质不动产登记证明具有同等法律效力。"


def certificate_number(issuer: Issuer, year: int, serial: int) -> str:
    """证书号 `豫（2026）息县不动产权第0000001号`: province, year, county in full, seven digits."""
    return f"{issuer.province}（{year}）{issuer.county_name}不动产权第{serial:07d}号"


def proof_number(issuer: Issuer, year: int, serial: int) -> str:
    """证明号 `豫（2026）息县不动产证明第0000001号`, in a series of its own."""
    return f"{issuer.province}（{year}）{issuer.county_name}不动产证明第{serial:07d}号"


def long_date(on: date) -> str:
    """2026年11月21日."""
    return f"{on.year}年{on.month}月{on.day}日"


def term(first: date | None, last: date | None) -> str:
    """From the first to the last day; empty when neither is known."""
    starts = f"{long_date(first)}起" if first else ""
    ends = f"{long_date(last)}止" if last else ""
    return starts + (" " if starts and ends else "") + ends


def area(square_metres: Decimal) -> str:
    """118.36㎡."""
    return f"{square_metres:.2f}㎡"


def money(fen: int) -> str:
    """1,234.56元."""
    return f"{yuan(fen)}元"


def plain_yuan(fen: int) -> str:
    """1234.56, as machines read it."""
    return f"{fen // 100}.{fen % 100:02d}"


def holder_lines(parties: Iterable[Party]) -> tuple[HolderLine, ...]:
    """The parties as they are frozen."""
    return tuple(
        HolderLine(name=party.name, id_kind=party.id_kind, id_number=party.id_number, share=_share(party))
        for party in parties
    )


def sharing_words(sharing: Sharing, holders: tuple[Party, ...]) -> str:
    """共有情况: with the shares of each where the right is held 按份."""
    words = SHARING_WORDS[sharing]
    if sharing is not Sharing.FRACTIONAL:
        return words
    return f"{words}：" + "、".join(f"{party.name} {_share(party) or ''}" for party in holders)


def _share(party: Party) -> str | None:
    return None if party.share is None else f"{party.share.numerator}/{party.share.denominator}"
