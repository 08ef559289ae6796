"""Who signs an online application: everybody who makes it themselves or for somebody else. Pure."""

from collections.abc import Iterator
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from kernel.pii import blind_index, mask_name
from signing.schemas import Signatory
from yiti.cases.application import Agent, AgentBasis, Applicant, Application, Part, Side
from yiti.cases.catalogue import CATALOGUE

BASIS_WORDS = {
    AgentBasis.POWER_OF_ATTORNEY: "委托代理人",
    AgentBasis.GUARDIAN: "监护人",
    AgentBasis.LEGAL_REPRESENTATIVE: "法定代表人（负责人）",
}
COMPANY = "credit_code"
_IDENTIFIABLE = "resident_id"
"""The identity service knows residents by their number, and nobody else."""


class Role(Struct, frozen=True, kw_only=True):
    """As what somebody signs: as 受让人 themselves, or as the agent of one."""

    side: str
    basis: str = ""
    principal: str = ""
    company: bool = False

    @property
    def words(self) -> str:
        """With the principal's full name, for the paper."""
        return f"{self.side}{self.principal}的{self.basis}" if self.basis else self.side

    @property
    def masked(self) -> str:
        """For pages."""
        return self.words if self.company else replace(self, principal=mask_name(self.principal)).words


class Signer(Struct, frozen=True, kw_only=True):
    """One person and all for which they sign; their place in each paper is `sign-<key>`."""

    key: str
    name: str
    id_kind: str
    id_number: str
    phone: str
    roles: tuple[Role, ...]
    organisation: str | None = None
    credit_code: str | None = None

    @property
    def caption(self) -> str:
        """What stands over the place of the signature."""
        return f"{'、'.join(one.words for one in self.roles)}（签字）：{self.name}"

    @property
    def signatory(self) -> Signatory:
        """The same for the ceremony."""
        return Signatory(
            key=self.key,
            kind="person",
            name=self.name,
            id_kind=self.id_kind,
            id_no=self.id_number,
            phone=self.phone or None,
            organisation=self.organisation,
            credit_code=self.credit_code,
        )


def signers_of(application: Application) -> tuple[Signer, ...]:
    """Each person once, in the order of the form: the agent where there is one, else the applicant."""
    found: dict[str, Signer] = {}
    for part in application.parts:
        for one in part.applicants:
            if one.side is not Side.AUTHORITY:
                signer = _signer(f"signer-{len(found) + 1}", part, one)
                known = found.get(signer.id_number)
                found[signer.id_number] = signer if known is None else _joined(known, signer)
    return tuple(found.values())


def _signer(key: str, part: Part, one: Applicant) -> Signer:
    declared = CATALOGUE[part.business]
    side = declared.holder_words if one.side is Side.HOLDER else declared.obligor_words
    person: Applicant | Agent = one.agent or one
    company = one.id_kind == COMPANY and one.agent is not None
    return Signer(
        key=key,
        name=person.name,
        id_kind=person.id_kind,
        id_number=person.id_number,
        phone=person.phone,
        roles=(_role(side, one),),
        organisation=one.name if company else None,
        credit_code=one.id_number if company else None,
    )


def _role(side: str, one: Applicant) -> Role:
    if one.agent is None:
        return Role(side=side)
    return Role(side=side, basis=BASIS_WORDS[one.agent.basis], principal=one.name, company=one.id_kind == COMPANY)


def _joined(known: Signer, more: Signer) -> Signer:
    """A person signs once, whatever they do it for; an organisation stands in the certificate only if it is the one."""
    same = known.credit_code == more.credit_code
    return replace(
        known,
        phone=known.phone or more.phone,
        roles=tuple(dict.fromkeys((*known.roles, *more.roles))),
        organisation=known.organisation if same else None,
        credit_code=known.credit_code if same else None,
    )


def person_id(id_number: str) -> UUID:
    """A citizen's id: the head of the blind index of their number."""
    return UUID(bytes=blind_index(id_number)[:16])


def lacks(application: Application, opened_by: UUID | None) -> Iterator[tuple[str, str]]:
    """What must be known so that everybody can be asked to sign: path in the form, and words."""
    names: dict[str, str] = {}
    reachable = {one.id_number for one in signers_of(application) if one.phone}
    for place, part in enumerate(application.parts):
        for position, one in enumerate(part.applicants):
            if one.side is not Side.AUTHORITY:
                path = f"parts.{place}.applicants.{position}"
                yield from _lacks(path, one, names, reachable, opened_by)


def _lacks(
    path: str, one: Applicant, names: dict[str, str], reachable: set[str], opened_by: UUID | None
) -> Iterator[tuple[str, str]]:
    person: Applicant | Agent = one.agent or one
    path = f"{path}.agent" if one.agent else path
    if one.agent is None and one.id_kind == COMPANY:
        yield f"{path}.agent", f"{one.name}是单位，请填写代为签署的法定代表人（负责人）或者代理人"
        return
    if not person.id_number:
        return  # said by the form
    if person.id_kind != _IDENTIFIABLE:
        yield f"{path}.id_kind", f"{person.name}没有居民身份证，不能在线核验和签署，请由代理人办理或者到窗口申请"
    if names.setdefault(person.id_number, person.name) != person.name:
        yield f"{path}.name", f"证件号码相同的{names[person.id_number]}和{person.name}姓名不一致，请核对"
    if person.id_number not in reachable and person_id(person.id_number) != opened_by:
        reachable.add(person.id_number)
        yield f"{path}.phone", f"请填写{person.name}的手机号码，用来发送签署链接"
