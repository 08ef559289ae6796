"""The three seals of a supervision agreement: who may order them, and how the job sets them.

Everybody seals the file that was shown: the digest in the log of the seal is the text's, whichever seals came before.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol
from uuid import UUID

from escrow.agreements import concluding, service
from escrow.agreements.models import AgreementState, SupervisionAgreement
from escrow.agreements.rules import AgreementAction, Side, seal_field
from kernel.db import Database, ReadSession, WriteSession
from kernel.errors import Conflict
from kernel.outbox import Event, Park
from kernel.permissions import Actor, system_actor
from kernel.rendering import Rendered
from signing.errors import BadPdf, FieldMissing, SignerRevoked, UnknownSeal
from signing.models import OrganisationSeal
from signing.pades import FieldPlan
from signing.pool import Signed
from signing.seal_errors import UseNotAllowed
from signing.seal_log import write_refusal
from signing.seal_requests import seal_of, withdraw_all
from signing.seals import authorise_key, expect_in_use
from signing.worker import FieldToSign
from yiti.accounts.service import organisation
from yiti.letters.schemas import housing_seal
from yiti.seal_desk.ordering import delay_words, use_or_ask

AGREEMENT: Final = "supervision_agreement"
"""The kind of document in the policies of seals, and the sort of subject in their logs (`…:<id>`)."""
_HOPELESS = (BadPdf, FieldMissing, SignerRevoked, UnknownSeal, Conflict)


class _Blobs(Protocol):
    async def put(self, data: bytes) -> str: ...

    async def get(self, digest: str) -> bytes: ...


class _Renderer(Protocol):
    async def pdf(self, html: str) -> Rendered: ...


class _Signing(Protocol):
    async def prepare(self, pdf: bytes, plans: Sequence[FieldPlan]) -> bytes: ...

    async def sign_seal(self, key: str, documents: Sequence[FieldToSign]) -> Signed: ...


class AgreementResources(Protocol):
    """What the jobs take from `event.resources`."""

    @property
    def blobs(self) -> _Blobs: ...

    @property
    def renderer(self) -> _Renderer: ...

    @property
    def signing(self) -> _Signing: ...


def subject_of(terms: SupervisionAgreement) -> str:
    """As the log of a seal and requests for it name the agreement."""
    return f"{AGREEMENT}:{terms.id}"


async def own_seal(reader: ReadSession, organisation_id: UUID) -> OrganisationSeal:
    """The seal of a developer or a bank. Raises UnknownSeal."""
    return await seal_of(reader, (await organisation(reader, organisation_id)).credit_code)


async def submit(tx: WriteSession, actor: Actor, agreement_id: UUID) -> bool:
    """Agree for the actor's organisation and order its seal; False: it is under four eyes and asked for now.

    Raises UnknownAgreement, NotNow, UnknownSeal, and SealRefused where the policy says no.
    """
    terms, side = await service.locked_for(tx, actor, agreement_id)
    service.expect(terms, side, AgreementAction.AGREE)
    assert actor.organisation_id is not None, "a party"
    seal = await own_seal(tx, actor.organisation_id)
    if not await use_or_ask(tx, actor, seal, documents_of(terms), subject_of(terms)):
        return False
    await concluding.agree(tx, actor, agreement_id)
    return True


async def decide(tx: WriteSession, actor: Actor, agreement_id: UUID) -> SupervisionAgreement:
    """The department agrees and orders its seal, which the platform sets as on its receipts.

    Raises UnknownAgreement, NotNow, Released, AccountTaken, UnknownSeal, SealRefused.
    """
    terms = await concluding.decide(tx, actor, agreement_id)
    digest = documents_of(terms)[AGREEMENT]
    await authorise_key(tx, actor, housing_seal(tx.tenant), AGREEMENT, digest, subject_of(terms))
    return terms


async def decline(tx: WriteSession, actor: Actor, agreement_id: UUID, reason: str) -> None:
    """The actor's organisation does not agree; nobody has to decide about its seals any more."""
    terms = await service.decline(tx, actor, agreement_id, reason)
    await withdraw_all(tx, actor, subject_of(terms), "监管协议未获同意")


async def withdraw(tx: WriteSession, actor: Actor, agreement_id: UUID, reason: str) -> None:
    """The department takes its proposal back; seals that are asked for or on their way are not needed any more."""
    terms = await service.withdraw(tx, actor, agreement_id, reason)
    await withdraw_all(tx, actor, subject_of(terms), "监管协议已撤回")


async def set_seal(tx: WriteSession, event: Event, resources: AgreementResources) -> None:
    """What the job does. Payload: `agreement_id`, `side`. Repeating it does nothing.

    Raises what passes (keys, time or the seal out of use for a while): the job tries again. `Park` with the words that
    the pages show for what does not: the consent stands, and the seal follows when a person has put it right.
    """
    side = Side(event.payload["side"])
    terms = await concluding.due(tx, UUID(event.payload["agreement_id"]), side)
    if terms is None:
        return
    async with _parked(event.database, tx.tenant):
        key = await _key_of(tx, terms, side)
        await expect_in_use(tx, key, documents_of(terms), subject_of(terms))
        pdf = await resources.blobs.get(terms.sealed_digest or documents_of(terms)[AGREEMENT])
        signed = await resources.signing.sign_seal(key, [FieldToSign(pdf=pdf, field=seal_field(side))])
        digest = await resources.blobs.put(signed[0][0])
        await concluding.seal_set(tx, system_actor(tx.tenant), terms, side, digest)


def documents_of(terms: SupervisionAgreement) -> dict[str, str]:
    """What is sealed: kind to digest."""
    assert terms.document_digest is not None, "nobody agrees before the text is made"
    return {AGREEMENT: terms.document_digest}


async def delays(reader: ReadSession, terms: SupervisionAgreement) -> dict[Side, str]:
    """Of the seals that are ordered and not set yet: why, in words; empty words while nothing is wrong."""
    came = service.standing(terms)
    if terms.state != AgreementState.PROPOSED:
        return {}
    return {
        side: await delay_words(reader, concluding.order_key(terms.id, side))
        for side in Side
        if side in came.agreed and side not in came.sealed
    }


async def text_delay(reader: ReadSession, terms: SupervisionAgreement) -> str:
    """Why the text is not there yet, in words."""
    return await delay_words(reader, service.text_key(terms.id))


async def _key_of(reader: ReadSession, terms: SupervisionAgreement, side: Side) -> str:
    if side is Side.DEPARTMENT:
        return housing_seal(reader.tenant)
    party = terms.developer_id if side is Side.DEVELOPER else terms.bank_organisation_id
    assert party is not None, "the CHECK names_its_parties"
    return (await own_seal(reader, party)).key


@asynccontextmanager
async def _parked(database: Database, tenant: str) -> AsyncIterator[None]:
    try:
        yield
    except UseNotAllowed as refused:
        # The job's own transaction is undone: the refusal stays in the log of the seal by another.
        async with database.transaction(tenant) as beside:
            write_refusal(beside, system_actor(tenant), refused)
        raise Park(refused.message) from refused
    except _HOPELESS as fault:
        raise Park(fault.message) from fault
