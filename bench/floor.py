"""The bare price of one proof: a warm rendering and one signature by pyHanko's own signer, one after the other."""

import logging
import time
from io import BytesIO
from pathlib import Path
from statistics import median

from asn1crypto import keys
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from bench.certificate_pipeline import SEAL, issue_seal, proof_content
from bench.place import quiet_settings
from kernel.clock import now
from kernel.rendering import Renderer
from signing.founding import open_pki
from signing.keys import Credential
from signing.pki import Pki
from yiti.certificates.document import proof_attachment, proof_html

ROUNDS = 10


async def render_and_sign_ms(folder: Path) -> float:
    """Median milliseconds of both together, in one process each."""
    logging.getLogger("pyhanko").setLevel(logging.ERROR)  # it warns each time that nothing may be fetched
    settings = quiet_settings(folder).model_copy(update={"render_processes": 1})
    issue_seal(settings)
    pki = open_pki(settings)
    seal, samples = pki.seal(SEAL), []
    async with Renderer(settings.assets_dir, 1) as renderer:
        for serial in range(ROUNDS + 1):
            content = proof_content(serial)
            started = time.perf_counter()
            rendered = await renderer.pdf(proof_html(content), attachments=[proof_attachment(content)])
            await stock_signature(rendered.pdf, seal, pki)
            samples.append((time.perf_counter() - started) * 1000)
    return median(samples[1:])


async def stock_signature(
    pdf: bytes, seal: Credential, pki: Pki, timestamper: TimeStamper | None = None, *, archive: bool = False
) -> bytes:
    """PAdES with embedded validation data as pyHanko's documentation does it, with the same key and answers as ours,
    and no picture to draw.

    Many runs go without a timestamp, which makes it cheaper than what we do: in one run of a hundred asn1crypto takes
    minutes to encode a CMS with a token inside once more (it takes a header that ends in 0x80 for an indefinite
    length).
    """
    evidence = pki.evidence(seal.asn1, now())
    context = ValidationContext(
        trust_roots=[pki.root.asn1],
        other_certs=[pki.issuer.asn1, pki.responder.asn1],
        ocsps=[*evidence.ocsps, pki.ocsp(pki.tsa.certificate, now())],
        crls=[*evidence.crls],
        allow_fetching=False,
        revocation_mode="require",
    )
    raw = seal.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner(
        signing_cert=seal.asn1,
        signing_key=keys.PrivateKeyInfo.load(raw),
        cert_registry=SimpleCertificateStore.from_certs([pki.issuer.asn1]),
    )
    metadata = signers.PdfSignatureMetadata(
        field_name="stock",
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        embed_validation_info=True,
        use_pades_lta=archive,
        validation_context=context,
    )
    stock = signers.PdfSigner(metadata, signer, timestamper=timestamper)
    output = await stock.async_sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)))
    return bytes(output.getbuffer())
