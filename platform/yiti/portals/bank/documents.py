"""Files that a bank's clerk brings: answers to orders, notices of movements, statements."""

import asyncio
from typing import Any, Final
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery

from escrow.reconciliation.overview import statements
from integrations.bank_documents import read_document
from integrations.bank_messages.reading import LARGEST_STATEMENT
from kernel.audit import audit
from kernel.errors import DomainError, Invalid
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor, Reader, Tx
from yiti.journeys.banking.documents import refuse_foreign, take_in
from yiti.portals.bank.access import own_account_nos, own_codes
from yiti.portals.shell.views import AnyRequest, page
from yiti.resources import Parts

RESULTS: Final = {
    "confirmed": ("已对应缴款通知书入账", "success"),
    "suspense": ("已记入不明入账", "warning"),
    "paid": ("付款指令已付款", "success"),
    "returned": ("付款指令已退汇", "warning"),
    "refunded": ("退款已付出", "success"),
    "accepted": ("付款指令已受理", "info"),
    "rejected": ("付款指令已拒付", "warning"),
    "noted": ("已记录", "info"),
    "statement": ("对账单已接收，正在核对", "success"),
    "duplicate": ("此前已处理，未重复记账", "neutral"),
    "difference": ("与账上不符，已转财务人员核对", "danger"),
}


class DocumentsController(Controller):
    """Bringing files, and the statements that have come."""

    path = "/bank"
    guards = (requires(Permission.BANK_ORDERS),)

    @get("/statements")
    async def statements(
        self, reader: Reader, actor: CurrentActor, before: FromQuery[UUID | None] = None
    ) -> Response[Any]:
        """Statements of the bank's accounts as they came."""
        found, following = await statements(reader, account_nos=await own_account_nos(reader, actor), before=before)
        return page(
            "bank/statements.html",
            lines=found,
            next_url=f"?before={following}" if following else None,
            first_url="?" if before else None,
        )

    @get("/documents/new")
    async def bring(self) -> Response[Any]:
        """Where to upload."""
        return page("bank/document_new.html", megabytes=LARGEST_STATEMENT // 1_000_000)

    @post("/documents", request_max_body_size=LARGEST_STATEMENT + 100_000)
    async def upload(self, request: AnyRequest, tx: Tx, actor: CurrentActor, resources: Parts) -> Response[Any]:
        """Take the file in, and show what became of each of its lines."""
        file = (await request.form()).get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid("请选择要上传的文件", field="file")
        data = await file.read()
        try:
            document = await asyncio.to_thread(read_document, data)
            await refuse_foreign(tx, document, await own_account_nos(tx, actor), await own_codes(tx, actor))
        except DomainError as refused:
            refused.field = "file"
            raise
        digest = await resources.blobs.put(data)
        outcomes = await take_in(tx, actor, document, digest)
        audit(tx, actor, "escrow.bank_file_taken_in", f"bank_file:{digest}", {"lines": len(outcomes)})
        lines = [(one.about, *RESULTS[one.result]) for one in outcomes]
        return page("bank/document_done.html", filename=file.filename[:120], lines=lines)
