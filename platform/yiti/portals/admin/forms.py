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
