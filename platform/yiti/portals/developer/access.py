"""Whose money a developer's accountant sees: its own projects'."""

from uuid import UUID

from kernel.db import ReadSession
from kernel.errors import Forbidden
from kernel.permissions import Actor
from yiti.estate.errors import ProjectNotFound
from yiti.estate.models import Project
from yiti.estate.queries import get_project


def house_of(actor: Actor) -> UUID:
    """The actor's own organisation."""
    if actor.organisation_id is None:
        raise Forbidden
    return actor.organisation_id


async def own_project(reader: ReadSession, actor: Actor, project_id: UUID) -> Project:
    """The project, if it is the developer's; else `ProjectNotFound`, as if it did not exist."""
    project = await get_project(reader, project_id)
    if project.organisation_id != house_of(actor):
        raise ProjectNotFound
    return project
