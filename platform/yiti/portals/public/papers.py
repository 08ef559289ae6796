"""Every kind of paper that the public may verify: certificates, proofs and letters, found the same way."""

from kernel.db import ReadSession
from yiti.certificates import verification as certificates
from yiti.certificates.checking import Known, Verification, check_file, result
from yiti.certificates.ports import ValidatePdf
from yiti.letters import verification as letters


async def verify_code(reader: ReadSession, code: str) -> Verification:
    """By the code of the QR address; an unknown or malformed code is `NOT_OURS`, never an error."""
    return result(await certificates.known_by_code(reader, code) or await letters.known_by_code(reader, code))


async def verify_pdf(reader: ReadSession, pdf: bytes, validate: ValidatePdf) -> Verification:
    """By the uploaded file, see `checking.check_file`."""

    async def find(digests: list[str]) -> dict[str, Known]:
        return {
            **await letters.known_by_digest(reader, digests),
            **await certificates.known_by_digest(reader, digests),
        }

    return await check_file(pdf, find, validate)
