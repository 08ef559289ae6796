"""A package: one BagIt 1.0 bag (SHA-256) in one zip file, made in memory and read back with distrust.

`bagit` checks our bags but does not make them: its `make_bag` changes the working directory of the whole process.
"""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import bagit
from msgspec import Struct

from e_archive.errors import UnreadablePackage

MAX_FILES: Final = 2000
MAX_BYTES: Final = 1 << 30
# Zip has no time zones and needs some date; the real times are in the metadata. A fixed one keeps the bytes equal.
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)

METADATA: Final = "data/metadata.xml"
CATALOGUE: Final = "data/catalogue.xml"
README: Final = "README.txt"
BAG_INFO: Final = "bag-info.txt"
SCHEMA: Final = "metadata.xsd"
REPORT: Final = "check-report.json"
RENEWAL_REPORT: Final = "renewal-report.json"
PAYLOAD_MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"


class Package(Struct, frozen=True):
    """An opened package: the name of its one root folder, and its files by path below it."""

    root: str
    files: dict[str, bytes]

    @property
    def payload(self) -> dict[str, bytes]:
        """Files under data/, by path below it."""
        return {path.removeprefix("data/"): data for path, data in self.files.items() if path.startswith("data/")}

    @property
    def info(self) -> dict[str, str]:
        """What bag-info.txt says, as `make_bag` wrote it."""
        lines = self.files.get(BAG_INFO, b"").decode().splitlines()
        return dict(line.split(": ", 1) for line in lines)


def make_bag(root: str, payload: Mapping[str, bytes], tags: Mapping[str, bytes], info: Mapping[str, str]) -> Package:
    """Lay out a bag: `payload` goes under data/, `tags` beside it, `info` into bag-info.txt."""
    files = {f"data/{path}": data for path, data in payload.items()}
    oxum = f"{sum(map(len, payload.values()))}.{len(payload)}"
    lines = [f"{name}: {' '.join(value.split())}" for name, value in {**info, "Payload-Oxum": oxum}.items()]
    outside = dict(tags) | {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        BAG_INFO: _lines(lines),
        PAYLOAD_MANIFEST: _manifest(files),
    }
    return Package(root, files | outside | {TAG_MANIFEST: _manifest(outside)})


def to_zip(package: Package) -> bytes:
    """The same package always gives the same bytes. Stored, not compressed: PDFs are compressed already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(package.files):
            entry = zipfile.ZipInfo(f"{package.root}/{path}", _ZIP_TIME)
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            archive.writestr(entry, package.files[path])
    return buffer.getvalue()


def from_zip(data: bytes) -> Package:
    """Open a package from anyone. Raises UnreadablePackage for what is no zip, too large or badly laid out."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check_entries(entries)
            contents = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UnreadablePackage("不是完整的档案包（ZIP结构损坏或已加密）") from error
    roots = {PurePosixPath(name).parts[0] for name in contents}
    if len(roots) != 1:
        raise UnreadablePackage("档案包应只有一个根目录")
    root = roots.pop()
    return Package(root, {name.removeprefix(f"{root}/"): content for name, content in contents.items()})


def bag_problems(package: Package) -> list[str]:
    """What the `bagit` library finds wrong with the bag: missing, extra or changed files, wrong totals."""
    with tempfile.TemporaryDirectory() as folder:
        for path, data in package.files.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        try:
            bag = bagit.Bag(folder)
            bag.validate(processes=1)
        except bagit.BagValidationError as error:
            return [str(detail) for detail in error.details] or [str(error)]
        except (bagit.BagError, UnicodeError, ValueError) as error:
            return [str(error)]
    return [] if "sha256" in bag.algorithms else ["信息包没有SHA-256清单"]


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if not entries or len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise UnreadablePackage("档案包为空或过大")
    if len({entry.filename for entry in entries}) != len(entries):
        raise UnreadablePackage("档案包内有重名文件")
    for entry in entries:
        path = PurePosixPath(entry.filename)
        normal = path.as_posix() == entry.filename and "\\" not in entry.filename
        if path.is_absolute() or ".." in path.parts or len(path.parts) < 2 or not normal:
            raise UnreadablePackage("档案包内有不允许的文件路径")


def _manifest(files: Mapping[str, bytes]) -> bytes:
    return _lines([f"{hashlib.sha256(files[path]).hexdigest()}  {path}" for path in sorted(files)])


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
