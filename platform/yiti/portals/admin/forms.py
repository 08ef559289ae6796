"""The forms of the administration."""

from msgspec import Struct

from yiti.accounts.roles import OrganisationKind


class OrganisationForm(Struct, kw_only=True):
    """A new organisation."""

    kind: OrganisationKind
    name: str
    credit_code: str
    address: str = ""
    phone: str = ""
    legal_representative: str = ""


class UserForm(Struct, kw_only=True):
    """A new user; the one-time password is made by the platform."""

    login: str
    display_name: str
    roles: list[str] | str = []


class RolesForm(Struct, kw_only=True):
    """The roles that a user shall have."""

    roles: list[str] | str = []


class BusinessForm(Struct, kw_only=True):
    """How the county handles a kind of business from a day on. `required`: codes of the materials that must be."""

    effective_from: str = ""
    limit_days: str = ""
    review_levels: str = ""
    fee: str = ""
    automatic: str = ""
    required: list[str] | str = []
