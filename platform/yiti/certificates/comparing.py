"""What an old paper says otherwise than the one that took its place: field by field, masked for the public. Pure."""

from collections.abc import Iterator

from yiti.certificates.checking import Difference, mask_location, mask_party
from yiti.certificates.schemas import CertificateContent, Content, HolderLine


def differences(paper: Content, current: Content) -> tuple[Difference, ...]:
    """Of a paper, and of the current one for the same entry (补发, 换发). Equal fields are left out."""
    pairs = zip(_fields(paper), _fields(current), strict=True)
    return tuple(Difference(field=label, paper=then, register=now) for (label, then), (_, now) in pairs if then != now)


def _fields(content: Content) -> Iterator[tuple[str, str]]:
    yield "证书（证明）号", content.number
    yield "权利类型或者证明事项", content.item
    yield "权利人", _names(content.holders)
    yield "义务人", _names(content.obligors)
    yield "共有情况", content.sharing.partition("：")[0]  # behind it stand names and shares
    yield "坐落", mask_location(content.location)
    certificate = content if isinstance(content, CertificateContent) else None
    yield "权利性质", certificate.right_nature if certificate else ""
    yield "用途", certificate.usage if certificate else ""
    yield "面积", certificate.area if certificate else ""
    yield "使用期限", certificate.term if certificate else ""
    yield "登记机构", content.agency_name
    yield "登簿日期", content.booked_on.isoformat()


def _names(parties: tuple[HolderLine, ...]) -> str:
    return "、".join(mask_party(party.name, party.id_kind) for party in parties)
