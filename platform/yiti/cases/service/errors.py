"""What can go wrong with a case, in words for people."""

from kernel.errors import Conflict, NotFound


class ActionRefused(Conflict):
    """The case is not where this action starts, or the actor may not take it."""

    code = "case.action_refused"


class Blocked(Conflict):
    """Blocking findings stand; nobody may approve over them."""

    code = "case.blocked"


class StalePage(Conflict):
    """Somebody was faster: the page shows a version of the case that is no longer the newest."""

    code = "case.stale_page"
    default_message = "页面已过期：业务件刚刚有新的变化，请刷新页面后再操作"


class CaseNotFound(NotFound):
    """No such case in this county."""

    code = "case.not_found"
    default_message = "没有找到业务件"


class MaterialTwice(Conflict):
    """The very same file lies with the case already."""

    code = "case.material_twice"
    default_message = "同一份文件已经上传，不必重复提交"


class MaterialNotFound(NotFound):
    """No such material with this case, or it was removed."""

    code = "case.material_not_found"
    default_message = "没有找到该材料"
