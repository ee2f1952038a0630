"""What a file is, and zip archives that cannot harm: every limit is checked before anything is unpacked.

A workbook is a zip of XML. Sizes are bounded twice: by what the archive declares, and by what really comes out.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from unfulfill.errors import SheetRefused
from unfulfill.sheets.plain_file import size_of_file, unreadable
from unfulfill.words import said

LARGEST_WORKBOOK = 50 * 1024 * 1024  # bytes, packed
LARGEST_ZIP = 256 * 1024 * 1024
LARGEST_UNPACKED = 1024 * 1024 * 1024
LARGEST_RATIO = 150  # unpacked : packed; sheets of a shop are 5 to 50 times as large unpacked
SMALL = 4 * 1024 * 1024  # below this, unpacked, no ratio is suspicious
MOST_MEMBERS = 1_000
CHUNK = 256 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)


def kind_of_file(path: Path) -> str:
    """ "xlsx", "zip" or "text", by content. Raises SheetRefused where the file is none of them or its name lies."""
    if path.name.startswith("~$"):
        raise SheetRefused(said("file.lock_file", file=path.name, workbook=path.name[2:]))
    size = size_of_file(path)
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise unreadable(path, error) from None
    suffix = path.suffix.lower()
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise SheetRefused(said("file.empty", file=path.name))
    if start.startswith(_OLE):
        raise SheetRefused(_ole(path))
    if start.startswith(b"PK"):
        return _kind_of_zip(path, size)
    if suffix in (".xlsx", ".xlsm", ".xls", ".xlsb", ".zip"):
        raise SheetRefused(_no_workbook(path, start))
    return "text"


def _ole(path: Path) -> str:
    with path.open("rb") as file:
        is_encrypted = _ENCRYPTED in file.read(1024 * 1024)
    return said("file.encrypted" if is_encrypted else "file.old_workbook", file=path.name)


def _no_workbook(path: Path, start: bytes) -> str:
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return said("file.damaged_workbook", file=path.name)
    if (
        start.lstrip(b"\xef\xbb\xbf \t\r\n")
        .lower()
        .startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta"))
    ):
        return said("file.web_page_as_workbook", file=path.name)
    return said("file.text_as_workbook", file=path.name)


def _kind_of_zip(path: Path, size: int) -> str:
    with open_archive(path) as archive:
        names = archive.namelist()
        if "xl/workbook.bin" in names:
            raise SheetRefused(said("file.xlsb", file=path.name))
        if "mimetype" in names and "content.xml" in names:
            raise SheetRefused(said("file.ods", file=path.name))
        if any(name.endswith(".iwa") for name in names):
            raise SheetRefused(said("file.numbers", file=path.name))
        if "[Content_Types].xml" not in names:
            if path.suffix.lower() in _TEXT_SUFFIXES or path.suffix.lower().startswith(".xls"):
                raise SheetRefused(said("file.zip_as_workbook", file=path.name))
            return "zip"
        _check_workbook(path, names, size)
    return "xlsx"


def _check_workbook(path: Path, names: list[str], size: int) -> None:
    if path.suffix.lower() in _TEXT_SUFFIXES:
        raise SheetRefused(said("file.workbook_as_text", file=path.name))
    if size > LARGEST_WORKBOOK:
        limit = LARGEST_WORKBOOK // 1024 // 1024
        raise SheetRefused(
            said("file.large_workbook", file=path.name, size=round(size / 1024 / 1024, 1), limit=limit)
        )
    folded = [name.casefold() for name in names]
    if path.suffix.lower() == ".xlsm" or any(name.endswith("vbaproject.bin") for name in folded):
        raise SheetRefused(said("file.macros", file=path.name))
    if any(name.startswith("xl/externallinks/") for name in folded):
        raise SheetRefused(said("file.links", file=path.name))


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip, after its members were checked; reading from it refuses with a sentence where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(path, archive.infolist())
            yield archive
    except SheetRefused:
        raise
    except _DAMAGED:
        raise SheetRefused(said("file.damaged", file=path.name)) from None


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if path.stat().st_size > LARGEST_ZIP:
        raise SheetRefused(said("file.large", file=path.name, limit=LARGEST_ZIP // 1024 // 1024))
    if len(members) > MOST_MEMBERS:
        raise SheetRefused(said("file.many_parts", file=path.name, count=len(members), limit=MOST_MEMBERS))
    names = [member.filename for member in members]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise SheetRefused(said("file.part_twice", file=path.name, part=doubled[0]))
    for member in members:
        _check_member(path, member)
    unpacked = sum(member.file_size for member in members)
    if unpacked > LARGEST_UNPACKED or (
        unpacked > SMALL and unpacked > LARGEST_RATIO * max(1, path.stat().st_size)
    ):
        raise SheetRefused(said("file.zip_bomb", file=path.name, size=_megabytes(unpacked)))


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = member.filename
    if name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/"):
        raise SheetRefused(said("file.points_out", file=path.name, part=repr(name)))
    if member.flag_bits & 0x1:
        raise SheetRefused(said("file.password", file=path.name))
    if member.file_size > SMALL and member.file_size > LARGEST_RATIO * max(1, member.compress_size):
        size = _megabytes(member.file_size)
        raise SheetRefused(said("file.zip_bomb_part", file=path.name, part=name, size=size))


def _megabytes(size: int) -> int:
    return round(size / 1024 / 1024)


def unpack(file: IO[bytes]) -> Iterator[bytes]:
    """The content of an opened member, a piece at a time."""
    while piece := file.read(CHUNK):
        yield piece


def unpack_whole(path: Path, archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """A member that is small. Raises SheetRefused where it is missing or larger than `limit` bytes."""
    if name not in archive.namelist():
        raise SheetRefused(said("file.lacks_part", file=path.name, part=name))
    if archive.getinfo(name).file_size > limit:
        raise SheetRefused(said("file.large_part", file=path.name, part=name))
    with archive.open(name) as member:
        return b"".join(unpack(member))
