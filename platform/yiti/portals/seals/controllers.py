"""An organisation's seals: what they were used for, what waits for an approval, and by which rules."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from kernel.db import ReadSession
from kernel.permissions import Actor, Permission, requires
from kernel.pii import mask_name
from kernel.web.dependencies import CurrentActor, Reader, Tx
from signing import seal_policies, seal_requests
from signing.issued import register_in
from signing.models import OrganisationSeal, SealPolicy, SealRequest, SealUse
from signing.seal_errors import SealRefused
from signing.seal_log import log_page, used_today, write_refusal
from signing.seal_rules import UsePolicy
from yiti.portals.seals import queries, views
from yiti.portals.seals.forms import PolicyForm, ReasonForm, policy_in
from yiti.portals.seals.pictures import seal_picture
from yiti.portals.seals.queries import House, house_of
from yiti.portals.shell.errors import show_error
from yiti.portals.shell.views import AnyRequest, page, redirect
from yiti.resources import Parts

PAGE = 50
MOST_REQUESTS = 100


class SealsController(Controller):
    """`/seals`: to others than its organisation a seal does not exist."""

    path = "/seals"
    guards = (requires(Permission.SEAL_VIEW),)

    @get("/")
    async def seals(self, reader: Reader, actor: CurrentActor, resources: Parts) -> Response[Any]:
        """The organisation's seals."""
        found = await queries.seals_of(reader, await house_of(reader, actor))
        policies = await seal_policies.policies_of(reader, found)
        used = await used_today(reader, [seal.id for seal in found])
        ends = await asyncio.to_thread(_ends, resources.settings.pki_dir, found)
        cards = [views.card(seal, policies[seal.id], used[seal.id], ends[seal.id]) for seal in found]
        return page("seals/list.html", seals=cards)

    @get("/{seal_id:uuid}")
    async def seal(
        self,
        reader: Reader,
        actor: CurrentActor,
        resources: Parts,
        seal_id: FromPath[UUID],
        before: FromQuery[UUID | None] = None,
    ) -> Response[Any]:
        """One seal: its state, today's uses, requests, rules and log."""
        house = await house_of(reader, actor)
        seal = await queries.seal_in(reader, house, seal_id)
        policy = await seal_policies.policy_of(reader, seal)
        used = await used_today(reader, [seal.id])
        ends = await asyncio.to_thread(_ends, resources.settings.pki_dir, [seal])
        rows, following = await log_page(reader, seal.id, PAGE, before)
        waiting = await seal_requests.waiting_requests(reader, seal.id, MOST_REQUESTS)
        versions = await seal_policies.versions(reader, seal.id)
        name = views.naming(await queries.names(reader, _people(rows, waiting, versions, policy)))
        return page(
            "seals/seal.html",
            seal=views.card(seal, policy, used[seal.id], ends[seal.id]),
            rules=views.rule_words(seal, policy, name),
            requests=views.request_lines(waiting, actor, name),
            log=views.log_lines(rows, actor, name),
            versions=views.version_lines(seal, versions, name),
            form=await _form(reader, actor, house, seal, policy),
            next_url=f"?before={following}" if following else None,
            first_url=f"/seals/{seal_id}" if before else None,
        )

    @get("/{seal_id:uuid}/picture.png")
    async def picture(
        self, reader: Reader, actor: CurrentActor, resources: Parts, seal_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The seal's picture, in red; as it is drawn for the organisation's name."""
        seal = await queries.seal_in(reader, await house_of(reader, actor), seal_id)
        drawn = await asyncio.to_thread(seal_picture, seal.organisation, resources.settings.assets_dir)
        return Response(drawn, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})

    @post("/{seal_id:uuid}/policy", guards=[requires(Permission.SEAL_MANAGE)])
    async def set_policy(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        seal_id: FromPath[UUID],
        data: URLEncodedBody[PolicyForm],
    ) -> Response[Any]:
        """Set the rules anew, in force at once."""
        house = await house_of(tx, actor)
        staff = [user.id for user in await queries.sealers(tx, house)]
        policy = policy_in(data, [role.code for role in house.roles], staff)
        await seal_policies.set_policy(tx, house.keeper, seal_id, policy)
        return redirect(request, f"/seals/{seal_id}", "用印规则已保存，立即执行")

    @post("/{seal_id:uuid}/suspend", guards=[requires(Permission.SEAL_MANAGE)])
    async def suspend(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        seal_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[Any]:
        """Nothing more is sealed."""
        await seal_policies.suspend(tx, (await house_of(tx, actor)).keeper, seal_id, data.reason)
        return redirect(request, f"/seals/{seal_id}", "印章已停用，恢复前不能加盖", "warning")

    @post("/{seal_id:uuid}/resume", guards=[requires(Permission.SEAL_MANAGE)])
    async def resume(self, request: AnyRequest, tx: Tx, actor: CurrentActor, seal_id: FromPath[UUID]) -> Response[Any]:
        """Back into use."""
        await seal_policies.resume(tx, (await house_of(tx, actor)).keeper, seal_id)
        return redirect(request, f"/seals/{seal_id}", "印章已恢复使用")

    @post("/requests/{request_id:uuid}/approve", guards=[requires(Permission.SEAL_USE)])
    async def approve(
        self, request: AnyRequest, tx: Tx, actor: CurrentActor, request_id: FromPath[UUID]
    ) -> Response[Any]:
        """Let the asker seal."""
        try:
            async with tx.begin_nested():
                decided = await seal_requests.approve(tx, actor, request_id)
        except SealRefused as refused:
            write_refusal(tx, actor, refused)
            return show_error(request, refused)
        return redirect(request, f"/seals/{decided.seal_id}", "已批准，申请人24小时内可以盖章")

    @post("/requests/{request_id:uuid}/refuse", guards=[requires(Permission.SEAL_USE)])
    async def refuse(
        self,
        request: AnyRequest,
        tx: Tx,
        actor: CurrentActor,
        request_id: FromPath[UUID],
        data: URLEncodedBody[ReasonForm],
    ) -> Response[Any]:
        """Say no, with the reason."""
        try:
            async with tx.begin_nested():
                decided = await seal_requests.turn_down(tx, actor, request_id, data.reason)
        except SealRefused as refused:
            write_refusal(tx, actor, refused)
            return show_error(request, refused)
        return redirect(request, f"/seals/{decided.seal_id}", "未批准，原因已告知申请人")


async def _form(
    reader: ReadSession, actor: Actor, house: House, seal: OrganisationSeal, policy: UsePolicy
) -> dict[str, Any] | None:
    """What the form of the rules begins with; none for who only looks."""
    if not actor.may(Permission.SEAL_MANAGE):
        return None
    staff = await queries.sealers(reader, house)
    return {
        "version": policy.version,
        "roles": [(role.code, role.title, "") for role in house.roles],
        "users": [(str(user.id), f"{mask_name(user.display_name)}（{user.login}）", "") for user in staff],
        "kinds": [(kind, views.kind_words(kind), "") for kind in seal.document_kinds],
        "chosen": {
            "roles": policy.roles,
            "users": frozenset(str(user) for user in policy.users),
            "kinds": policy.kinds,
            "four_eyes": policy.four_eyes,
        },
        "daily_limit": policy.daily_limit or "",
    }


def _people(
    rows: Iterable[SealUse], waiting: Iterable[SealRequest], versions: Iterable[SealPolicy], policy: UsePolicy
) -> set[UUID | None]:
    """Everybody whom the page names."""
    found: set[UUID | None] = {one for row in rows for one in (row.actor_id, row.approved_by)}
    found |= {row.requested_by for row in waiting} | {row.changed_by for row in versions} | policy.users
    return found | {UUID(user) for row in versions for user in row.users}


def _ends(pki_dir: Path, seals: Iterable[OrganisationSeal]) -> dict[UUID, datetime | None]:
    """Until when each seal's certificate is good, as the authority's register says."""
    serials = {seal.id: int(seal.serial, 16) for seal in seals}
    ends = {one.serial: one.not_after for one in register_in(pki_dir).find_all(serials.values())}
    return {seal_id: ends.get(serial) for seal_id, serial in serials.items()}
