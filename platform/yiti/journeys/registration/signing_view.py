"""How far the signing of an online application is, for who makes it: names masked, in words that a page can show."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from kernel.clock import now
from kernel.db import ReadSession
from kernel.outbox.delivery import park_reason
from kernel.permissions import Actor
from kernel.pii import mask_name, mask_phone
from signing import service as signing
from signing.models import CeremonySignatory
from yiti.cases import service as cases
from yiti.journeys.registration import envelope
from yiti.journeys.registration.access import readable
from yiti.journeys.registration.models import CaseSigning
from yiti.journeys.registration.signatures import order_key
from yiti.journeys.registration.signers import Signer, person_id, signers_of

SignerState = Literal["waiting", "reading", "signing", "signed", "declined", "expired"]
_STATES: dict[str, SignerState] = {
    "waiting": "waiting", "identifying": "reading", "identified": "reading", "consented": "signing",
    "signed": "signed", "declined": "declined",
}  # fmt: skip


class SignerView(Struct, frozen=True, kw_only=True):
    """One who signs."""

    key: str
    name: str
    roles: str
    phone: str
    """Masked; empty where no link can be sent."""
    state: SignerState
    signed_at: datetime | None
    own: bool
    """The one who looks."""


class SigningView(Struct, frozen=True, kw_only=True):
    """The newest round of a case."""

    state: str
    """`preparing`, `refused` (the papers cannot be made), `open`, `completing` (all have signed, it is being handed
    in), `signed`, `void`."""
    ending: str
    """`envelope.Ending` of a void one."""
    words: str
    """Why the papers cannot be made, or why the round ended, as it was said."""
    signers: tuple[SignerView, ...]

    @property
    def live(self) -> bool:
        """Under way; else it is over."""
        return self.state not in {"signed", "void"}

    @property
    def own_missing(self) -> bool:
        """Whether the one who looks has still to sign."""
        return self.state == "open" and any(one.own and one.state not in {"signing", "signed"} for one in self.signers)


async def signing_of(reader: ReadSession, actor: Actor, case_id: UUID) -> SigningView | None:
    """How the newest round stands; None where nobody was ever asked to sign. `CaseNotFound` for somebody else's."""
    case = await readable(reader, actor, case_id)
    found = await envelope.latest(reader, case_id)
    if found is None:
        return None
    people = await signing.signatories_of(reader, found.ceremony_id) if found.ceremony_id else []
    roles = {one.key: one for one in signers_of(cases.application_of(case))}
    state, words = found.state, found.reason
    if found.state == "preparing" and (refused := await park_reason(reader, order_key(found.id))):
        state, words = "refused", refused
    if found.state == "open" and all(one.status == "signed" for one in people):
        state = "completing"
    signers = tuple(_signer(one, found, roles, actor) for one in people)
    return SigningView(state=state, ending=found.ending, words=words, signers=signers)


def _signer(one: CeremonySignatory, found: CaseSigning, roles: dict[str, Signer], actor: Actor) -> SignerView:
    state = _STATES[one.status]
    late = one.token_expires_at is not None and one.token_expires_at <= now()
    if found.state == "open" and state in {"waiting", "reading"} and late:
        state = "expired"
    role = roles.get(one.key)
    return SignerView(
        key=one.key,
        name=mask_name(one.name),
        # A void round may be of other words than the form now has: then only names are told.
        roles="、".join(one.masked for one in role.roles) if role and role.id_number == one.id_no else "",
        phone=mask_phone(one.phone) if one.phone else "",
        state=state,
        signed_at=one.signed_at,
        own=person_id(one.id_no) == actor.id,
    )
