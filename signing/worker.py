"""What runs inside a signing process. The opened PKI and the event loop stay for the life of the process."""

import asyncio
import hashlib
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from kernel.clock import now
from kernel.processes import end_with_parent
from kernel.rendering.schemas import Box
from kernel.settings import Settings, get_settings
from signing import pades, timestamps
from signing.appearance import BLACK, SEAL_RED, Ink, read_ink
from signing.embedded import EmbeddedSignatures, embedded_signatures
from signing.founding import open_pki
from signing.judging import Trust
from signing.keys import Credential
from signing.pades import Desk, FieldPlan, Level, SealPlace
from signing.pki import Pki
from signing.schemas import PLATFORM_NAME, PLATFORM_SEAL, SignatureMade

T = TypeVar("T")


class FieldToSign(msgspec.Struct, frozen=True, kw_only=True):
    """One document and the field in it."""

    pdf: bytes
    field: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs by hand: the assertion's reference goes into the certificate."""

    name: str
    organisation: str | None
    assertion: str
    handwriting: bytes


@dataclass
class _Process:
    settings: Settings

    @cached_property
    def loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.new_event_loop()

    @cached_property
    def pki(self) -> Pki:
        return open_pki(self.settings)

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.pki, timestamps.open_timestamper(self.settings, self.pki))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)


_process: _Process | None = None


def start(settings: Settings | None = None) -> None:
    """Initialiser of a signing process."""
    global _process  # noqa: PLW0603 - the one piece of state of the process
    end_with_parent()
    # Their warnings quote certificate subjects, which are people's names.
    for library in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    _process = _Process(settings or get_settings())


def _here() -> _Process:
    if _process is None:
        raise RuntimeError("signing.worker.start was not called in this process")
    return _process


def _made(field: str, credential: Credential) -> SignatureMade:
    return SignatureMade(
        field=field,
        serial=f"{credential.certificate.serial_number:x}",
        subject=credential.certificate.subject.rfc4514_string(),
        certificate_digest=hashlib.sha256(credential.der).hexdigest(),
        signed_at=now(),
    )


def ready() -> bool:
    """Open everything, so that the first real signature is not slow."""
    here = _here()
    platform = _platform(here)
    here.run(here.desk.timestamper.evidence(now()))
    here.pki.evidence(platform.asn1, now())
    return True


def _platform(here: _Process) -> Credential:
    return here.pki.issue_seal(PLATFORM_SEAL, PLATFORM_NAME, "", b"")


def _seal_ink(here: _Process, key: str) -> Ink | None:
    """The platform signs without a picture."""
    return None if key == PLATFORM_SEAL else read_ink(here.pki.seal_picture(key), SEAL_RED)


def prepare(pdf: bytes, plans: tuple[FieldPlan, ...]) -> bytes:
    """Fields and certification signature."""
    here = _here()
    return here.run(pades.prepare(pdf, plans, _platform(here), here.desk))


def sign_person(person: Person, documents: tuple[FieldToSign, ...]) -> list[tuple[bytes, SignatureMade]]:
    """Sign all documents of one person with one key, which is made here, used here, and gone when this returns."""
    here = _here()
    credential = here.pki.issue_person(person.name, person.assertion, person.organisation)
    ink = read_ink(person.handwriting, BLACK)
    return [
        (
            here.run(pades.sign_field(document.pdf, document.field, credential, here.desk, ink=ink)),
            _made(document.field, credential),
        )
        for document in documents
    ]


def sign_seal(key: str, documents: tuple[FieldToSign, ...]) -> list[tuple[bytes, SignatureMade]]:
    """Sign all documents with an organisation's e-seal."""
    here = _here()
    credential, ink = _platform(here) if key == PLATFORM_SEAL else here.pki.seal(key), _seal_ink(here, key)
    return [
        (
            here.run(pades.sign_field(document.pdf, document.field, credential, here.desk, ink=ink)),
            _made(document.field, credential),
        )
        for document in documents
    ]


def seal(pdf: bytes, key: str, field: str, box: Box | None, level: Level) -> bytes:
    """Seal a document of one signature."""
    here = _here()
    credential, ink = here.pki.seal(key), _seal_ink(here, key)
    return here.run(pades.seal_pdf(pdf, field, box, credential, here.desk, ink=ink if box else None, level=level))


def add_seal(pdf: bytes, key: str, place: SealPlace) -> bytes:
    """A seal beside others."""
    here = _here()
    credential, ink = here.pki.seal(key), read_ink(here.pki.seal_picture(key), SEAL_RED, place.turn)
    return here.run(pades.add_seal(pdf, place, credential, here.desk, ink=ink))


def archive(pdf: bytes) -> bytes:
    """B-LTA."""
    here = _here()
    return here.run(pades.archive_timestamp(pdf, here.desk))


def answer_ocsp(request: bytes) -> bytes:
    """RFC 6960."""
    return _here().pki.answer_request(request)


def answer_timestamp(request: bytes) -> bytes:
    """RFC 3161."""
    return timestamps.answer_request(_here().pki, request)


def root_certificates() -> list[tuple[bytes, bytes]]:
    """The trust anchors, oldest first, each with its bridge from the one before; DER."""
    return [(one.credential.der, one.bridge) for one in _here().pki.all_roots()]


def issuer_certificate(number: int) -> bytes:
    """An issuing CA, DER."""
    return _here().pki.generation(number).issuer.der


def revocation_list(number: int) -> bytes:
    """Of an issuing CA; DER."""
    return _here().pki.issuing_list(number, now())


def root_list(number: int) -> bytes:
    """Of a root; DER."""
    return _here().pki.root_list(now(), number)


def embedded(pdf: bytes) -> EmbeddedSignatures:
    """What the signatures of a PDF carry, for the evidence report."""
    return embedded_signatures(pdf)


def trust() -> Trust:
    """Whom to believe, with fresh answers about our timestamps: what the examining processes need, and no key."""
    here = _here()
    fresh = here.run(here.desk.timestamper.standing(now()))
    outside = here.pki.outside.roots if here.pki.outside else ()
    own = (one.credential.der for one in here.pki.all_roots())
    return Trust(tuple(dict.fromkeys((*own, *here.desk.timestamper.roots, *outside))), fresh)
