"""How far a sale is, for the people who buy: read for many contracts at once, and said in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from contracts.models import Contract
from kernel.db import ReadSession
from yiti.cases.catalogue import Business
from yiti.cases.lifecycle import CaseStatus
from yiti.cases.models import Case
from yiti.certificates.models import CANCELLED, ISSUED, Certificate
from yiti.journeys.models import Sale


@dataclass(frozen=True)
class Standing:
    """A contract with what has come of it so far."""

    contract: Contract
    sale: Sale | None
    case: Case | None
    cancellation: Case | None
    """The case that booked the notice's cancellation."""
    proofs: tuple[Certificate, ...]
    """Every proof of the notice, the newest last: one that was replaced (换发、补发) has a successor."""

    @property
    def proof(self) -> Certificate | None:
        """The newest."""
        return self.proofs[-1] if self.proofs else None


@dataclass(frozen=True)
class StateWords:
    """The state in one badge and one sentence."""

    label: str
    tone: str
    sentence: str


async def standings(reader: ReadSession, contracts: Sequence[Contract]) -> list[Standing]:
    """In the order given; three queries, however many contracts."""
    ids = [contract.id for contract in contracts]
    sales = {one.contract_id: one for one in await reader.scalars(select(Sale).where(Sale.contract_id.in_(ids)))}
    found = (await reader.scalars(select(Case).where(Case.contract_id.in_(ids)))).all()
    cases = {(one.contract_id, one.business): one for one in found if one.contract_id is not None}
    proofs = await _proofs(reader, [one.id for one in found])
    return [_standing(contract, sales, cases, proofs) for contract in contracts]


async def _proofs(reader: ReadSession, case_ids: Sequence[UUID]) -> dict[UUID, tuple[Certificate, ...]]:
    """By the case that booked the entry, also those that a later case made of the same entry."""
    entries = select(Certificate.entry_id).where(Certificate.case_id.in_(case_ids))
    made = (
        await reader.scalars(select(Certificate).where(Certificate.entry_id.in_(entries)).order_by(Certificate.id))
    ).all()
    return {
        one.case_id: tuple(proof for proof in made if proof.entry_id == one.entry_id)
        for one in made
        if one.replaces_id is None
    }


def _standing(
    contract: Contract,
    sales: dict[UUID, Sale],
    cases: dict[tuple[UUID, Business], Case],
    proofs: dict[UUID, tuple[Certificate, ...]],
) -> Standing:
    case = cases.get((contract.id, Business.PRESALE_NOTICE))
    return Standing(
        contract=contract,
        sale=sales.get(contract.id),
        case=case,
        cancellation=cases.get((contract.id, Business.PRESALE_NOTICE_CANCELLATION)),
        proofs=proofs.get(case.id, ()) if case else (),
    )


def state_words(standing: Standing) -> StateWords:
    """What a buyer wants to know first."""
    match standing.contract.status:
        case "frozen":
            return _before_signing(standing.sale)
        case "signing":
            return StateWords("签署中", "info", "文件正在由各方签署，全部签署后自动备案并办理预告登记。")
        case "filed":
            return _after_filing(standing)
        case "cancelled":
            return _after_cancellation(standing)
        case "abandoned":
            return StateWords("已作废", "neutral", "这份合同没有备案，已经作废；已缴的款项原路退回。")
        case _:
            return StateWords("拟定中", "neutral", "售楼部正在填写合同。")


def _before_signing(sale: Sale | None) -> StateWords:
    if sale is not None and sale.submitted_at is not None:
        return StateWords("准备签署", "info", "正在生成待签署的文件，稍后会给您发送签署短信。")
    if sale is not None and sale.rounds:
        return StateWords("待重新签署", "warning", "上次签署没有完成，售楼部重新提交后会再给您发送签署短信。")
    return StateWords("待缴款", "warning", "请按缴款通知书缴纳首付款和维修资金，到账后即可签署。")


def _after_filing(standing: Standing) -> StateWords:
    case, proof = standing.case, standing.proof
    if case is None:
        return StateWords("已备案", "info", "合同已备案，正在申请预告登记。")
    match case.status:
        case CaseStatus.BOOKED | CaseStatus.CLOSED if proof is not None and proof.state == ISSUED:
            return StateWords("已预告登记", "success", "合同已备案，预告登记已记载于登记簿，证明已签发。")
        case CaseStatus.BOOKED | CaseStatus.CLOSED:
            return StateWords("已登簿", "success", "预告登记已记载于登记簿，证明正在制作，请稍候。")
        case CaseStatus.REFUSED:
            return StateWords("不予登记", "danger", "登记机构决定不予登记，理由见办理记录；备案的合同仍然有效。")
        case CaseStatus.WITHDRAWN:
            return StateWords("登记已撤回", "neutral", "预告登记申请已经撤回。")
        case _:
            return StateWords("登记审核中", "warning", "合同已备案；有事项需要登记机构人工核对，办好后会发短信告知。")


def _after_cancellation(standing: Standing) -> StateWords:
    if standing.proof is not None and standing.proof.state != CANCELLED:
        return StateWords("合同已注销", "neutral", "合同备案已注销，正在注销预告登记和证明，并办理退款。")
    return StateWords("合同已注销", "neutral", "合同备案已注销，预告登记随之注销，已缴款项原路退回。")
