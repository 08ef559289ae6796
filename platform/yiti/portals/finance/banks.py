"""How each bank is reached, and whose clerks see its orders: set by the supervisors of the money."""

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import URLEncodedBody
from msgspec import Struct
from sqlalchemy import select

from escrow.banking.accounts import banks, connect_bank
from escrow.banking.models import BankMode
from kernel.db import ReadSession
from kernel.errors import Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.accounts.models import Organisation
from yiti.accounts.roles import OrganisationKind
from yiti.portals.shell.views import AnyRequest, page, redirect

MODES: Final = {BankMode.GATEWAY: "系统直联", BankMode.FILE: "文件交换"}


class ConnectForm(Struct, kw_only=True):
    """A bank of the county's accounts, how it is reached, and which organisation its clerks belong to."""

    bank_code: str = ""
    mode: str = ""
    organisation_id: str = ""


class BanksController(Controller):
    """The banks at which the county has accounts."""

    path = "/finance/banks"
    guards = (requires(Permission.SUPERVISION_MANAGE),)

    @get("/")
    async def listed(self, reader: Reader) -> Response[Any]:
        """Every bank, and how it is reached."""
        names = await _organisations(reader)
        found = await banks(reader)
        return page(
            "finance/banks.html",
            lines=[
                (code, name, known, names.get(known.organisation_id) if known and known.organisation_id else None)
                for code, name, known in found
            ],
            modes=MODES,
            bank_options=[(code, f"{name}（{code}）") for code, name, _ in found],
            mode_options=[(mode.value, words) for mode, words in MODES.items()],
            organisation_options=[(str(one), name) for one, name in names.items()],
        )

    @post("/")
    async def connect(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, data: URLEncodedBody[ConnectForm]
    ) -> Response[Any]:
        """Connect a bank, or change how it is reached; orders that waited for it are sent now."""
        bank = next((one for one in await banks(tx) if one[0] == data.bank_code), None)
        if bank is None:
            raise Invalid("请选择银行", field="bank_code")
        if data.mode not in MODES:
            raise Invalid("请选择连接方式", field="mode")
        organisations = {str(one): one for one in await _organisations(tx)}
        if data.organisation_id not in organisations:
            raise Invalid("请选择经办机构", field="organisation_id")
        await connect_bank(
            tx,
            actor,
            bank_code=bank[0],
            bank_name=bank[1],
            mode=BankMode(data.mode),
            organisation_id=organisations[data.organisation_id],
        )
        return redirect(request, "/finance/banks", "银行连接方式已登记")


async def _organisations(reader: ReadSession) -> dict[UUID, str]:
    query = select(Organisation.id, Organisation.name).where(Organisation.kind == OrganisationKind.BANK)
    return {row[0]: row[1] for row in await reader.execute(query.order_by(Organisation.name).limit(200))}
