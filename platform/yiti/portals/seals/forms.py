"""The forms of the seals."""

from collections.abc import Collection
from uuid import UUID

from msgspec import Struct

from kernel.errors import Invalid
from signing.seal_rules import UsePolicy
from yiti.portals.shell.views import several


class PolicyForm(Struct, kw_only=True):
    """The use policy. `version`: the one that was shown."""

    version: str = ""
    roles: list[str] | str = []
    users: list[str] | str = []
    kinds: list[str] | str = []
    daily_limit: str = ""
    four_eyes: list[str] | str = []


class ReasonForm(Struct, kw_only=True):
    """Why a seal is suspended, or a request is not approved."""

    reason: str = ""


def policy_in(data: PolicyForm, roles: Collection[str], users: Collection[UUID]) -> UsePolicy:
    """The form as a policy. `roles`, `users`: who of the organisation may seal at all. Raises Invalid at the field."""
    chosen_roles, chosen_users = frozenset(several(data.roles)), {str(user): user for user in users}
    if not chosen_roles <= set(roles):
        raise Invalid("所选角色没有用印权限", field="roles")
    if not set(several(data.users)) <= set(chosen_users):
        raise Invalid("所选人员没有用印权限或者已停用，请刷新页面后重新选择", field="users")
    return UsePolicy(
        kinds=frozenset(several(data.kinds)),
        roles=chosen_roles,
        users=frozenset(chosen_users[user] for user in several(data.users)),
        daily_limit=_limit(data.daily_limit.strip()),
        four_eyes=frozenset(several(data.four_eyes)),
        version=_whole(data.version, "version", "页面数据不完整，请刷新后重新填写"),
    )


def _limit(text: str) -> int | None:
    return _whole(text, "daily_limit", "请填写次数，例如 50；不限制的留空") if text else None


def _whole(text: str, field: str, words: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise Invalid(words, field=field)
    return int(text)
