"""A closed case to archive: small PDF/A-marked, really signed PDFs, and everything that goes with them."""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4

import msgspec
import pikepdf
from asn1crypto import keys, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import CertificateBuilder, Name, NameAttribute, random_serial_number
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from e_archive.schemas import (
    ArchiveDocument,
    ArchiveManifest,
    ArchivePerson,
    ExchangeRecord,
    ProcessStep,
    SignatureNote,
    SignatureReport,
)
from kernel.blobs import BlobStore

KEYS = ("contract", "notice_application", "inquiry_record", "handover_agreement", "proof")
MOMENT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def make_pdf(text: str, *, pdfa: bool = True, password: str = "", script: bool = False) -> bytes:
    """A one-page PDF; `pdfa` marks it as PDF/A-3u."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Contents = pdf.make_stream(f"% {text.encode().hex()}\n0 0 m 100 100 l S\n".encode())
        if pdfa:
            with pdf.open_metadata(set_pikepdf_as_editor=False) as xmp:
                xmp["pdfaid:part"], xmp["pdfaid:conformance"] = "3", "U"
        if script:
            pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        out = io.BytesIO()
        encryption = pikepdf.Encryption(owner=password, user=password) if password else False
        pdf.save(out, encryption=encryption)
        return out.getvalue()


@lru_cache(maxsize=1)
def _signer() -> SimpleSigner:
    key = ec.generate_private_key(ec.SECP256R1())
    name = Name([NameAttribute(NameOID.COMMON_NAME, "Test signer")])
    builder = CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
    builder = builder.serial_number(random_serial_number()).not_valid_before(MOMENT - timedelta(1))
    certificate = builder.not_valid_after(MOMENT + timedelta(9999)).sign(key, hashes.SHA256())
    pkcs8 = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    loaded = x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    return SimpleSigner(loaded, keys.PrivateKeyInfo.load(pkcs8), SimpleCertificateStore())


async def sign(pdf: bytes, fields: Sequence[str] = ("buyer-1", "seller")) -> bytes:
    """Sign one incremental revision per field."""
    for field in fields:
        signer = PdfSigner(PdfSignatureMetadata(field_name=field), _signer(), new_field_spec=SigFieldSpec(field))
        out = await signer.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
        pdf = out.getvalue()
    return pdf


_CACHE: dict[str, bytes] = {}


async def _signed(key: str) -> bytes:
    if key not in _CACHE:  # signing is what takes the time here
        _CACHE[key] = await sign(make_pdf(key))
    return _CACHE[key]


async def make_case(blobs: BlobStore, pdfs: dict[str, bytes] | None = None, **changes: Any) -> ArchiveManifest:
    """The manifest of a presale-notice case with its PDFs in the blob store."""
    pdfs = pdfs or {key: await _signed(key) for key in KEYS}
    digests = {key: await blobs.put(data) for key, data in pdfs.items()}
    values: dict[str, Any] = {
        "subject": f"case:{uuid4()}",
        "fonds_no": "411528BDC",
        "category": "YG",
        "retention": "Y",
        "secrecy": "内部",
        "title": "𬭊某某、张三预售商品房买卖预告登记",
        "author": "息县不动产登记中心",
        "formed_on": date(2026, 11, 20),
        "item_name": "预售商品房买卖预告登记",
        "item_code": "411528-YG-01",
        "case_no": "4115282026112000001",
        "registration_type": "700",
        "registration_subtype": "预售商品房买卖预告登记",
        "unit_code": "411528001001GB00001F00010001",
        "location": "息县谯楼街道某某路1号1幢1单元101室",
        "holders": (ArchivePerson(name="𬭊某某", id_kind="resident_id", id_no="990000199001010013"),),
        "obligors": (ArchivePerson(name="息县某某置业有限公司", id_kind="credit_code", id_no="91411528MA99999963"),),
        "certificate_nos": ("豫（2026）息县不动产证明第0000001号",),
        "relations": ("备案号 YS4115282026000001",),
        "required_documents": KEYS,
        "required_steps": ("受理", "登簿"),
        "documents": tuple(document(key, digest) for key, digest in digests.items()),
        "signature_reports": tuple(validation(key, digest) for key, digest in digests.items()),
        "evidence_report": b'{"ceremony": "1"}',
        "decision_receipt": b'{"outcome": "approved"}',
        "action_log": b"[]",
        "exchange_records": (ExchangeRecord(name="identity", title="身份核验结果", content=b'{"result": "match"}'),),
        "process": (
            ProcessStep(name="受理", actor="系统", at=MOMENT),
            ProcessStep(name="登簿", actor="系统", at=MOMENT + timedelta(seconds=1), opinion="符合登记条件"),
        ),
    }
    return ArchiveManifest(**(values | changes))


def document(key: str, digest: str) -> ArchiveDocument:
    note = SignatureNote(signer="张三", certificate_serial="0a1b", level="B-LT", signed_at=MOMENT)
    return ArchiveDocument(
        key=key, title=f"材料 {key}", digest=digest, author="张三", formed_on=date(2026, 11, 20), source="系统生成",
        verification="电子签名验证", signatures=(note,),
    )  # fmt: skip


def validation(key: str, digest: str, *, valid: bool = True) -> SignatureReport:
    return SignatureReport(document=key, digest=digest, valid=valid, report=msgspec.json.encode({"signatures": 2}))
