"""What everything that people put under their organisation's seal has in common, whatever it is."""

from collections.abc import Mapping

from kernel.clock import now
from kernel.db import ReadSession, WriteSession
from kernel.outbox.delivery import park_reason, waiting_reason
from kernel.permissions import Actor
from signing.models import OrganisationSeal
from signing.seal_policies import policy_of
from signing.seal_requests import approval_of, ask, open_request, withdraw_all
from signing.seal_rules import SealStatus, Use, needs_approval
from signing.seals import authorise_use


async def use_or_ask(
    tx: WriteSession, actor: Actor, seal: OrganisationSeal, documents: Mapping[str, str], subject: str
) -> bool:
    """Authorise the use now; or, for a kind under four eyes that nobody has approved yet, ask for it: False.

    `documents`: kind to digest. Raises SealRefused where the policy says no.
    """
    use = Use(actor=actor, owner=seal.organisation_id, status=SealStatus(seal.status), documents=documents)
    request = await open_request(tx, seal.id, subject)
    approval = approval_of(request) if request else None
    approved = approval is not None and approval.holds(actor, documents, now())
    if needs_approval(use, await policy_of(tx, seal)) and not approved:
        await ask(tx, actor, seal.id, documents, subject)
        return False
    await authorise_use(tx, actor, seal.credit_code, documents, subject)
    await withdraw_all(tx, actor, subject, "已不须批准", seal_id=seal.id)
    return True


async def delay_words(reader: ReadSession, key: str) -> str:
    """Why what an event ordered is not there yet: which service is away, or that a person has to look; else empty."""
    if words := await waiting_reason(reader, key):
        return words
    parked = await park_reason(reader, key)
    return "" if parked is None else f"已转由系统管理员处理（{parked}）" if parked else "已转由系统管理员处理"
