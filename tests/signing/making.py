"""Making signed PDFs for the tests."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from signing import pades
from signing.appearance import BLACK, SEAL_RED, Ink, handwriting_mask, read_ink
from signing.keys import Credential
from signing.pades import Desk, FieldPlan
from signing.pki import Pki
from tests.signing.material import BOX, box, document, handwriting, picture

BUYERS = ("sign-buyer-1", "sign-buyer-2", "sign-buyer-3")
SELLER = "sign-seller"


def ink() -> Ink:
    return read_ink(handwriting_mask(handwriting()), BLACK)


def seal_ink() -> Ink:
    return read_ink(picture(), SEAL_RED)


def seal_of(pki: Pki, key: str = "developer") -> Credential:
    return pki.issue_seal(key, "河南某某置业有限公司", "91411528MA99999963", picture())


async def sealed(pki: Pki, desk: Desk, level: pades.Level = "B-LT") -> bytes:
    return await pades.seal_pdf(document(), "seal", BOX, seal_of(pki), desk, ink=seal_ink(), level=level)


async def prepared(pki: Pki, desk: Desk, names: Iterable[str] = BUYERS) -> bytes:
    plans = [FieldPlan(name, box(place)) for place, name in enumerate(names)]
    plans.append(FieldPlan(SELLER, box(3), locks_all=True))
    return await pades.prepare(document(), plans, seal_of(pki, "the platform"), desk)


async def contract(pki: Pki, desk: Desk) -> bytes:
    pdf = await prepared(pki, desk)
    for name in BUYERS:
        pdf = await pades.sign_field(pdf, name, pki.issue_person(f"买受人{name[-1]}", f"as-{name}"), desk, ink=ink())
    return await pades.sign_field(pdf, SELLER, seal_of(pki), desk, ink=seal_ink())


def pdfsig(folder: Path, pdf: bytes) -> str:
    file = folder / "signed.pdf"
    file.write_bytes(pdf)
    command = ["pdfsig", "-no-ocsp", str(file)]
    environment = os.environ | {"HOME": str(folder)}  # not the certificate store of whoever runs the tests
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment).stdout
