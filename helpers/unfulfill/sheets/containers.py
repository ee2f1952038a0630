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
        raise SheetRefused(
            f"{path.name} is the lock file of a workbook that is open; give the workbook itself, {path.name[2:]}."
        )
    size = size_of_file(path)
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise unreadable(path, error) from None
    suffix = path.suffix.lower()
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise SheetRefused(f"{path.name} is empty; give a file with a header and at least one row.")
    if start.startswith(_OLE):
        raise SheetRefused(_ole(path))
    if start.startswith(b"PK"):
        return _kind_of_zip(path, size)
    if suffix in (".xlsx", ".xlsm", ".xls", ".xlsb", ".zip"):
        what = _looks_like(start)
        raise SheetRefused(f"{path.name} is no workbook: it is {what}.")
    return "text"


def _ole(path: Path) -> str:
    with path.open("rb") as file:
        is_encrypted = _ENCRYPTED in file.read(1024 * 1024)
    if is_encrypted:
        return f"{path.name} is protected by a password; open it, remove the password and save it as .xlsx."
    return (
        f"{path.name} is a workbook of the old format .xls, or has a password; save it as .xlsx without one."
    )


def _looks_like(start: bytes) -> str:
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "damaged or of another program; save it again as .xlsx"
    if (
        start.lstrip(b"\xef\xbb\xbf \t\r\n")
        .lower()
        .startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta"))
    ):
        return "a web page; open it in a spreadsheet and save it as .xlsx"
    return "plain text; rename it to .csv"


def _kind_of_zip(path: Path, size: int) -> str:
    with open_archive(path) as archive:
        names = archive.namelist()
        if "xl/workbook.bin" in names:
            raise SheetRefused(f"{path.name} is a binary workbook (.xlsb); save it as .xlsx.")
        if "mimetype" in names and "content.xml" in names:
            raise SheetRefused(f"{path.name} is a document of LibreOffice (.ods); save it as .xlsx.")
        if any(name.endswith(".iwa") for name in names):
            raise SheetRefused(f"{path.name} is a sheet of Numbers; export it as Excel (.xlsx) or CSV.")
        if "[Content_Types].xml" not in names:
            if path.suffix.lower() in _TEXT_SUFFIXES or path.suffix.lower().startswith(".xls"):
                raise SheetRefused(
                    f"{path.name} is a zip archive and no workbook; give the file that is in it."
                )
            return "zip"
        _check_workbook(path, names, size)
    return "xlsx"


def _check_workbook(path: Path, names: list[str], size: int) -> None:
    if path.suffix.lower() in _TEXT_SUFFIXES:
        raise SheetRefused(
            f"{path.name} is an Excel workbook; rename it to .xlsx, or save it as CSV (UTF-8)."
        )
    if size > LARGEST_WORKBOOK:
        limit = LARGEST_WORKBOOK // 1024 // 1024
        raise SheetRefused(f"{path.name} has {size / 1024 / 1024:.1f} MB, more than {limit}; save it as CSV.")
    folded = [name.casefold() for name in names]
    if path.suffix.lower() == ".xlsm" or any(name.endswith("vbaproject.bin") for name in folded):
        raise SheetRefused(f"{path.name} holds macros; save it as .xlsx, which has none.")
    if any(name.startswith("xl/externallinks/") for name in folded):
        raise SheetRefused(
            f"{path.name} takes values from other files; replace those formulas by their values."
        )


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
        raise SheetRefused(
            f"{path.name} is damaged or was not written to its end; save or download it again."
        ) from None


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if path.stat().st_size > LARGEST_ZIP:
        raise SheetRefused(f"{path.name} is larger than {LARGEST_ZIP // 1024 // 1024} MB; split it.")
    if len(members) > MOST_MEMBERS:
        raise SheetRefused(
            f"{path.name} holds {len(members):,} files, more than {MOST_MEMBERS:,}; save it again."
        )
    names = [member.filename for member in members]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise SheetRefused(
            f"{path.name} holds {doubled[0]} twice, so that it says two things; save it again as .xlsx."
        )
    for member in members:
        _check_member(path, member)
    unpacked = sum(member.file_size for member in members)
    if unpacked > LARGEST_UNPACKED or (
        unpacked > SMALL and unpacked > LARGEST_RATIO * max(1, path.stat().st_size)
    ):
        raise SheetRefused(
            f"{path.name} would unpack to {unpacked / 1024 / 1024:,.0f} MB, as a zip bomb does; save it again."
        )


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = member.filename
    if name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/"):
        raise SheetRefused(f"{path.name} holds a file that points out of it ({name!r}); it is not read.")
    if member.flag_bits & 0x1:
        raise SheetRefused(f"{path.name} is protected by a password; remove it and save the file again.")
    if member.file_size > SMALL and member.file_size > LARGEST_RATIO * max(1, member.compress_size):
        raise SheetRefused(
            f"{path.name}: {name} would unpack to {member.file_size / 1024 / 1024:,.0f} MB, as a zip bomb does; save it"
            " again, or as CSV."
        )


def unpack(file: IO[bytes]) -> Iterator[bytes]:
    """The content of an opened member, a piece at a time."""
    while piece := file.read(CHUNK):
        yield piece


def unpack_whole(path: Path, archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """A member that is small. Raises SheetRefused where it is missing or larger than `limit` bytes."""
    if name not in archive.namelist():
        raise SheetRefused(f"{path.name} lacks {name}, so it is no workbook; save it again as .xlsx.")
    if archive.getinfo(name).file_size > limit:
        raise SheetRefused(f"{path.name}: {name} is larger than a workbook's is; save it again as .xlsx.")
    with archive.open(name) as member:
        return b"".join(unpack(member))
