"""Verification by machines: the same answers as the page's, as JSON, and problem details for everything else."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from httpx import ASGITransport, AsyncClient, Response
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from kernel.web.dependencies import DEPENDENCIES
from tests.journeys.stage import HOME, Stage
from tests.portals.citizens import Sold
from tests.portals.test_public_verify import _another_page
from tests.signing import hostile
from tests.signing.foreign import foreign_signature
from tests.testbed import COUNTIES
from yiti.api.verification import VerificationApi
from yiti.certificates.models import Certificate
from yiti.portals.public.throttle import Quota
from yiti.portals.shell.plugin import Shell

URL = "/api/verify"


@pytest.fixture(scope="module")
def interface(stage: Stage) -> Litestar:
    counties = {str(county["code"]): str(county["name"]) for county in COUNTIES}
    return Litestar(
        route_handlers=[VerificationApi],
        dependencies={**DEPENDENCIES, "resources": Provide(lambda: stage.resources, sync_to_thread=False)},
        plugins=[Shell(stage.resources.settings, [])],
        state=State({"database": stage.resources.database, "counties": counties}),
        openapi_config=None,
    )


@pytest.fixture
async def machine(interface: Litestar) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(interface)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="http://yiti") as client:
        yield client


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """All these tests come from one address."""
    for name in ("UPLOADS", "UNKNOWN_CODES"):
        quota = Quota(f"api-{name[:2]}", 1000, timedelta(minutes=1))
        monkeypatch.setattr(f"yiti.portals.public.verifying.{name}", quota)


@pytest.fixture(scope="module")
def proof(sold: Sold) -> Certificate:
    return sold.proof


@pytest.fixture
async def original(stage: Stage, proof: Certificate) -> bytes:
    assert proof.pdf_digest is not None
    return await stage.resources.blobs.get(proof.pdf_digest)


def problem(response: Response) -> tuple[int, str]:
    assert response.headers["content-type"].startswith("application/problem+json")
    found = response.json()
    assert found["status"] == response.status_code
    assert found["title"]
    return response.status_code, found["code"]


async def test_a_proof_by_its_code(machine: AsyncClient, proof: Certificate) -> None:
    found = await machine.get(f"{URL}/{HOME}/{proof.verify_code}")
    assert found.status_code == 200
    told = found.json()
    assert (told["register"], told["paper"]["number"], told["verdict"]) == ("valid", proof.number, None)
    assert "周武" not in found.text


@pytest.mark.parametrize("path", [f"{HOME}/{'x' * 20}", f"{HOME}/%00", f"{HOME}/..", f"{HOME}/{'y' * 3000}"])
async def test_an_unknown_code(machine: AsyncClient, path: str) -> None:
    assert problem(await machine.get(f"{URL}/{path}"))[0] in (404, 405)


async def test_an_unknown_county(machine: AsyncClient, original: bytes) -> None:
    assert problem(await machine.get(f"{URL}/999999/{'x' * 20}"))[0] == 404
    assert problem(await machine.post(URL, params={"county": "999999"}, content=original)) == (422, "invalid")


async def test_the_very_file_and_one_that_was_added_to(
    machine: AsyncClient, proof: Certificate, original: bytes
) -> None:
    told = (await machine.post(URL, content=original)).json()
    assert told["sha256"] == hashlib.sha256(original).hexdigest()
    assert (told["register"], told["original"], told["verdict"]) == ("valid", "none", "valid")
    (seal,) = told["signatures"]
    assert (seal["level"], seal["timestamp"], seal["changes"], seal["added"]) == ("B-LT", "trusted", "none", [])
    assert seal["signed_at"].endswith("Z") or "+00:00" in seal["signed_at"]

    longer = (await machine.post(URL, content=original + _another_page(original))).json()
    assert (longer["register"], longer["original"], longer["verdict"]) == ("valid", "illegal", "changed")
    (seal,) = longer["signatures"]
    assert (seal["intact"], seal["trusted"], seal["changes"]) == (True, True, "illegal")
    assert {"kind": "page_changed", "name": "1", "words": "第1页的内容被改"} in seal["added"]


async def test_a_foreign_file(machine: AsyncClient) -> None:
    told = (await machine.post(URL, content=await foreign_signature())).json()
    assert (told["register"], told["paper"], told["verdict"]) == ("not_ours", None, "untrusted")
    (one,) = told["signatures"]
    assert (one["signer"], one["intact"], one["trusted"], one["signed_at"]) == ("Somebody Foreign", True, False, None)


@pytest.mark.parametrize("name", hostile.MEANINGLESS | hostile.UNVERIFIABLE)
async def test_hostile_bodies_get_an_answer_or_a_problem(name: str, machine: AsyncClient) -> None:
    pdf = (hostile.MEANINGLESS | hostile.UNVERIFIABLE)[name]()
    found = await machine.post(URL, content=pdf, headers={"Content-Type": "application/pdf"})
    if b"%PDF-" in pdf[:1024]:
        assert found.status_code == 200
        assert found.json()["verdict"] in ("broken", "unreadable")
    else:
        assert problem(found) == (422, "invalid")


@pytest.mark.parametrize("kind", ["", "text/html", "multipart/form-data; boundary=x", "application/json", "x" * 900])
async def test_what_the_body_is_said_to_be_does_not_matter(kind: str, machine: AsyncClient, original: bytes) -> None:
    found = await machine.post(URL, content=original, headers={"Content-Type": kind})
    assert (found.status_code, found.json()["register"]) == (200, "valid")


async def test_too_large_and_too_often(machine: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert problem(await machine.post(URL, content=b"%PDF-1.7" + b"0" * (5 * 1024 * 1024)))[0] == 413
    quota = Quota("api-1", 1, timedelta(minutes=1))
    monkeypatch.setattr("yiti.portals.public.verifying.UPLOADS", quota)
    assert (await machine.post(URL, content=b"%PDF-1.7")).status_code == 200
    assert problem(await machine.post(URL, content=b"%PDF-1.7"))[0] == 429
    assert problem(await machine.put(URL, content=b""))[0] == 405
