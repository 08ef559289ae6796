"""What can go wrong in the archive."""

from e_archive.schemas import CheckReport
from kernel.errors import Conflict, Invalid, NotFound


class ArchiveRefused(Conflict):
    """The package does not pass the four-property check; nothing was archived and a person must look."""

    code = "e_archive.refused"

    def __init__(self, message: str, report: CheckReport | None = None) -> None:
        super().__init__(message)
        self.report = report


class UnreadablePackage(Invalid):
    """Not a package at all."""

    code = "e_archive.unreadable"


class UnknownArchive(NotFound):
    """No such archive in this county."""

    code = "e_archive.unknown"
    default_message = "没有找到该电子档案"
