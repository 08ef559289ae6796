"""Every role, in one place: what it may do, and which kind of organisation may give it to its people.

Duties are kept apart (三员分立, 等保三级): who administers users holds no business permission, and the other way round.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kernel.permissions import Permission

__all__ = ["APART", "ORGANISATION_KINDS", "ROLES", "OrganisationKind", "Role", "permissions_of", "roles_for"]


class OrganisationKind(StrEnum):
    """What an organisation is to the platform."""

    DEVELOPER = "developer"
    BANK = "bank"
    FUND_CENTRE = "fund_centre"
    HOUSING_DEPARTMENT = "housing_department"
    REGISTRATION_CENTRE = "registration_centre"
    OPERATOR = "operator"


ORGANISATION_KINDS: dict[OrganisationKind, str] = {
    OrganisationKind.DEVELOPER: "房地产开发企业",
    OrganisationKind.BANK: "银行",
    OrganisationKind.FUND_CENTRE: "住房公积金管理中心",
    OrganisationKind.HOUSING_DEPARTMENT: "住房和城乡建设局",
    OrganisationKind.REGISTRATION_CENTRE: "不动产登记中心",
    OrganisationKind.OPERATOR: "平台运维单位",
}


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions; `kind` is the only kind of organisation whose users may hold it."""

    code: str
    title: str
    duty: str
    kind: OrganisationKind
    permissions: frozenset[Permission]


def _role(code: str, title: str, duty: str, kind: OrganisationKind, *permissions: Permission) -> Role:
    return Role(code, title, duty, kind, frozenset(permissions))


_P, _K = Permission, OrganisationKind


def _sealer(code: str, title: str, kind: OrganisationKind, *more: Permission) -> Role:
    return _role(code, title, "加盖本单位电子印章，批准他人的用印申请", kind, _P.SEAL_VIEW, _P.SEAL_USE, *more)


def _keeper(code: str, kind: OrganisationKind) -> Role:
    """Who sets the rules of a seal does not use it."""
    return _role(code, "印章管理员", "设定本单位电子印章的用印规则，停用和恢复印章", kind, _P.SEAL_VIEW, _P.SEAL_MANAGE)


APART: tuple[tuple[frozenset[Permission], frozenset[Permission]], ...] = (
    (frozenset({_P.SEAL_MANAGE}), frozenset({_P.SEAL_USE, _P.SALE_SEAL})),
)
"""Permissions that no one person may have together, whatever the roles that give them."""

ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        _role(
            "estate_clerk", "楼盘管理员", "登记项目、楼幢和楼盘表，核发预售许可",
            _K.HOUSING_DEPARTMENT, _P.ESTATE_MANAGE, _P.PERMIT_ISSUE, _P.ESCROW_VIEW, _P.SALE_VIEW,
        ),
        _role(
            "escrow_supervisor", "资金监管员", "管理监管协议，初审用款申请，查看预售资金和维修资金",
            _K.HOUSING_DEPARTMENT, _P.ESCROW_VIEW, _P.SALE_VIEW, _P.SUPERVISION_MANAGE, _P.DRAWDOWN_REVIEW,
        ),
        _role(
            "escrow_approver", "资金监管负责人", "核准用款申请、解除监管和对账冲正，查看预售资金和维修资金",
            _K.HOUSING_DEPARTMENT, _P.ESCROW_VIEW, _P.SALE_VIEW, _P.DRAWDOWN_APPROVE, _P.CORRECTION_APPROVE,
        ),
        _role(
            "finance_clerk", "财务人员", "与银行逐日对账，处理差异和不明入账",
            _K.HOUSING_DEPARTMENT, _P.ESCROW_VIEW, _P.RECONCILE,
        ),
        _role("sales_clerk", "售楼员", "签约、提交合同", _K.DEVELOPER, _P.SALE_VIEW, _P.SALE_MANAGE),
        _role(
            "sales_manager", "售楼负责人", "签约、提交合同，在合同、监管协议上加盖企业电子印章",
            _K.DEVELOPER, _P.SALE_VIEW, _P.SALE_MANAGE, _P.SALE_SEAL, _P.ESCROW_VIEW, _P.SEAL_VIEW, _P.SEAL_USE,
            _P.SUPERVISION_AGREE,
        ),
        _role(
            "developer_accountant", "企业财务", "核对监管协议，申请使用监管资金",
            _K.DEVELOPER, _P.ESCROW_VIEW, _P.DRAWDOWN_REQUEST, _P.SUPERVISION_AGREE,
        ),
        _keeper("developer_seal_keeper", _K.DEVELOPER),
        _role(
            "bank_clerk", "银行经办", "办理本行监管账户的付款、对账和贷款入账，核对监管协议",
            _K.BANK, _P.BANK_ORDERS, _P.LOAN_PAY, _P.SUPERVISION_AGREE,
        ),
        _sealer("bank_sealer", "银行用印人", _K.BANK, _P.SUPERVISION_AGREE),
        _keeper("bank_seal_keeper", _K.BANK),
        _role("fund_clerk", "公积金经办", "办理公积金贷款入账", _K.FUND_CENTRE, _P.LOAN_PAY),
        _sealer("fund_sealer", "公积金用印人", _K.FUND_CENTRE),
        _keeper("fund_seal_keeper", _K.FUND_CENTRE),
        _role(
            "window_clerk", "窗口人员", "受理登记申请、通知补正、发证，查看业务件和登记簿",
            _K.REGISTRATION_CENTRE, _P.CASE_VIEW, _P.CASE_ACCEPT, _P.REGISTER_VIEW,
        ),
        _role(
            "reviewer", "审核员", "对业务件提出初审、复审意见",
            _K.REGISTRATION_CENTRE, _P.CASE_VIEW, _P.CASE_REVIEW, _P.REGISTER_VIEW,
        ),
        _role(
            "registrar", "登记员", "审核、核准业务件并登簿，依规定查看完整个人信息",
            _K.REGISTRATION_CENTRE, _P.CASE_VIEW, _P.CASE_REVIEW, _P.CASE_DECIDE, _P.REGISTER_VIEW, _P.PII_REVEAL,
        ),
        _role(
            "fee_clerk", "收费财务", "查看一码缴费和清分，核对各方到账",
            _K.REGISTRATION_CENTRE, _P.COLLECTION_VIEW,
        ),
        _keeper("agency_seal_keeper", _K.REGISTRATION_CENTRE),
        _role(
            "case_manager", "业务管理员", "设定各类业务的材料、时限、审核层级和收费，登记收费标准和收款账户",
            _K.REGISTRATION_CENTRE, _P.CASE_VIEW, _P.CASE_CONFIGURE, _P.REGISTER_VIEW, _P.COLLECTION_VIEW,
            _P.COLLECTION_MANAGE,
        ),
        _role(
            "administrator", "系统管理员", "管理单位和用户，处理系统运行问题",
            _K.OPERATOR, _P.USERS_MANAGE, _P.OPERATIONS_VIEW, _P.OPERATIONS_MANAGE,
        ),
        _role("auditor", "安全审计员", "查看审计日志和系统运行状态", _K.OPERATOR, _P.OPERATIONS_VIEW),
    )
}  # fmt: skip


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """What the roles together may do; a role that no longer exists gives nothing."""
    return frozenset(permission for code in roles if code in ROLES for permission in ROLES[code].permissions)


def roles_for(kind: OrganisationKind) -> list[Role]:
    """The roles that an organisation of this kind may give."""
    return [role for role in ROLES.values() if role.kind is kind]
