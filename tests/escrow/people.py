"""People and projects of the tests of supervision: one county's department, a developer and its bank."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from escrow import ledger
from escrow.agreements.plans import install_plans
from escrow.drawdowns import decisions, service
from escrow.drawdowns.fund import fund_facts
from escrow.drawdowns.models import Drawdown, DrawdownUse
from escrow.drawdowns.rules import wanted_evidence
from escrow.drawdowns.schemas import Ask, StoredFile
from escrow.ledger.models import AccountKind
from escrow.models import SupervisionMode
from escrow.supervision import account_of, register_account
from kernel.db import WriteSession
from kernel.permissions import Actor, ActorKind, Permission, system_actor

COUNTY = "411528"
SYSTEM = system_actor(COUNTY)


@dataclass(frozen=True)
class Register:
    """What the register is asked for, as the tests want it."""

    units: int = 2
    registered: int = 0


NOT_YET, COMPLETE = Register(), Register(registered=2)


def person(*permissions: Permission, organisation: UUID | None = None) -> Actor:
    return Actor(
        kind=ActorKind.STAFF,
        name="某某",
        tenant=COUNTY,
        id=uuid4(),
        organisation_id=organisation or uuid4(),
        permissions=frozenset(permissions),
    )


DEVELOPER = person(Permission.DRAWDOWN_REQUEST, Permission.ESCROW_VIEW)
REVIEWER = person(Permission.DRAWDOWN_REVIEW, Permission.SUPERVISION_MANAGE)
APPROVER = person(Permission.DRAWDOWN_APPROVE)
BOTH = person(Permission.DRAWDOWN_REVIEW, Permission.DRAWDOWN_APPROVE)


def ask(**changes: object) -> Ask:
    values: dict[str, object] = {
        "node": "underground",
        "amount_fen": 100_00,
        "use": DrawdownUse.CONSTRUCTION,
        "purpose": "工程进度款",
        "reference": "HT-2026-001",
        "payee_name": "息县某某建筑有限公司",
        "payee_account": "6222020000001234",
        "payee_bank_code": "",
        "payee_bank_name": "工商银行息县支行",
    }
    return Ask(**(values | changes))  # type: ignore[arg-type]


async def new_project(tx: WriteSession, *, paid_in_fen: int, quota_fen: int | None = None) -> UUID:
    """A project whose account has terms on paper with the county's nodes, and this much money."""
    await install_plans(tx, SYSTEM)
    project_id = uuid4()
    mode = SupervisionMode.FULL if quota_fen is None else SupervisionMode.QUOTA
    number = f"6222{uuid4().int % 10**12:012d}"
    await register_account(
        tx, SYSTEM, project_id, number, "某公司监管专户", "ICBC", "工商银行", "监管协议1号", mode, quota_fen
    )
    await pay_in(tx, project_id, paid_in_fen)
    return project_id


async def pay_in(tx: WriteSession, project_id: UUID, fen: int) -> None:
    """Money that buyers have paid (or, below zero, got back)."""
    number = (await account_of(tx, project_id)).account_no
    bank = await ledger.open_account(tx, AccountKind.BANK, number)
    fund = await ledger.open_account(tx, AccountKind.PROJECT_FUND, str(project_id))
    moves = [ledger.Move(bank, -fen), ledger.Move(fund, fen)]
    await ledger.post(tx, f"test:{uuid4()}", "test:1", moves, words="测试")


async def with_evidence(tx: WriteSession, drawdown: Drawdown, *titles: str) -> None:
    """Everything that is wanted, or these."""
    facts = await fund_facts(tx, drawdown.project_id, NOT_YET)
    for title in titles or wanted_evidence(facts, drawdown.node):
        file = StoredFile(file_name="证明.pdf", media_type="application/pdf", digest="a" * 64, size=10)
        await service.attach(tx, DEVELOPER, drawdown.id, title, file)


async def submitted(tx: WriteSession, project_id: UUID, **changes: object) -> Drawdown:
    assert DEVELOPER.organisation_id is not None
    drawdown = await service.start(tx, DEVELOPER, project_id, DEVELOPER.organisation_id, ask(**changes))
    await with_evidence(tx, drawdown)
    return await service.submit(tx, DEVELOPER, drawdown.id, NOT_YET)


async def reviewed(tx: WriteSession, project_id: UUID, **changes: object) -> Drawdown:
    drawdown = await submitted(tx, project_id, **changes)
    return await decisions.review(tx, REVIEWER, drawdown.id, "材料齐全", NOT_YET)


async def ordered(tx: WriteSession, project_id: UUID, **changes: object) -> Drawdown:
    drawdown = await reviewed(tx, project_id, **changes)
    return await decisions.approve(tx, APPROVER, drawdown.id, "同意拨付", NOT_YET)
