"""The signing processes as the rest of the platform sees them. Signing does not scale over threads."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, Protocol, Self, TypeVar

import structlog

from kernel.errors import Unavailable
from kernel.processes import CONTEXT, prepare
from kernel.rendering.schemas import Box
from kernel.settings import Settings
from signing import worker
from signing.contents import Contents
from signing.embedded import EmbeddedSignatures
from signing.examiners import Examiners
from signing.judging import Trust
from signing.pades import FieldPlan, Level, SealPlace
from signing.schemas import SealRef, SignatureMade, ValidationReport
from signing.worker import FieldToSign, Person

P = ParamSpec("P")
R = TypeVar("R")
Signed = list[tuple[bytes, SignatureMade]]
_log = structlog.get_logger(__name__)
prepare("signing.worker")

TRUST_SECONDS = 60.0
"""How long the answers about our own timestamps are used again for validations."""


class SigningRoom(Protocol):
    """What ceremonies need of the pool."""

    async def prepare(self, pdf: bytes, plans: Sequence[FieldPlan]) -> bytes: ...

    async def sign_person(self, person: Person, documents: Sequence[FieldToSign]) -> Signed: ...

    async def sign_seal(self, key: str, documents: Sequence[FieldToSign]) -> Signed: ...


class SigningPool:
    """Processes, each with the opened PKI. One that dies is replaced; its work fails as `Unavailable`.

    Seals must be issued before use (`signing.seals.issue`). `async with` or `start`/`close`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._executor = self._new_executor()
        self._examiners = Examiners(settings.signing_processes)
        self._trust: tuple[float, Trust | None] = (0.0, None)

    def _new_executor(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._settings.signing_processes,
            mp_context=CONTEXT,
            initializer=worker.start,
            initargs=(self._settings,),
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Warm every process; without it the first document of each waits some seconds.

        Keys or time that are away now must not keep the platform from starting, and from saying so.
        """
        try:
            await asyncio.gather(*(self._run(worker.ready) for _ in range(self._settings.signing_processes)))
        except Unavailable as error:
            _log.warning("signing.not_ready", reason=error.code)

    async def close(self) -> None:
        await self._examiners.close()
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)

    async def _run(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        executor = self._executor
        try:
            return await asyncio.wrap_future(executor.submit(work, *arguments, **named))
        except BrokenProcessPool as error:
            if self._executor is executor:
                _log.error("signing.process_lost")
                self._executor = self._new_executor()
            raise Unavailable from error

    async def prepare(self, pdf: bytes, plans: Sequence[FieldPlan]) -> bytes:
        """Signature fields with their locks, and the platform's certification signature."""
        return await self._run(worker.prepare, pdf, tuple(plans))

    async def sign_person(self, person: Person, documents: Sequence[FieldToSign]) -> Signed:
        """One person's signatures under several documents, in their order."""
        return await self._run(worker.sign_person, person, tuple(documents))

    async def sign_seal(self, key: str, documents: Sequence[FieldToSign]) -> Signed:
        """An organisation's e-seal under several documents. Raises UnknownSeal, SignerRevoked."""
        return await self._run(worker.sign_seal, key, tuple(documents))

    async def seal_pdf(
        self, pdf: bytes, seal: SealRef, field: str = "seal", box: Box | None = None, level: Level = "B-LT"
    ) -> bytes:
        """Seal a proof or letter in one incremental update; `box` None makes it invisible."""
        return await self._run(worker.seal, pdf, seal.key, field, box, level)

    async def add_seal(self, pdf: bytes, seal: SealRef, place: SealPlace) -> bytes:
        """Set a seal on a PDF that somebody brought, beside the seals that it may have; B-LT. Raises BadPdf."""
        return await self._run(worker.add_seal, pdf, seal.key, place)

    async def archive_timestamp(self, pdf: bytes) -> bytes:
        """B-LTA: a document timestamp over everything so far."""
        return await self._run(worker.archive, pdf)

    async def answer_ocsp(self, request: bytes) -> bytes:
        """What the page at `signing.pki.OCSP_PATH` answers to an `application/ocsp-request`."""
        return await self._run(worker.answer_ocsp, request)

    async def answer_timestamp(self, request: bytes) -> bytes:
        """What the page at `signing.pki.TIMESTAMP_PATH` answers to an `application/timestamp-query`."""
        return await self._run(worker.answer_timestamp, request)

    async def issuer_certificate(self, number: int) -> bytes:
        """An issuing CA, DER. Raises UnknownCertificate."""
        return await self._run(worker.issuer_certificate, number)

    async def revocation_list(self, number: int) -> bytes:
        """The CRL of an issuing CA; DER. Raises UnknownCertificate."""
        return await self._run(worker.revocation_list, number)

    async def root_list(self, number: int) -> bytes:
        """The CRL of a root; DER. Raises UnknownCertificate."""
        return await self._run(worker.root_list, number)

    async def root_certificates(self) -> list[tuple[bytes, bytes]]:
        """The trust anchors of this installation's signatures, oldest first, each with its key as the one before it
        certified it (empty for the first); DER."""
        return await self._run(worker.root_certificates)

    async def embedded(self, pdf: bytes) -> EmbeddedSignatures:
        """What the signatures of a PDF carry, not judged. Raises BadPdf."""
        return await self._run(worker.embedded, pdf)

    async def validate_pdf(self, pdf: bytes) -> ValidationReport:
        """Never raises on a bad PDF; cache the answer by the file's digest, it costs some 50 ms a signature.

        Unavailable when the PKI cannot be asked, or too many files wait.
        """
        return await self._examiners.examine(pdf, await self._present_trust())

    async def look_into(self, pdf: bytes) -> Contents:
        """What a stranger's PDF is and what is attached to it. Never raises on a bad one; Unavailable as above."""
        return await self._examiners.look_into(pdf)

    async def _present_trust(self) -> Trust:
        made, trust = self._trust
        if trust is None or time.monotonic() - made > TRUST_SECONDS:
            trust = await self._run(worker.trust)
            self._trust = (time.monotonic(), trust)
        return trust
