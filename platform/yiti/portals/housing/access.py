"""Whose staff it is: sales offices and banks hold ESCROW_VIEW and SALE_VIEW too, so these alone open nothing here."""

from uuid import UUID

from litestar.handlers import BaseRouteHandler
from sqlalchemy import select

from kernel.db import Database, ReadSession
from kernel.errors import Forbidden, Unauthenticated
from kernel.permissions import Actor, Connection
from yiti.accounts.models import Organisation
from yiti.accounts.roles import OrganisationKind
from yiti.estate.errors import ProjectNotFound
from yiti.estate.models import Project
from yiti.estate.queries import get_project


async def in_housing_department(reader: ReadSession, actor: Actor) -> bool:
    """Whether the actor works for the county's housing department."""
    kind = await reader.scalar(select(Organisation.kind).where(Organisation.id == actor.organisation_id))
    return kind == OrganisationKind.HOUSING_DEPARTMENT


async def housing_department(connection: Connection, _handler: BaseRouteHandler) -> None:
    """A route guard: staff of the housing department only."""
    actor = connection.scope.get("user")
    if not isinstance(actor, Actor):
        raise Unauthenticated
    database: Database = connection.app.state.database
    async with database.read(actor.tenant) as reader:
        if not await in_housing_department(reader, actor):
            raise Forbidden


async def own_projects_of(reader: ReadSession, actor: Actor) -> UUID | None:
    """The organisation whose projects alone the actor may see; None for the housing department, which sees all."""
    if await in_housing_department(reader, actor):
        return None
    if actor.organisation_id is None:
        raise Forbidden
    return actor.organisation_id


async def visible_project(reader: ReadSession, actor: Actor, project_id: UUID) -> Project:
    """The project, if its money is the actor's to see; else `ProjectNotFound`, as if it did not exist."""
    project, owner = await get_project(reader, project_id), await own_projects_of(reader, actor)
    if owner is not None and project.organisation_id != owner:
        raise ProjectNotFound
    return project
