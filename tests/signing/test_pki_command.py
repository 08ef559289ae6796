"""`yiti pki` as an operator types it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from kernel.audit.models import AuditEntry
from kernel.clock import now
from kernel.db import Database
from kernel.permissions import system_actor
from kernel.settings import Settings
from signing.errors import SignerRevoked
from signing.founding import open_pki
from signing.models import OrganisationSeal
from signing.seal_policies import Keeper, set_policy
from signing.seal_rules import UsePolicy
from tests.testbed import HOME
from yiti import pki_command

KEY = f"county:{HOME}:command"
KINDS_KEY = f"county:{HOME}:kinds"
SEAL = (
    "issue-seal", "--county", HOME, "--key", KEY, "--organisation", "息县不动产登记中心",
    "--credit-code", "12411528MB0123456X", "--kinds", "certificate, proof",
)  # fmt: skip
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def own(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    mine = settings.model_copy(update={"pki_dir": tmp_path / "pki"})
    monkeypatch.setattr(pki_command, "get_settings", lambda: mine)
    return mine


@pytest.fixture
def run(own: Settings, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str]:
        code = pki_command.main(arguments)
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


async def seal_row(database: Database, key: str = KEY) -> OrganisationSeal:
    async with database.read(HOME) as reader:
        found = await reader.scalar(select(OrganisationSeal).where(OrganisationSeal.key == key))
    assert found is not None
    return found


def test_init_makes_it_once_and_tells_the_anchor(run: Run) -> None:
    first, again = run("init"), run("init")
    assert first == again
    assert "信任锚 SHA-256" in first[1]
    assert "第1代签发CA，在用" in first[1]


def test_rotation_is_seen_in_the_status(run: Run) -> None:
    assert run("rotate")[1].startswith("第2代签发CA已启用")
    told = run("status")[1]
    assert "第1代签发CA，只应答，不签发" in told
    assert "第2代签发CA，在用" in told


def test_a_new_root_stands_beside_the_old_one(run: Run) -> None:
    old = run("init")[1].splitlines()[0]
    code, told = run("rotate", "--root")
    assert (code, "第2代信任锚 SHA-256" in told, "第2代签发CA已启用" in told) == (0, True, True)
    status = run("status")[1]
    assert status.startswith(old), "the old anchor stays one"
    assert "第2代信任锚" in status


async def test_a_seal_in_service_is_allowed_further_kinds(run: Run, own: Settings, database: Database) -> None:
    assert (await asyncio.to_thread(run, *(KINDS_KEY if word == KEY else word for word in SEAL)))[0] == 0
    serial = (await seal_row(database, KINDS_KEY)).serial
    allow = ("allow-kinds", "--county", HOME, "--key", KINDS_KEY, "--kinds")
    code, told = await asyncio.to_thread(run, *allow, "annotated_copy, proof")
    assert (code, "证书、证明加注件" in told, "勾选" in told) == (0, True, False)
    row = await seal_row(database, KINDS_KEY)
    assert (row.document_kinds, row.serial) == (["certificate", "proof", "annotated_copy"], serial)
    keeper = Keeper(system_actor(HOME), agency=True)
    async with database.transaction(HOME) as tx:
        await set_policy(tx, keeper, row.id, UsePolicy(kinds=frozenset({"proof"})))
    code, told = await asyncio.to_thread(run, *allow, "public_notice")
    assert (code, "勾选新增的文件" in told) == (0, True), "the keeper has the last word"
    code, told = await asyncio.to_thread(run, *allow, "nonsense")
    assert (code, "没有这种文件：nonsense" in told) == (1, True)
    code, told = await asyncio.to_thread(run, "allow-kinds", "--county", HOME, "--key", "county:x", "--kinds", "proof")
    assert (code, told) == (1, "✗ 该单位尚未制作电子印章\n")
    async with database.read(HOME) as reader:
        written = select(AuditEntry.detail).where(AuditEntry.action == "seal.kinds_allowed")
        assert {"kinds": ["annotated_copy"]} in list(await reader.scalars(written))


async def test_a_seal_is_issued_revoked_and_issued_anew(run: Run, own: Settings, database: Database) -> None:
    code, told = await asyncio.to_thread(run, *SEAL)
    assert (code, "已签发" in told) == (0, True)
    pki, row = open_pki(own), await seal_row(database)
    first = pki.seal(KEY)
    assert row.document_kinds == ["certificate", "proof"]
    code, told = await asyncio.to_thread(run, "revoke", "--seal", KEY, "--county", HOME, "--reason", "印章遗失")
    assert (code, (await seal_row(database)).status) == (0, "revoked")
    with pytest.raises(SignerRevoked):
        pki.evidence(first.asn1, now())
    assert (await asyncio.to_thread(run, *SEAL))[0] == 0
    row, second = await seal_row(database), pki.seal(KEY)
    assert (row.status, row.serial) == ("active", f"{second.certificate.serial_number:x}")
    assert second.certificate.serial_number != first.certificate.serial_number
    assert pki.evidence(second.asn1, now()).ocsps
    known = pki.register.find(first.certificate.serial_number)
    assert known is not None
    assert known.reason == "印章遗失"


def test_what_cannot_be_revoked_is_told(run: Run) -> None:
    assert run("revoke", "--serial", "abc", "--reason", "试") == (1, "✗ 没有签发过此证书\n")
    assert run("revoke", "--serial", "xyz", "--reason", "试")[0] == 1
    assert "--county" in run("revoke", "--seal", KEY, "--reason", "试")[1]


def test_production_has_no_keys_to_manage(run: Run, own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = own.model_copy(update={"environment": "production"})
    monkeypatch.setattr(pki_command, "get_settings", lambda: refused)
    assert run("init")[0] == 1
