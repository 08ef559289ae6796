"""The forms of applying online; the application itself is made from the declarations, see `filling`."""

from msgspec import Struct


class BeginForm(Struct, kw_only=True):
    """What to begin with: one's own entry, or a unit by its code; for oneself, or for somebody else."""

    entry: str = ""
    unit_code: str = ""
    side: str = "holder"
    acting: str = "self"
    principal_name: str = ""
    principal_id: str = ""
    following: list[str] | str = []


class NoteForm(Struct, kw_only=True):
    """A reason, or what was corrected."""

    reason: str = ""
