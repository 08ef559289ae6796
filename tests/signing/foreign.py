"""A PDF that somebody has signed whom nobody here knows: RSA, self-signed, with pyHanko's own signer."""

from datetime import timedelta
from io import BytesIO

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from kernel.clock import now
from tests.signing.material import document


def _foreigner() -> signers.SimpleSigner:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somebody Foreign")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=9)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(made.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        cert_registry=SimpleCertificateStore(),
    )


async def foreign_signature() -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(document()))
    output = await signers.PdfSigner(signers.PdfSignatureMetadata(field_name="theirs"), _foreigner()).async_sign_pdf(
        writer
    )
    return output.getvalue()
