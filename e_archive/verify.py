"""Verify a package with nothing but the package: `python -m e_archive.verify FILE`."""

import hashlib
import sys
from pathlib import Path

from e_archive.errors import UnreadablePackage
from e_archive.facts import Facts
from e_archive.four_properties import check
from e_archive.package import from_zip
from e_archive.pdf import inspect
from e_archive.schemas import Result, Verification

_MARKS = {Result.PASSED: "通过", Result.FAILED: "不通过", Result.NOT_CHECKED: "未检"}


def verify_package(data: bytes) -> Verification:
    """Do the four-property check anew on the bytes of a package. Raises UnreadablePackage.

    It proves that the package is whole and as it was made; that it is *the* archived package is proved by comparing
    `package_digest` with the archive's catalogue.
    """
    facts = Facts(from_zip(data), inspect)
    return Verification(
        archive_no=facts.text("archive_no") or None,
        package_digest=hashlib.sha256(data).hexdigest(),
        report=check(facts, "YJ"),
    )


def main(arguments: list[str]) -> int:
    """Print the check item by item; 0 when nothing failed, 1 when something did, 2 when it is no package."""
    if len(arguments) != 1:
        sys.stderr.write("用法：python -m e_archive.verify 档案包.zip\n")
        return 2
    try:
        found = verify_package(Path(arguments[0]).read_bytes())
    except (UnreadablePackage, OSError) as error:
        sys.stderr.write(f"无法验证：{error}\n")
        return 2
    sys.stdout.write("\n".join(_lines(found)) + "\n")
    return 0 if found.ok else 1


def _lines(found: Verification) -> list[str]:
    head = [f"档号：{found.archive_no or '（无）'}", f"信息包摘要（SHA-256）：{found.package_digest}"]
    items = [
        f"{item.id:8} {_MARKS[item.result]}\t{item.name}{'：' if item.reason else ''}{item.reason}"
        for item in found.report.items
    ]
    verdict = "已检项目全部通过" if found.ok else f"{len(found.report.failed)} 项不通过"
    return [*head, *items, f"结论：{verdict}"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
