"""Whose seals a person sees, and who of an organisation may seal."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from kernel.db import ReadSession
from kernel.errors import NotFound
from kernel.permissions import Actor, Permission
from signing.errors import UnknownSeal
from signing.models import OrganisationSeal
from signing.seal_policies import Keeper
from yiti.accounts.models import Organisation, User
from yiti.accounts.roles import OrganisationKind, Role, permissions_of, roles_for
from yiti.accounts.service import organisation

MOST_SEALS = 100
_SEALING = frozenset({Permission.SEAL_USE, Permission.SALE_SEAL})


@dataclass(frozen=True, slots=True)
class House:
    """The organisation of who looks."""

    employer: Organisation
    keeper: Keeper

    @property
    def roles(self) -> list[Role]:
        """Roles of such an organisation that may seal."""
        return [role for role in roles_for(OrganisationKind(self.employer.kind)) if role.permissions & _SEALING]


async def house_of(reader: ReadSession, actor: Actor) -> House:
    """The actor's organisation; the registration centre keeps the agency's seal."""
    if actor.organisation_id is None:
        raise NotFound
    employer = await organisation(reader, actor.organisation_id)
    return House(employer, Keeper(actor, agency=employer.kind == OrganisationKind.REGISTRATION_CENTRE))


async def seals_of(reader: ReadSession, house: House) -> list[OrganisationSeal]:
    """The organisation's seals."""
    own = OrganisationSeal.organisation_id == house.employer.id
    mine = or_(own, OrganisationSeal.organisation_id.is_(None)) if house.keeper.agency else own
    return list(
        await reader.scalars(select(OrganisationSeal).where(mine).order_by(OrganisationSeal.id).limit(MOST_SEALS))
    )


async def own_seal(reader: ReadSession, organisation_id: UUID) -> OrganisationSeal | None:
    """The one with which an organisation's people seal; the agency's is nobody's."""
    mine = select(OrganisationSeal).where(OrganisationSeal.organisation_id == organisation_id)
    return await reader.scalar(mine.order_by(OrganisationSeal.id).limit(1))


async def seal_in(reader: ReadSession, house: House, seal_id: UUID) -> OrganisationSeal:
    """One of them; UnknownSeal for those of others."""
    seal = await reader.scalar(select(OrganisationSeal).where(OrganisationSeal.id == seal_id))
    if seal is None or not house.keeper.owns(seal):
        raise UnknownSeal
    return seal


async def sealers(reader: ReadSession, house: House) -> list[User]:
    """Who of the organisation may seal at all."""
    staff = await reader.scalars(
        select(User).where(User.organisation_id == house.employer.id, User.disabled_at.is_(None)).order_by(User.login)
    )
    return [user for user in staff if permissions_of(user.roles) & _SEALING]


async def names(reader: ReadSession, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Display names; the page masks them."""
    wanted = {one for one in ids if one is not None}
    found = await reader.execute(select(User.id, User.display_name).where(User.id.in_(wanted)))
    return {row.id: row.display_name for row in found}
