"""The signing desk as its page shows it: the state, the documents, and who still has to sign.

Papers of a sale are signed here, and applications made online; what differs is in `Words` and in what follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts import service as contracts
from contracts.schemas import Buyer
from contracts.signers import signers_of
from kernel.db import ReadSession
from kernel.pii import blind_index, mask_name
from signing import service as signing
from signing.models import CeremonySignatory
from signing.schemas import SigningDesk
from yiti.cases import service as cases
from yiti.cases.lifecycle import CaseStatus
from yiti.certificates.models import ISSUED
from yiti.journeys.registration import envelope
from yiti.journeys.registration import signers as applicants
from yiti.journeys.registration.envelope import SUBJECT
from yiti.journeys.sale.papers import SELLER
from yiti.portals.citizen.applying.case_words import StateLine, state_of
from yiti.portals.citizen.applying.owning import case_url
from yiti.portals.citizen.standing import Standing, StateWords, standings, state_words
from yiti.portals.shell.pictures import PICTURES, version_of
from yiti.resources import Resources


@dataclass(frozen=True)
class Words:
    """What the page says of what is signed."""

    title: str
    steps: tuple[str, ...]
    closed: str
    declined: str
    expired: str
    help: str
    """Whom to ask."""
    effect: str
    then: str
    """What follows the last signature."""
    follow: str
    follow_signed_out: str


SALE = Words(
    title="签署购房文件",
    steps=("核验身份", "阅读并签名", "各方签署", "备案登记"),
    closed="合同已被售楼部收回、修改或作废，不需要您再签署。如有疑问请联系售楼部。",
    declined="有签署人不同意签署，已签的名作废，不需要您再签署。售楼部重新提交签署的，会再发短信给您。",
    expired="签署期限已过，没有全部签署，已签的名作废。售楼部重新提交签署的，会再发短信给您。",
    help="请联系售楼部",
    effect="点击后，您的签名将加入以上文件，具有法律效力，不能撤回。",
    then="全部签署后自动备案并办理预告登记",
    follow="查看合同和办理进度",
    follow_signed_out="登录“我要办”查看合同和证明",
)
APPLICATION = Words(
    title="签署登记申请",
    steps=("核验身份", "阅读并签名", "各方签署", "提交申请"),
    closed="申请已被收回或者修改，已签的名作废，不需要您再签署。如有疑问请联系填写申请的人。",
    declined="有申请人不同意签署，已签的名作废，不需要您再签署。申请重新提交签署的，会再发短信给您。",
    expired="签署期限已过，没有全部签署，已签的名作废。申请重新提交签署的，会再发短信给您。",
    help="请联系填写申请的人",
    effect="点击后，您的签名将加入以上文件，具有法律效力；提交以前申请有任何修改，都要重新签署。",
    then="全部签署后自动提交不动产登记机构",
    follow="查看申请和办理进度",
    follow_signed_out="登录“我要办”查看申请进度",
)
_SIGNER_STATES = {
    "signed": ("已签署", "success"),
    "consented": ("正在生成签名", "info"),
    "identified": ("正在阅读文件", "info"),
    "declined": ("不同意签署", "danger"),
}


@dataclass(frozen=True)
class Paper:
    """One document to read."""

    key: str
    title: str
    pages: int
    version: str
    seen: frozenset[int]
    """Pages that were shown before the page was loaded again."""


@dataclass(frozen=True)
class Signer:
    """One line of who signs; the name is masked."""

    name: str
    label: str
    tone: str
    own: bool
    role: str
    """As what they sign, masked."""
    first: bool
    """Whether this browser's signer has to wait for them."""


@dataclass(frozen=True)
class Desk:
    """Everything that the page needs. `step` is this browser's: reading and signing need the person identified here."""

    county: str
    url: str
    name: str
    organisation: str | None
    step: str
    mine: bool
    """The person behind the link is signed in on this browser."""
    position: int
    papers: tuple[Paper, ...]
    signers: tuple[Signer, ...]
    state: StateWords | StateLine | None
    words: Words
    closed: str
    """Why there is nothing more to sign, where it is so."""
    until: datetime | None
    """The end of the signing."""
    url_after: str
    """The page that goes on telling of it; empty while the person may not see it."""
    polls: int
    """Seconds until the page asks again; 0 when nothing more will come by itself."""
    delay: str = ""
    """Which service the signature waits for, in words."""

    @property
    def role(self) -> str:
        """As what this browser's signer signs, masked."""
        return next((signer.role for signer in self.signers if signer.own), "")

    @property
    def waiting_for(self) -> str:
        """Who has not signed yet, in words."""
        return "、".join(signer.name for signer in self.signers if signer.label != "已签署")

    @property
    def coming_first(self) -> str:
        """Who has to sign before, in words."""
        return "、".join(f"{signer.role}{signer.name}" for signer in self.signers if signer.first)


async def identified_here(reader: ReadSession, token: str, person: bytes | None) -> bool:
    """Whether the person behind the link is the one signed in on this browser. Raises UnknownLink, LinkExpired."""
    _, id_no = await signing.identity_request(reader, token)
    return person is not None and blind_index(id_no) == person


