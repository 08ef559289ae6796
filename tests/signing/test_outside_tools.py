"""Our signatures judged by stock pyHanko, poppler's pdfsig and OpenSSL; and theirs by us."""

import re
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import keys
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from kernel.clock import now
from signing.pades import Desk
from signing.pki import Pki
from signing.validation import Trust, validate_pdf
from tests.signing.making import contract, pdfsig, seal_of, sealed
from tests.signing.material import document
from tests.tools import needs


async def test_stock_pyhanko_accepts_our_cms(pki: Pki, desk: Desk) -> None:
    pdf = await contract(pki, desk)
    for signature in PdfFileReader(BytesIO(pdf)).embedded_regular_signatures:
        context = ValidationContext(
            trust_roots=[pki.root.asn1],
            other_certs=[pki.issuer.asn1],
            ocsps=[pki.ocsp(_certificate(signature), now()), pki.ocsp(pki.tsa.certificate, now())],
            crls=[pki.root_list(now())],
            allow_fetching=False,
            revocation_mode="require",
        )
        status = await async_validate_pdf_signature(signature, context)
        assert status.bottom_line
        assert status.timestamp_validity is not None
        assert status.timestamp_validity.trusted


def _certificate(signature: EmbeddedPdfSignature) -> x509.Certificate:
    return x509.load_der_x509_certificate(signature.signer_cert.dump())


async def test_our_validator_accepts_stock_pyhanko(pki: Pki, trust: Trust) -> None:
    """The reference signer and ours must be judged alike: pyHanko's own CMS and DSS.

    Without a timestamp: asn1crypto takes a header that ends in 0x80 for an indefinite length, and re-encoding a CMS
    with a token inside then takes it minutes, in one run of a hundred.
    """
    seal = seal_of(pki)
    raw = seal.key.private_bytes(Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=seal.asn1,
        signing_key=keys.PrivateKeyInfo.load(raw),
        cert_registry=SimpleCertificateStore.from_certs([pki.issuer.asn1]),
    )
    context = ValidationContext(
        trust_roots=[pki.root.asn1],
        other_certs=[pki.issuer.asn1],
        ocsps=[pki.ocsp(seal.certificate, now()), pki.ocsp(pki.tsa.certificate, now())],
        crls=[pki.root_list(now())],
        allow_fetching=False,
        revocation_mode="require",
    )
    metadata = signers.PdfSignatureMetadata(
        field_name="stock",
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        embed_validation_info=True,
        validation_context=context,
    )
    writer = IncrementalPdfFileWriter(BytesIO(document()))
    output = await signers.PdfSigner(metadata, signer).async_sign_pdf(writer)
    report = await validate_pdf(output.getvalue(), trust)
    assert report.valid
    assert report.signatures[0].level == "B-B"


@needs("pdfsig", "poppler-utils")
async def test_pdfsig_agrees(pki: Pki, desk: Desk, tmp_path: Path) -> None:
    pdf = await contract(pki, desk)
    said = pdfsig(tmp_path, pdf)
    assert said.count("Signature is Valid") == 5
    assert said.count("Total document signed") >= 1
    forged = bytearray(pdf)
    forged[200] ^= 1
    assert "Signature is Valid" not in pdfsig(tmp_path, bytes(forged))


@needs("openssl")
async def test_openssl_agrees_on_signature_and_timestamp(pki: Pki, desk: Desk, tmp_path: Path) -> None:
    pdf = await sealed(pki, desk)
    (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    start, length, after, tail = (int(value) for value in signature.byte_range)
    files = {
        "content": pdf[start : start + length] + pdf[after : after + tail],
        "cms": signature.pkcs7_content,
        "root.pem": _pem(pki.root.der),
        "issuer.pem": _pem(pki.issuer.der),
        "token": _token(signature),
        "value": signature.signer_info["signature"].native,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    cms = "cms -verify -cades -binary -inform DER -in cms -content content -CAfile root.pem -purpose any -out out"
    _openssl(tmp_path, cms)
    ts = "ts -verify -token_in -in token -data value -CAfile root.pem -untrusted issuer.pem"
    assert "Verification: OK" in _openssl(tmp_path, ts)
    (tmp_path / "value").write_bytes(b"something else")
    with pytest.raises(subprocess.CalledProcessError):
        _openssl(tmp_path, ts)


def _openssl(folder: Path, command: str) -> str:
    done = subprocess.run(
        ["openssl", *command.split()], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout + done.stderr


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def _token(signature: EmbeddedPdfSignature) -> bytes:
    attributes = signature.signer_info["unsigned_attrs"]
    return bytes(attributes[0]["values"][0].dump())


async def test_form_stays_pdf_a_3_without_fonts(pki: Pki, desk: Desk) -> None:
    before = _form(document())
    after = _form(await contract(pki, desk))
    assert after["fonts"] == before["fonts"]
    assert after["part"] == before["part"] == [b"3"]
    assert after["interpolated"] == 0
    assert after["images"] == before["images"] + 8  # four appearances: an image and its mask each
    assert after["widgets_without_appearance"] == 0


def _form(pdf: bytes) -> dict[str, Any]:
    with pikepdf.open(BytesIO(pdf)) as opened:
        streams = [item for item in opened.objects if isinstance(item, pikepdf.Stream)]
        images = [stream for stream in streams if stream.get("/Subtype") == "/Image"]
        dictionaries = [item for item in opened.objects if isinstance(item, pikepdf.Dictionary)]
        widgets = [item for item in dictionaries if item.get("/Subtype") == "/Widget"]
        visible = [w for w in widgets if any(float(v) for v in w["/Rect"])]
        metadata = bytes(opened.Root.Metadata.read_bytes())
        return {
            "fonts": sum(item.get("/Type") == "/Font" for item in dictionaries),
            "images": len(images),
            "interpolated": sum(bool(image.get("/Interpolate", False)) for image in images),
            "widgets_without_appearance": sum("/AP" not in widget for widget in visible),
            "part": re.findall(rb"pdfaid:part\W+(\d)", metadata),
        }
