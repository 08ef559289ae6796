from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from integrations.connectors import Connectors, SandboxInProduction, connect
from integrations.keys import KeyProblem, ensure_development_keys
from integrations.mortgage_bank import NoticeBooked
from integrations.sandbox.app import create_app
from integrations.tax import ContractNotice, Taxpayer
from kernel.blobs import BlobStore
from kernel.db import Database
from kernel.settings import Settings

from .conftest import Sandbox

REAL = {
    "identity_url": "https://id.example/auth",
    "supervision_bank_url": "https://bank.example/gateway",
    "mortgage_bank_url": "https://bank.example/loan",
    "tax_url": "https://tax.example/x",
    "sms_url": "https://sms.example/x",
}


def in_production(settings: Settings, keys_dir: Path, **changed: str) -> Settings:
    update = {"environment": "production", "keys_dir": keys_dir, **REAL, **changed}
    return settings.model_copy(update=update)


@pytest.mark.parametrize(
    "address", ["http://sms.example/x", "https://127.0.0.1/sms", "https://localhost/sms", "https://[::1]/", "", "sms"]
)
def test_production_refuses_sandbox_addresses(
    settings: Settings, database: Database, blobs: BlobStore, tmp_path: Path, address: str
) -> None:
    with pytest.raises(SandboxInProduction, match="sms"):
        connect(in_production(settings, tmp_path, sms_url=address), database, blobs)
    assert list(tmp_path.iterdir()) == []


def test_production_refuses_development_keys(
    settings: Settings, database: Database, blobs: BlobStore, tmp_path: Path
) -> None:
    with pytest.raises(KeyProblem, match="cannot read"):
        connect(in_production(settings, tmp_path), database, blobs)
    ensure_development_keys(tmp_path)
    with pytest.raises(KeyProblem, match="development keys"):
        connect(in_production(settings, tmp_path), database, blobs)


async def test_production_starts_with_real_keys(
    settings: Settings, database: Database, blobs: BlobStore, tmp_path: Path
) -> None:
    ensure_development_keys(tmp_path)
    for path in tmp_path.glob("*.json"):
        path.write_text(path.read_text().replace('"development-', '"real-'))
    made = connect(in_production(settings, tmp_path), database, blobs)
    assert made.sms._client._refuse_sandbox
    await made.aclose()


def test_the_sandbox_refuses_production(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="never runs in production"):
        create_app(in_production(settings, tmp_path))


@pytest.mark.usefixtures("home")
async def test_the_tax_bureau_gets_the_contract(connectors: Connectors, sandbox: Sandbox) -> None:
    notice = ContractNotice(
        filing_no=f"YS{uuid4().hex[:8]}",
        filed_at=datetime(2026, 11, 1, tzinfo=UTC),
        unit_code="411528001001GB00001F00010001",
        location="息县谯楼街道一号楼 101",
        usage="住宅",
        building_area=Decimal("109.30"),
        price_fen=65_580_000,
        seller=Taxpayer(name="息县某某置业有限公司", id_kind="credit_code", id_no="91411528MA99999963"),
        buyers=(Taxpayer(name="𬭊小明", id_kind="resident_id", id_no="990000199001010010", share="1/2"),),
        proof_no="豫（2026）息县不动产证明第0000001号",
    )
    first = await connectors.tax.push_contract(notice)
    assert await connectors.tax.push_contract(notice) == first
    (item,) = [item for item in sandbox.get("/tax/contracts") if item["data"]["filing_no"] == notice.filing_no]
    assert (item["data"]["building_area"], item["data"]["buyers"][0]["name"]) == ("109.30", "𬭊小明")


@pytest.mark.usefixtures("home")
async def test_the_lending_bank_is_told(connectors: Connectors, sandbox: Sandbox) -> None:
    notice = NoticeBooked(
        proof_no=f"豫（2026）息县不动产证明第{uuid4().hex[:7]}号",
        bank_code="XXNSH",
        unit_code="411528001001GB00001F00010001",
        location="息县谯楼街道一号楼 101",
        right_holders=("王小明", "李小红"),
        filing_no="YS1",
        booked_at=datetime(2026, 11, 1, tzinfo=UTC),
        verify_url="https://example/verify/411528/x",
    )
    accepted = await connectors.mortgage_bank.push_notice(notice)
    items = {item["reference"]: item["data"] for item in sandbox.get("/mortgage-bank/notices")}
    assert items[accepted.reference]["right_holders"] == ["王小明", "李小红"]
