"""What a registration case asks of tax bureau, housing department and treasury, and how they answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar, Request, Response, post
from litestar.params import FromPath

from integrations.addresses import optional_addresses
from integrations.case_requests import ANSWERED
from integrations.connectors import Connectors, connect
from integrations.counterparties import PLATFORM, Counterparty
from integrations.envelope import seal_message
from integrations.errors import BadSignature, MalformedMessage, Replayed
from integrations.gateway import CaseAnswer, ReceivedAnswer
from integrations.housing import FundInquiry
from integrations.keys import KeyRing
from integrations.sharing import PersonInquiry, RecordInquiry
from integrations.tax import TaxDeclaration, Taxpayer
from integrations.treasury import FeeBill
from kernel.blobs import BlobStore
from kernel.db import Database
from kernel.errors import DomainError
from kernel.settings import Settings

from .conftest import HOME, PLAIN, QUICK, Sandbox, serving, until

pytestmark = pytest.mark.usefixtures("home")
UNIT = "411528001001GB00001F00010001"


@dataclass
class Ear:
    received: list[ReceivedAnswer] = field(default_factory=list)

    def of(self, request_no: str) -> list[CaseAnswer]:
        return [one.answer for one in self.received if one.answer.request_no == request_no and not one.duplicate]


@pytest.fixture
async def ear(connectors: Connectors, database: Database, platform_port: int) -> AsyncIterator[Ear]:
    async with listening(connectors, database, platform_port) as ear:
        yield ear


@asynccontextmanager
async def listening(connectors: Connectors, database: Database, port: int) -> AsyncIterator[Ear]:
    ear = Ear()

    @post("/gateway/{county:str}/{counterparty:str}/answers", status_code=200)
    async def answers(
        county: FromPath[str], counterparty: FromPath[str], request: Request[Any, Any, Any]
    ) -> Response[dict[str, bool]]:
        async with database.transaction(county) as tx:
            ear.received.append(await connectors.gateway.receive_answer(tx, counterparty, await request.body()))
        return Response({"ok": True})

    def refused(_: Request[Any, Any, Any], error: DomainError) -> Response[dict[str, str]]:
        return Response({"code": error.code}, status_code=error.status)

    app = Litestar([answers], exception_handlers={DomainError: refused}, openapi_config=None, logging_config=None)
    async with serving(app, port):
        yield ear


def number() -> str:
    return f"QQ{uuid4().hex[:12]}"


def declaration(request_no: str) -> TaxDeclaration:
    person = Taxpayer(name="王小明", id_kind="resident_id", id_no="990000199001010010")
    return TaxDeclaration(
        request_no=request_no, case_no="4115282026112100001", business="transfer_resale", cause="买卖",
        unit_codes=(UNIT,), location="息县谯楼街道一号楼 101", usage="住宅", building_area=Decimal("109.30"),
        price_fen=65_580_000, transferors=(person,), transferees=(person,),
    )  # fmt: skip


async def test_tax_waits_until_it_is_paid(connectors: Connectors, sandbox: Sandbox, ear: Ear) -> None:
    asked = declaration(number())
    first = await connectors.tax.declare(asked)
    assert await connectors.tax.declare(asked) == first
    assert ear.of(asked.request_no) == []
    assert sandbox.post(f"/requests/{asked.request_no}/answer", json={"amount_fen": 655_800}).status_code == 200
    await until(lambda: ear.of(asked.request_no))
    (answer,) = ear.of(asked.request_no)
    assert (answer.state, answer.amount_fen) == ("clear", 655_800)
    assert answer.reference.startswith("PZ")
    assert sandbox.post(f"/requests/{asked.request_no}/answer").status_code == 409


async def test_the_housing_department_answers_by_itself_and_once(
    connectors: Connectors, sandbox: Sandbox, ear: Ear
) -> None:
    sandbox.fault("housing", duplicate_callback=True)
    assert connectors.housing is not None
    request_no = number()
    inquiry = FundInquiry(
        request_no=request_no, case_no="1", unit_codes=(UNIT,), location="息县", building_area=Decimal("100.00"),
        owners=("王小明",),
    )  # fmt: skip
    await connectors.housing.inquire(inquiry)
    await until(lambda: sum(one.answer.request_no == request_no for one in ear.received) >= 2)
    (answer,) = ear.of(request_no)
    assert (answer.state, answer.words) == ("clear", "维修资金已缴存")


async def test_the_treasury_reports_the_amount(connectors: Connectors, sandbox: Sandbox, ear: Ear) -> None:
    assert connectors.treasury is not None
    bill = FeeBill(request_no=number(), case_no="1", title="不动产登记费（住宅）", payer="王小明", amount_fen=8000)
    await connectors.treasury.bill(bill)
    async with httpx.AsyncClient(base_url=sandbox.url, **PLAIN) as browser:
        assert bill.request_no in (await browser.get("/requests/page")).text
        paid = await browser.post("/requests/page", data={"request_no": bill.request_no, "state": "clear"})
        assert paid.status_code == 303
        refused = await browser.post("/requests/page", data={"request_no": bill.request_no, "state": "maybe"})
        assert refused.status_code == 422
    await until(lambda: ear.of(bill.request_no))
    assert ear.of(bill.request_no)[0].amount_fen == 8000


async def test_people_and_records(connectors: Connectors, sandbox: Sandbox) -> None:
    assert connectors.sharing is not None
    alive = PersonInquiry(name="王小明", id_kind="resident_id", id_no="990000199001010010")
    dead = PersonInquiry(name="王老", id_kind="resident_id", id_no="990000193001010019")
    sandbox.http.put(f"/sharing/people/{dead.id_no}", json={"deceased": True}).raise_for_status()
    one = await connectors.sharing.person(alive, key=number())
    two = await connectors.sharing.person(dead, key=number())
    assert (one.matched, one.deceased, two.deceased) == (True, False, True)
    wanted = RecordInquiry(source="police", code="kinship", title="亲属关系证明", case_no="1", people=(alive,),
                           unit_codes=(UNIT,))  # fmt: skip
    found = await connectors.sharing.record(wanted, key=number())
    assert found.found
    assert found.keeper == "公安机关"
    assert alive.id_no not in repr(found.lines)
    sandbox.http.put("/sharing/absent", json=["police"]).raise_for_status()
    missing = await connectors.sharing.record(wanted, key=number())
    sandbox.http.put("/sharing/absent", json=[]).raise_for_status()
    assert not missing.found


# By hand: what the sandbox would not send.


TAX: dict[str, Any] = {"kind": "deed_tax", "base_fen": 500, "rate": "1%", "due_fen": 5, "amount_fen": 5}


def answered(keys: KeyRing, *, key: str = "", op: str = ANSWERED, **changed: Any) -> bytes:
    data = {"request_no": "QQ1", "state": "clear", "decided_at": "2026-11-01T08:00:00+08:00"}
    raw = msgspec.Raw(msgspec.json.encode(data | changed))
    return seal_message(keys, to=PLATFORM, op=op, county=HOME, key=key or uuid4().hex, data=raw).encode()


@pytest.mark.parametrize(
    "wrong", [{"state": "perhaps"}, {"amount_fen": -1}, {"request_no": ""}, {"decided_at": "2026-11-01T08:00:00"},
              {"op": "payment.confirmed"}, {"state": "assessed"},
              {"state": "assessed", "amount_fen": 1, "lines": [TAX]},
              {"lines": [TAX]}, {"state": "assessed", "amount_fen": 2, "lines": [TAX | {"amount_fen": 2}]},
              {"state": "assessed", "amount_fen": 5, "lines": [TAX | {"kind": "tea_tax"}]}],
)  # fmt: skip
async def test_well_signed_nonsense_is_malformed(
    connectors: Connectors, database: Database, sandbox: Sandbox, wrong: dict[str, Any]
) -> None:
    keys = KeyRing.load(sandbox.keys_dir, Counterparty.TAX)
    with pytest.raises(MalformedMessage):
        async with database.transaction(HOME) as tx:
            await connectors.gateway.receive_answer(tx, "tax", answered(keys, **wrong))


async def test_only_the_tax_bureau_assesses(connectors: Connectors, database: Database, sandbox: Sandbox) -> None:
    told: dict[str, Any] = {"state": "assessed", "amount_fen": 5, "lines": [TAX]}
    for who in (Counterparty.TREASURY, Counterparty.HOUSING):
        keys = KeyRing.load(sandbox.keys_dir, who)
        with pytest.raises(MalformedMessage):
            async with database.transaction(HOME) as tx:
                await connectors.gateway.receive_answer(tx, who, answered(keys, **told))
    keys = KeyRing.load(sandbox.keys_dir, Counterparty.TAX)
    async with database.transaction(HOME) as tx:
        received = await connectors.gateway.receive_answer(tx, "tax", answered(keys, **told))
    assert [line.amount_fen for line in received.answer.lines] == [5]


async def test_nobody_answers_for_another(connectors: Connectors, database: Database, sandbox: Sandbox) -> None:
    keys = KeyRing.load(sandbox.keys_dir, Counterparty.SMS)
    for door, error in (("tax", BadSignature), ("sms", MalformedMessage), ("nobody", BadSignature)):
        with pytest.raises(error):
            async with database.transaction(HOME) as tx:
                await connectors.gateway.receive_answer(tx, door, answered(keys))


async def test_one_event_with_two_contents_is_refused(
    connectors: Connectors, database: Database, sandbox: Sandbox
) -> None:
    keys, key = KeyRing.load(sandbox.keys_dir, Counterparty.TREASURY), uuid4().hex
    for state, expected in (("clear", None), ("clear", None), ("refused", Replayed)):
        if expected is None:
            async with database.transaction(HOME) as tx:
                await connectors.gateway.receive_answer(tx, "treasury", answered(keys, key=key, state=state))
        else:
            with pytest.raises(expected):
                async with database.transaction(HOME) as tx:
                    await connectors.gateway.receive_answer(tx, "treasury", answered(keys, key=key, state=state))


async def test_a_county_connects_what_it_has(
    settings: Settings, database: Database, blobs: BlobStore, sandbox: Sandbox
) -> None:
    live = settings.model_copy(update={"environment": "production", "treasury_url": "https://fee.example/x"})
    assert optional_addresses(live) == {Counterparty.TREASURY: "https://fee.example/x"}
    assert set(optional_addresses(settings)) == {
        Counterparty.HOUSING, Counterparty.TREASURY, Counterparty.SHARING, Counterparty.PAYMENT_CHANNEL,
    }  # fmt: skip
    here = settings.model_copy(update={"keys_dir": sandbox.keys_dir})
    made = connect(here, database, blobs, QUICK)
    assert made.treasury is not None
    await made.aclose()
