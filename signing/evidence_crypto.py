"""Certificates, signatures and timestamps recomputed from their pieces, with nothing of the platform's own. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from asn1crypto import algos, cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signing.authority import ASSERTION_URN, NAME_URN, alternatives, comparable, issued, told

_DER = serialization.Encoding.DER
_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class Broken(Exception):
    """A piece that does not fit the others; in Chinese, for the line that says so."""


def fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


class Certificates:
    """All certificates at hand, by the SHA-256 of their DER; `trusted` are roots that were named from outside."""

    def __init__(self, ders: Iterable[bytes], trusted: Iterable[bytes] = ()) -> None:
        self._known = {fingerprint(der): x509.load_der_x509_certificate(der) for der in (*ders, *trusted)}
        self._trusted = {fingerprint(der) for der in trusted}

    def get(self, digest: str) -> x509.Certificate:
        """Raises Broken."""
        if digest not in self._known:
            raise Broken("证据数据中没有这张证书")
        return self._known[digest]

    def roots(self) -> dict[str, x509.Certificate]:
        """The self-signed ones."""
        return {digest: one for digest, one in self._known.items() if one.subject == one.issuer and issued(one, one)}

    def authorities(self) -> dict[str, x509.Certificate]:
        """Those that issue others, roots too."""
        return {digest: one for digest, one in self._known.items() if _issues(one)}

    def root_of(self, certificate: x509.Certificate, at: datetime) -> str:
        """The fingerprint of the root that the certificate leads to, every link valid at `at`. Raises Broken."""
        roots = {digest: one for digest, one in self.roots().items() if not self._trusted or digest in self._trusted}
        waiting, seen = [(fingerprint(certificate.public_bytes(_DER)), certificate)], set[str]()
        while waiting:
            digest, one = waiting.pop(0)
            if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
                continue
            if digest in roots:
                return digest
            seen.add(digest)
            # A root's key may be certified by the root before it as well: every way up is tried.
            waiting += [
                (key, by) for key, by in self._known.items() if key not in seen and _issues(by) and issued(one, by)
            ]
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise Broken("签名时证书不在有效期内")
        raise Broken("证书链不通向所信任的根证书" if self._trusted else "证书链不完整")


def _issues(by: x509.Certificate) -> bool:
    try:
        return bool(by.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def check_signature(certificate: x509.Certificate, attributes: bytes, signature: bytes, message_digest: str) -> None:
    """The signer's key made `signature` over `attributes`; they name digest and certificate. Raises Broken."""
    named = _attributes(attributes)
    if named["message_digest"] != bytes.fromhex(message_digest):
        raise Broken("签名属性中的内容摘要不符")
    if named["certificate"] != hashlib.sha256(certificate.public_bytes(_DER)).digest():
        raise Broken("签名属性指明的不是这张证书")
    _verify(certificate, signature, attributes, "sha256")


def _attributes(der: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {"message_digest": b"", "certificate": b""}
    for one in cms.CMSAttributes.load(der):
        if one["type"].native == "message_digest":
            found["message_digest"] = one["values"][0].native
        elif one["type"].native == "signing_certificate_v2":
            found["certificate"] = one["values"][0]["certs"][0]["cert_hash"].native
    return found


def _verify(certificate: x509.Certificate, signature: bytes, data: bytes, digest: str) -> None:
    key, how = certificate.public_key(), _HASHES.get(digest)
    if how is None:
        raise Broken(f"不支持的摘要算法 {digest}")
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(how()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), how())
        else:
            raise Broken("不支持的签名算法")
    except InvalidSignature as error:
        raise Broken("签名值不能用证书的公钥验证") from error


def check_timestamp(token: bytes, signature: bytes, certificates: Certificates) -> datetime:
    """When the timestamp authority saw `signature`. Raises Broken."""
    signed = cms.ContentInfo.load(token)["content"]
    info, content = signed["signer_infos"][0], signed["encap_content_info"]["content"]
    told = content.parsed
    imprint = told["message_imprint"]
    how = algos.DigestAlgorithm({"algorithm": imprint["hash_algorithm"]["algorithm"].native})["algorithm"].native
    if how not in _HASHES or imprint["hashed_message"].native != hashlib.new(how, signature).digest():
        raise Broken("时间戳不是针对这个签名的")
    at: datetime = told["gen_time"].native
    by = _stamper(signed, info)
    attributes = b"\x31" + info["signed_attrs"].dump()[1:]
    digest = info["digest_algorithm"]["algorithm"].native
    if _attributes(attributes)["message_digest"] != hashlib.new(digest, content.contents).digest():
        raise Broken("时间戳的内容摘要不符")
    _verify(by, info["signature"].native, attributes, digest)
    certificates.root_of(by, at)
    return at.astimezone(UTC)


def _stamper(signed: cms.SignedData, info: cms.SignerInfo) -> x509.Certificate:
    """The authority's certificate, which the token carries."""
    wanted = info["sid"].chosen
    for one in signed["certificates"]:
        found = one.chosen
        if found.serial_number == wanted["serial_number"].native and found.issuer == wanted["issuer"]:
            certificate = x509.load_der_x509_certificate(found.dump())
            usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            if ExtendedKeyUsageOID.TIME_STAMPING in usage:
                return certificate
    raise Broken("时间戳中没有时间戳服务的证书")


def assertion_of(certificate: x509.Certificate) -> str | None:
    """The reference of the identity assertion that a person's certificate is bound to."""
    return told(alternatives(certificate), ASSERTION_URN)


def names(certificate: x509.Certificate) -> set[str]:
    """Whom the certificate names, also where a common name was too short for it."""
    found = {
        str(one.value)
        for kind in (NameOID.COMMON_NAME, NameOID.GIVEN_NAME, NameOID.ORGANIZATION_NAME)
        for one in certificate.subject.get_attributes_for_oid(kind)
    }
    full = told(alternatives(certificate), NAME_URN)
    return found | ({full, comparable(full)} if full else set())
