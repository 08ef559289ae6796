"""The signing desk as its page shows it: the state, the documents, and who still has to sign."""

from dataclasses import dataclass
from uuid import UUID

from contracts import service as contracts
from kernel.db import ReadSession
from kernel.pii import blind_index, mask_name
from signing import service as signing
from signing.models import CeremonySignatory
from signing.schemas import SigningDesk
from yiti.certificates.models import ISSUED
from yiti.portals.citizen.standing import Standing, StateWords, standings, state_words
from yiti.portals.shell.pictures import PICTURES, version_of
from yiti.resources import Resources

STEPS = ("核验身份", "阅读并签名", "各方签署", "备案登记")
_SIGNER_STATES = {
    "signed": ("已签署", "success"),
    "consented": ("正在生成签名", "info"),
    "identified": ("正在阅读文件", "info"),
}


@dataclass(frozen=True)
class Paper:
    """One document to read."""

    key: str
    title: str
    pages: int
    version: str


@dataclass(frozen=True)
class Signer:
    """One line of who signs; the name is masked."""

    name: str
    label: str
    tone: str
    own: bool


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
    state: StateWords | None
    contract_url: str
    polls: int
    """Seconds until the page asks again; 0 when nothing more will come by itself."""

    @property
    def waiting_for(self) -> str:
        """Who has not signed yet, in words."""
        return "、".join(signer.name for signer in self.signers if signer.label != "已签署")


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
        standing = await _standing(reader, desk)
    step = "identify" if desk.step == "sign" and not mine else desk.step
    papers = await _papers(resources, desk) if mine and step in {"sign", "applying", "done"} else ()
    state = state_words(standing) if standing and step == "done" else None
    return Desk(
        county=county,
        url=f"/s/{county}/{token}",
        name=desk.name_masked,
        organisation=desk.organisation,
        step=step,
        mine=mine,
        position=_position(step, people, standing),
        papers=papers,
        signers=tuple(_signer(one, desk.signatory_key) for one in people),
        state=state,
        contract_url=f"/me/{county}/contracts/{standing.contract.id}" if standing else f"/me/{county}",
        polls=_polls(step, standing),
    )


async def _standing(reader: ReadSession, desk: SigningDesk) -> Standing | None:
    """The sale that is being signed; documents of another kind have none."""
    kind, _, thing = desk.subject.partition(":")
    if kind != "contract":
        return None
    return (await standings(reader, [await contracts.get(reader, UUID(thing))]))[0]


async def _papers(resources: Resources, desk: SigningDesk) -> tuple[Paper, ...]:
    return tuple(
        [
            Paper(one.key, one.title, await PICTURES.count(resources, one.digest), version_of(one.digest))
            for one in desk.documents
        ]
    )


def _signer(one: CeremonySignatory, own: str) -> Signer:
    waiting = ("等待盖章", "neutral") if one.kind == "organisation" else ("尚未签署", "neutral")
    label, tone = _SIGNER_STATES.get(one.status, waiting)
    by_hand = one.kind == "person"
    name = mask_name(one.name) if by_hand else one.organisation or ""
    if by_hand and one.organisation:
        name = f"{one.organisation}（{name}）"
    return Signer(name, label, tone, own=one.key == own)


def _position(step: str, people: list[CeremonySignatory], standing: Standing | None) -> int:
    """Index of the present step; past the last one when all is done."""
    if step in {"identify", "sign"}:
        return ("identify", "sign").index(step)
    if any(one.status != "signed" for one in people):
        return 2
    return 4 if _is_over(standing) else 3


def _is_over(standing: Standing | None) -> bool:
    """Nothing more comes by itself within a page's life: a person decides, or the proof is there."""
    if standing is None or standing.contract.status in {"cancelled", "abandoned"}:
        return True
    case, proof = standing.case, standing.proof
    if case is None:
        return False
    return proof.state == ISSUED if proof else True


def _polls(step: str, standing: Standing | None) -> int:
    if step == "applying":
        return 1
    if step != "done" or _is_over(standing):
        return 0
    return 2 if standing and standing.contract.status == "filed" else 4
