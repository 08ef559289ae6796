"""Courts' freezes of supervised money (司法冻结): entered from a document, lifted by a document."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from escrow import ledger
from escrow.drawdowns.models import CourtFreeze
from escrow.ledger.models import AccountKind
from escrow.supervision import lock_account
from kernel.audit import audit
from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.errors import Conflict, Invalid, NotFound
from kernel.money import yuan
from kernel.permissions import Actor


class CannotFreeze(Conflict):
    """The account has not that much that is free."""

    code = "supervision.cannot_freeze"


class FreezeTaken(Conflict):
    """That document has been entered."""

    code = "supervision.freeze_taken"
    default_message = "该文书的冻结已经录入，请勿重复录入"


class UnknownFreeze(NotFound):
    """No such freeze in this county."""

    code = "supervision.unknown_freeze"
    default_message = "没有找到该笔冻结"


class FreezeLifted(Conflict):
    """It has ended already."""

    code = "supervision.freeze_lifted"
    default_message = "该笔冻结已经解除"


async def enter_freeze(
    tx: WriteSession, actor: Actor, project_id: UUID, *, court: str, document_no: str, amount_fen: int
) -> CourtFreeze:
    """Freeze an amount by a court's document (协助冻结存款通知书).

    Raises CannotFreeze, FreezeTaken, NoAccount, Invalid.
    """
    court, number = _line(court, "court"), _line(document_no, "document_no")
    await lock_account(tx, project_id)
    known = CourtFreeze.project_id == project_id, CourtFreeze.document_no == number
    if await tx.scalar(select(CourtFreeze.id).where(*known)):
        raise FreezeTaken
    owner = str(project_id)
    free = await ledger.available(tx, AccountKind.PROJECT_FUND, owner)
    if 0 < free < amount_fen:
        raise CannotFreeze(
            f"账户可冻结余额 {yuan(free)} 元，不足文书载明的金额；请按可冻结余额录入，不足部分书面答复法院"
        )
    if free <= 0:
        raise CannotFreeze("账户没有可以冻结的余额，请书面答复法院")
    account_id = await ledger.open_account(tx, AccountKind.PROJECT_FUND, owner)
    key = f"court_freeze:{project_id}:{number}"
    hold_id = await ledger.freeze(
        tx, actor, key[:120], account_id, amount_fen, document_no=number, words=f"{court}冻结"[:120]
    )
    row = CourtFreeze(
        project_id=project_id,
        court=court,
        document_no=number,
        amount_fen=amount_fen,
        hold_id=hold_id,
        entered_by=actor.id,
    )
    tx.add(row)
    await tx.flush()
    detail = {"document_no": number, "amount_fen": amount_fen}
    audit(tx, actor, "supervision.frozen", f"project:{project_id}", detail)
    return row


async def lift_freeze(
    tx: WriteSession, actor: Actor, project_id: UUID, freeze_id: UUID, document_no: str
) -> CourtFreeze:
    """End it by the document that lifts it. Raises UnknownFreeze, FreezeLifted, Invalid."""
    number = _line(document_no, "document_no")
    await lock_account(tx, project_id)
    row = await tx.scalar(
        select(CourtFreeze)
        .where(CourtFreeze.id == freeze_id, CourtFreeze.project_id == project_id)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise UnknownFreeze
    if row.lifted_at is not None:
        raise FreezeLifted
    await ledger.lift(tx, actor, row.hold_id, document_no=number)
    row.lifted_document_no, row.lifted_at, row.lifted_by = number, now(), actor.id
    await tx.flush()
    audit(tx, actor, "supervision.freeze_lifted", f"project:{project_id}", {"document_no": number})
    return row


async def freezes(reader: ReadSession, project_id: UUID) -> Sequence[CourtFreeze]:
    """All freezes of a project's money, newest first."""
    wanted = select(CourtFreeze).where(CourtFreeze.project_id == project_id)
    return (await reader.scalars(wanted.order_by(CourtFreeze.id.desc()))).all()


def _line(text: str, field: str) -> str:
    words = " ".join(text.split())
    if not (0 < len(words) <= 80 and words.isprintable()):
        raise Invalid("请填写法院名称和文书编号（各不超过80字）", field=field)
    return words
