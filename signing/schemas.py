"""Values at the edges of signing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from kernel.rendering.schemas import Box

PLATFORM_SEAL = "platform"
"""The key of the seal with which the platform itself certifies."""
PLATFORM_NAME = "一体不动产综合服务平台"


def agency_seal(county: str) -> str:
    """The key of the registration agency's seal, which the platform sets on certificates, proofs and letters."""
    return f"county:{county}:registration"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A signature place in a document and the signatory (by key) whose it is."""

    name: str
    signatory: str
    box: Box


class DocumentToSign(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered document in the blob store."""

    key: str
    title: str
    digest: str
    pages: int
    """All of which its signers must be shown."""
    fields: tuple[Field, ...]


class Signatory(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs. Of an organisation that signs by hand, name and id_no are its acting representative's.

    `kind == "organisation"`: signs with the e-seal issued to that credit code.
    """

    key: str
    kind: Literal["person", "organisation"]
    name: str
    id_kind: str
    id_no: str
    phone: str | None = None
    organisation: str | None = None
    credit_code: str | None = None
    turn: int = 0
    """Those of one turn sign side by side; nobody begins before everybody of the earlier turns has signed."""


class IdentityStarted(msgspec.Struct, frozen=True, kw_only=True):
    """The identity service's own reference, and where to send the person."""

    reference: str
    url: str


class IdentityAssertion(msgspec.Struct, frozen=True, kw_only=True):
    """What the identity service confirmed. The picture never comes here; `digest` is its signed answer's SHA-256."""

    reference: str
    name: str
    id_no: str
    method: str
    provider: str
    verified_at: datetime
    digest: str


class ClientInfo(msgspec.Struct, frozen=True, kw_only=True):
    """From where a person acted, for the evidence."""

    address: str
    agent: str


class Viewing(msgspec.Struct, frozen=True, kw_only=True):
    """What one opening of the signing desk has shown so far: document key → page (from 1) → milliseconds on screen.

    `visit` is made by the browser, anew at each opening.
    """

    visit: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9-]{8,40}$")]
    documents: Annotated[
        Mapping[
            str, Annotated[Mapping[int, Annotated[int, msgspec.Meta(ge=0, le=2**40)]], msgspec.Meta(max_length=2000)]
        ],
        msgspec.Meta(max_length=64),
    ]


class SealRef(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation's e-seal by the key it was issued under, e.g. `county:411528:registration`."""

    key: str


class SignatureMade(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate behind one applied signature."""

    field: str
    serial: str
    subject: str
    certificate_digest: str
    signed_at: datetime


class DeskDocument(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    title: str
    digest: str


class SigningDesk(msgspec.Struct, frozen=True, kw_only=True):
    """What a signer sees behind the link. `step`: wait → identify → sign → applying → done, or `closed`.

    `waits_for`: the keys of those who come first and have not signed. `ended`: how a closed ceremony ended.
    """

    ceremony_id: str
    subject: str
    signatory_key: str
    name_masked: str
    organisation: str | None
    step: Literal["wait", "identify", "sign", "applying", "done", "closed"]
    documents: tuple[DeskDocument, ...]
    others: Mapping[str, bool]
    waits_for: tuple[str, ...] = ()
    ended: Literal["", "declined", "expired", "cancelled"] = ""
    expires_at: datetime | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a ceremony ended without all signatures. `signatory`, `name`: who declined; the name is in full."""

    how: Literal["declined", "expired", "cancelled"]
    at: datetime
    signatory: str
    name: str
    reason: str


class Invitee(msgspec.Struct, frozen=True, kw_only=True):
    """One who is to be sent the link."""

    ceremony_id: UUID
    subject: str
    signatory: str


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was added to a PDF after a signature. `name`: the field's name, or the page's number from 1."""

    kind: Literal[
        "signature", "signature_removed", "timestamp", "validation", "field", "form", "page_added", "page_removed",
        "page_changed", "attachment", "metadata", "structure", "invisible", "bytes",
    ]  # fmt: skip
    name: str = ""


class SignatureReport(msgspec.Struct, frozen=True, kw_only=True):
    """One signature of a PDF. The signed revision and what was added after it are judged apart.

    `intact` and `trusted` speak of the bytes that were signed; `changes` and `added` of everything after them
    (`none`, `permitted`: further signatures, validation data, timestamps; `illegal`: anything else).
    `signed_at` is proven by a timestamp that we trust, `claimed_at` only said by the signer or a foreign timestamp.
    """

    field: str
    kind: Literal["certification", "signature", "timestamp"]
    signer: str
    organisation: str | None
    assertion: str | None
    signed_at: datetime | None
    level: Literal["B-B", "B-T", "B-LT", "B-LTA", "DTS"]
    intact: bool
    trusted: bool
    verdict: str
    covers_whole_file: bool
    changes: Literal["none", "permitted", "illegal"]
    revision: int
    issuer: str = ""
    claimed_at: datetime | None = None
    stamp: Literal["none", "trusted", "untrusted", "broken"] = "none"
    stamped_by: str = ""
    added: tuple[Addition, ...] = ()

    @property
    def sound(self) -> bool:
        """The signed bytes are as they were signed, by somebody we trust, at a time that is not forged."""
        return self.intact and self.trusted and self.stamp != "broken"


Outcome = Literal["valid", "changed", "broken", "untrusted", "unsigned", "unreadable"]


class ValidationReport(msgspec.Struct, frozen=True, kw_only=True):
    """`valid`: at least one signature, all intact and trusted, nothing illegal added, nothing unsigned at the end that
    is not explained. `unfilled`: signature places that nobody has signed. `problem` says in Chinese why there is no
    verdict on signatures.
    """

    valid: bool
    signatures: tuple[SignatureReport, ...]
    unsigned_tail: bool
    problem: str | None = None
    unfilled: tuple[str, ...] = ()
    unsigned: bool = False

    @property
    def outcome(self) -> Outcome:
        """The one verdict: what is worst about the file."""
        if not self.signatures:
            return "unsigned" if self.unsigned else "unreadable"
        if any(not one.intact or one.stamp == "broken" for one in self.signatures):
            return "broken"
        if any(one.changes == "illegal" for one in self.signatures):
            return "changed"
        return "valid" if self.valid else "untrusted"


class EvidenceReport(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence as JSON and its SHA-256. `head`: digest of the chain's last link; `intact`: the chain holds."""

    content: bytes
    digest: str
    head: str
    intact: bool