async def load(resources: Resources, county: str, token: str, person: bytes | None) -> Desk:
    """Read the desk for the person signed in on this browser (or nobody). Raises UnknownLink, LinkExpired."""
    async with resources.database.read(county) as reader:
        desk = await signing.by_token(reader, token)
        mine = await identified_here(reader, token, person)
        people = await signing.signatories_of(reader, UUID(desk.ceremony_id))
        after = await _after(reader, county, desk, people, person if mine else None)
        seen = await signing.pages_seen(reader, token) if mine and desk.step == "sign" else {}
        delay = await signing.delayed_by(reader, UUID(desk.ceremony_id), desk.signatory_key)
    step = "identify" if desk.step == "sign" and not mine else desk.step
    step = "closed" if after.void else step
    papers = await _papers(resources, desk, seen) if mine and step in {"sign", "applying", "done"} else ()
    return Desk(
        county=county,
        url=f"/s/{county}/{token}",
        name=desk.name_masked,
        organisation=desk.organisation,
        step=step,
        mine=mine,
        position=_position(step, people, after),
        papers=papers,
        signers=tuple(_signer(one, desk, after.roles) for one in people),
        state=after.state if step == "done" else None,
        words=after.words,
        closed=_closed(desk, after),
        until=desk.expires_at,
        url_after=after.url,
        polls=_polls(step, after),
        delay=delay or "",
    )


@dataclass(frozen=True)
class After:
    """What comes of what is signed. `over`: nothing more comes by itself within a page's life."""

    words: Words
    state: StateWords | StateLine | None
    url: str
    over: bool
    void: bool
    soon: bool
    """All have signed, and what follows is under way."""
    roles: Mapping[str, str]
    """By signatory."""
    ending: str = ""
    """How the round of an application ended."""


async def _after(
    reader: ReadSession, county: str, desk: SigningDesk, people: list[CeremonySignatory], person: bytes | None
) -> After:
    kind, _, thing = desk.subject.partition(":")
    if kind == SUBJECT:
        return await _application(reader, county, UUID(thing), people, person)
    if kind != "contract":
        return After(SALE, None, f"/me/{county}", over=True, void=False, soon=False, roles={})
    standing = (await standings(reader, [await contracts.get(reader, UUID(thing))]))[0]
    buyers = await contracts.buyers_of(reader, UUID(thing))
    return After(
        SALE,
        state_words(standing),
        f"/me/{county}/contracts/{standing.contract.id}",
        over=_is_over(standing),
        void=False,
        soon=standing.contract.status == "filed",
        roles={SELLER: "出卖人"}
        | {one.key: _role([buyers[place - 1] for place in one.places]) for one in signers_of(buyers)},
    )


def _role(theirs: Sequence[Buyer]) -> str:
    """As what somebody signs a sale for these buyers: as buyer, or as whose agent or guardian, masked."""
    represented = [one for one in theirs if one.kind == "person" and one.representative_name]
    words = [f"买受人{mask_name(one.name)}的{one.represented_as}" for one in represented]
    return "、".join(dict.fromkeys(words if len(represented) == len(theirs) else ["买受人", *words]))


async def _application(
    reader: ReadSession, county: str, round_id: UUID, people: list[CeremonySignatory], person: bytes | None
) -> After:
    found = await envelope.get(reader, round_id)
    case = await cases.get(reader, found.case_id)
    signed = all(one.status == "signed" for one in people)
    # A draft is shown to nobody but its author.
    visible = case.status != CaseStatus.DRAFT or (person is not None and case.opened_by == UUID(bytes=person[:16]))
    return After(
        APPLICATION,
        state_of(case) if found.state == "signed" else StateLine("待提交", "info", "各方均已签署，申请正在自动提交。"),
        case_url(county, case.id) if visible else "",
        over=found.state in {"signed", "void"},
        void=found.state == "void",
        soon=signed,
        roles={
            one.key: "、".join(role.masked for role in one.roles)
            for one in applicants.signers_of(cases.application_of(case))
        },
        ending=found.ending,
    )


async def _papers(resources: Resources, desk: SigningDesk, seen: Mapping[str, frozenset[int]]) -> tuple[Paper, ...]:
    return tuple(
        [
            Paper(
                key=one.key,
                title=one.title,
                pages=await PICTURES.count(resources, one.digest),
                version=version_of(one.digest),
                seen=seen.get(one.key, frozenset()),
            )
            for one in desk.documents
        ]
    )


def _closed(desk: SigningDesk, after: After) -> str:
    match desk.ended or after.ending:
        case "declined":
            return after.words.declined
        case "expired":
            return after.words.expired
    return after.words.closed


def _signer(one: CeremonySignatory, desk: SigningDesk, roles: Mapping[str, str]) -> Signer:
    waiting = ("等待盖章", "neutral") if one.kind == "organisation" else ("尚未签署", "neutral")
    label, tone = _SIGNER_STATES.get(one.status, waiting)
    by_hand = one.kind == "person"
    name = mask_name(one.name) if by_hand else one.organisation or ""
    if by_hand and one.organisation:
        name = f"{one.organisation}（{name}）"
    own, first = one.key == desk.signatory_key, one.key in desk.waits_for
    return Signer(name, label, tone, own=own, role=roles.get(one.key, ""), first=first)


def _position(step: str, people: list[CeremonySignatory], after: After) -> int:
    """Index of the present step; past the last one when all is done."""
    if step in {"wait", "identify", "sign"}:
        return 1 if step == "sign" else 0
    if any(one.status != "signed" for one in people):
        return 2
    return 4 if after.over else 3


def _is_over(standing: Standing) -> bool:
    """A person decides, or the proof is there."""
    if standing.contract.status in {"cancelled", "abandoned"}:
        return True
    case, proof = standing.case, standing.proof
    if case is None:
        return False
    return proof.state == ISSUED if proof else True


def _polls(step: str, after: After) -> int:
    if step == "applying":
        return 1
    if step == "wait":
        return 4
    if step != "done" or after.over:
        return 0
    return 2 if after.soon else 4
