"""What is the citizen's own: established from the county's records at every request; anything else is NotFound."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

import contracts.service as contracts
import signing.service as signing
from contracts.errors import ContractNotFound
from contracts.models import Contract
from contracts.power_rules import who_dissolves
from contracts.schemas import Buyer
from kernel.clock import today
from kernel.db import ReadSession
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.pii import blind_index
from signing.evidence_document import EVIDENCE_TITLE
from yiti.accounts.sessions import Citizen
from yiti.certificates import service as certificates
from yiti.certificates.models import Certificate
from yiti.journeys.evidence import EVIDENCE, report_of
from yiti.journeys.models import Sale

_SIGNED = frozenset({"filed", "cancelled"})
"""Statuses in which the documents carry all signatures."""


@dataclass(frozen=True)
class OwnContract:
    """A contract of this citizen, and for which buyers the citizen may act."""

    contract: Contract
    buyers: tuple[Buyer, ...]
    parties: tuple[str, ...]
    """`buyer-N`: for whom one signs: oneself, or the buyer whom one represents, who then does not sign oneself."""
    dissolves: tuple[str, ...]
    """For whom one may agree to cancel the filed contract: an agent only where the power says so."""

    def acts_for(self) -> tuple[str, ...]:
        """The parties, for a cancellation. Forbidden when the citizen may only look."""
        if self.dissolves:
            return self.dissolves
        if self.parties:
            raise Forbidden("授权委托书没有授权解除合同或者已经到期，须由买受人本人办理")
        raise Forbidden("该合同由您的代理人（监护人）办理，您可以查看，不能代为操作")


async def contract(reader: ReadSession, person: Citizen, contract_id: UUID) -> OwnContract:
    """One of this citizen's contracts. ContractNotFound for all others."""
    found = await contracts.contracts_of_person(reader, person.id_no)
    mine = next((one for one in found if one.id == contract_id), None)
    if mine is None:
        raise ContractNotFound
    buyers = tuple(await contracts.buyers_of(reader, contract_id))
    represented, on = any(one.by_power for one in buyers), today()
    powers = await contracts.powers_of(reader, contract_id) if represented else {}
    dissolving = [who_dissolves(one, powers.get(place), on) for place, one in enumerate(buyers, start=1)]
    return OwnContract(mine, buyers, parties_of(person.id_no, buyers), _parties(person.id_no, dissolving))


def parties_of(id_no: str, buyers: Sequence[Buyer]) -> tuple[str, ...]:
    """Those buyers for whom the person with this number signs."""
    return _parties(id_no, [one.signatory_id_no for one in buyers])


def _parties(id_no: str, acting: Sequence[str]) -> tuple[str, ...]:
    """The buyers for whom the person with this number acts; `acting`: who does, buyer by buyer."""
    wanted = blind_index(id_no)
    return tuple(f"buyer-{place}" for place, number in enumerate(acting, start=1) if blind_index(number) == wanted)


async def sale_of(reader: ReadSession, contract_id: UUID) -> Sale | None:
    """The sale behind one's own contract."""
    return await reader.scalar(select(Sale).where(Sale.contract_id == contract_id))


async def open_signature(reader: ReadSession, mine: OwnContract) -> tuple[UUID, str]:
    """The ceremony and the first signatory key of this citizen that has not signed yet. Conflict when there is none."""
    sale = await sale_of(reader, mine.contract.id)
    if sale is not None and sale.ceremony_id is not None and mine.contract.status == "signing":
        for one in await signing.signatories_of(reader, sale.ceremony_id):
            if one.key in mine.parties and one.status not in {"consented", "signed"}:
                return sale.ceremony_id, one.key
    raise Conflict("目前没有需要您签署的文件")


async def document(reader: ReadSession, mine: OwnContract, key: str) -> tuple[str, str]:
    """Title and digest of a signed document. NotFound before all have signed."""
    found = next((one for one in await documents(reader, mine) if one[0] == key), None)
    if found is None:
        raise NotFound("没有这份文件，或者文件尚未签署完毕")
    return found[1], found[2]


async def documents(reader: ReadSession, mine: OwnContract) -> list[tuple[str, str, str]]:
    """Key, title and digest of the documents, once they are signed by everybody."""
    sale = await sale_of(reader, mine.contract.id)
    if mine.contract.status not in _SIGNED or sale is None or sale.ceremony_id is None:
        return []
    signed = await signing.documents_of(reader, sale.ceremony_id)
    report = await report_of(reader, sale.ceremony_id)
    return [(one.key, one.title, one.current_digest) for one in signed] + (
        [(EVIDENCE, EVIDENCE_TITLE, report.pdf_digest)] if report else []
    )


async def proof(reader: ReadSession, person: Citizen, proof_id: UUID) -> Certificate:
    """A proof that this citizen holds, or that came of a contract which is theirs. CertificateNotFound otherwise."""
    held = await certificates.of_person(reader, person.id_no)
    for one in held:
        if one.id == proof_id:
            return one
    found = await certificates.get(reader, proof_id)
    contract_id = await reader.scalar(select(Sale.contract_id).where(Sale.case_id == found.case_id))
    theirs = await contracts.contracts_of_person(reader, person.id_no)
    if contract_id is None or contract_id not in {one.id for one in theirs}:
        raise certificates.CertificateNotFound
    return found
