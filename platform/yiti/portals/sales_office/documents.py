"""The papers of a sale as PDF: the draft, the payment notices, what is signed, and the proof."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromPath

import contracts.service as contracts
import escrow.service as escrow
import signing.service as signing
from escrow.bills import UnknownBill
from kernel.audit import audit
from kernel.db import ReadSession
from kernel.errors import NotFound
from kernel.permissions import Permission, requires
from kernel.web.dependencies import CurrentActor
from signing.evidence_document import EVIDENCE_TITLE
from yiti.certificates import service as certificates
from yiti.journeys import presale
from yiti.journeys.evidence import EVIDENCE, report_of
from yiti.journeys.maintenance.receipts import receipts_of
from yiti.portals.sales_office.desk import Desk, desk
from yiti.portals.shell.files import pdf_response
from yiti.resources import Parts

PROOF = "proof"
RECEIPT = "maintenance_receipt"


class DocumentNotFound(NotFound):
    """This sale has no such paper, or not yet."""

    code = "sale.document_not_found"
    default_message = "没有找到该文书，可能尚未生成"


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that can be opened."""

    key: str
    title: str
    url: str


class DocumentsController(Controller):
    """Nothing is rendered or fetched while a transaction is open: each handler reads first, and then works."""

    path = "/sales/contracts/{contract_id:uuid}"
    guards = (requires(Permission.SALE_VIEW),)

    @get("/preview.pdf")
    async def preview(self, actor: CurrentActor, resources: Parts, contract_id: FromPath[UUID]) -> Response[Any]:
        """The contract as it stands: with a watermark while it is a draft."""
        async with resources.database.read(actor.tenant) as reader:
            await presale.sale_of(reader, contract_id, actor)
            content = await contracts.content_of(reader, await contracts.get(reader, contract_id))
        rendered = await resources.renderer.pdf(contracts.contract_html(content))
        return pdf_response(rendered.pdf, f"商品房买卖合同-{content.home.building_name}{content.home.room}.pdf")

    @get("/notices/{name:str}")
    async def notice(
        self, actor: CurrentActor, resources: Parts, contract_id: FromPath[UUID], name: FromPath[str]
    ) -> Response[Any]:
        """The printable payment notice, for the payer."""
        async with resources.database.transaction(actor.tenant) as tx:
            await presale.sale_of(tx, contract_id, actor)
            bill = next((one for one in await escrow.bills_of(tx, contract_id) if f"{one.id}.pdf" == name), None)
            if bill is None:
                raise UnknownBill
            html, number = escrow.payment_notice_html(bill), bill.notice_no
            audit(tx, actor, "sale.document_opened", f"contract:{contract_id}", {"document": number})
        return pdf_response((await resources.renderer.pdf(html)).pdf, f"缴款通知书-{number}.pdf")

    @get("/documents/{key:str}")
    async def document(
        self, actor: CurrentActor, resources: Parts, contract_id: FromPath[UUID], key: FromPath[str]
    ) -> Response[Any]:
        """A document in its newest revision: with every signature that is in place; or the sealed proof."""
        async with resources.database.transaction(actor.tenant) as tx:
            on = await desk(tx, actor, contract_id)
            found = await _stored(tx, on)
            if key not in found:
                raise DocumentNotFound
            title, digest = found[key]
            audit(tx, actor, "sale.document_opened", f"contract:{contract_id}", {"document": key})
        name = f"{title}-{on.contract.filing_no or on.content.home.room}.pdf"
        return pdf_response(await resources.blobs.get(digest), name)


async def papers(reader: ReadSession, on: Desk) -> list[Paper]:
    """The papers that there are now; before the signing, the contract's text alone."""
    stored = await _stored(reader, on)
    text = [] if stored else [Paper("preview", "合同文本", f"{on.url}/preview.pdf")]
    return text + [Paper(key, title, f"{on.url}/documents/{key}") for key, (title, _) in stored.items()]


async def _stored(reader: ReadSession, on: Desk) -> dict[str, tuple[str, str]]:
    """Key → title and digest of what is in the blob store."""
    found = {}
    if on.sale.ceremony_id:
        documents = await signing.documents_of(reader, on.sale.ceremony_id)
        found = {one.key: (one.title, one.current_digest) for one in documents}
        if report := await report_of(reader, on.sale.ceremony_id):
            found[EVIDENCE] = (EVIDENCE_TITLE, report.pdf_digest)
    bills = await escrow.bills_of(reader, on.contract.id)
    for receipt in (await receipts_of(reader, [bill.id for bill in bills])).values():
        if receipt.pdf_digest:
            found[RECEIPT] = (receipt.title, receipt.pdf_digest)
    for proof in await certificates.of_case(reader, on.sale.case_id) if on.sale.case_id else []:
        if proof.pdf_digest:
            found[PROOF] = ("不动产登记证明", proof.pdf_digest)
    return found
