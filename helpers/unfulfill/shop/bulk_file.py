"""The file of a bulk operation on its way to the disk: whole, or gone on with where it broke off."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from unfulfill.errors import BadAnswer, ShopUnreachable
from unfulfill.shop.client import Shop
from unfulfill.shop.transport import Answer, NoAnswer
from unfulfill.words import said

ATTEMPTS = 6  # in a row without a byte
GONE = frozenset([401, 403, 404, 410])  # an address that has died; the operation tells another
COMPRESSED = ".gz"
DOWNLOAD_HOSTS = ("storage.googleapis.com",)

Known = dict[str, Any]  # "etag", "total", "packed" of the part that is on the disk


class AddressGone(Exception):
    """The address of the file answers no more."""


class _Part:
    """What is on the disk of one file, and where the next bytes go."""

    def __init__(
        self, path: Path, known: Known, remember: Callable[[Known], None], show: Callable[[int], None]
    ) -> None:
        self.path = path
        self.known = known
        self._remember = remember
        self._show = show
        self._file: IO[bytes] | None = None
        self.size = path.stat().st_size if path.exists() else 0

    @property
    def range(self) -> dict[str, str]:
        """Headers that ask for the rest; none where nothing is there that could be gone on with."""
        if not self.size or not self.known.get("etag"):
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": str(self.known["etag"])}

    def begin(self, answer: Answer) -> Callable[[bytes], None]:
        """Append where the answer goes on exactly there, else start anew."""
        head = answer.headers
        goes_on = answer.status == 206 and head.get("Content-Range", "").startswith(f"bytes {self.size}-")
        if answer.status == 206 and not goes_on:
            raise BadAnswer(said("shop_error.file_changed"))
        if not goes_on:
            self.known = {
                "etag": head.get("ETag", ""),
                "packed": head.get("Content-Encoding", "").lower() == "gzip",
            }
            self._remember(self.known)
            self.size = 0
        self.close()
        self._file = self.path.open("ab" if goes_on else "wb")
        return self._take

    def close(self) -> None:
        """Let go of the file, with everything on the disk."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def _take(self, piece: bytes) -> None:
        assert self._file is not None
        self._file.write(piece)
        self.size += len(piece)
        self._show(self.size)


def download(
    shop: Shop,
    url: str,
    path: Path,
    *,
    known: Known,
    remember: Callable[[Known], None],
    show: Callable[[int], None],
) -> Path:
    """Fetch a file to `path`, or to `path` and `.gz` where it is stored compressed; returns which.

    What an earlier call, perhaps of another process, left beside it in `<name>.part` is gone on with by a Range
    request, as long as the file is still the same (`known`, which `remember` is given to be kept). `show` is told
    the bytes on the disk. Raises AddressGone where the address has died, ShopUnreachable where the file does not
    come for all our patience, BadAnswer for a redirect or a strange address. What came stays on the disk.
    """
    if not is_allowed_source(url, shop.settings.url if shop.settings.is_sandbox else ""):
        raise BadAnswer(said("shop_error.strange_file", shop=shop.name, address=repr(url[:80])))
    part = _Part(path.with_name(f"{path.name}.part"), known, remember, show)
    failures = 0
    what = ""
    while failures < ATTEMPTS:
        before = part.size
        try:
            answer = shop.transport.download(url, part.range, part.begin)
        finally:
            part.close()
        if isinstance(answer, Answer) and answer.status in (200, 206):
            return _finish(part, path)
        what = _why(answer, part)
        failures = 1 if part.size > before else failures + 1
        shop.sleep(0.5 * 2.0 ** (failures - 1))
    raise ShopUnreachable(said("shop_error.no_download", why=what))


def _why(answer: Answer | NoAnswer, part: _Part) -> str:
    """What went wrong, where another try makes sense."""
    if isinstance(answer, NoAnswer):
        return answer.what
    status = str(answer.status)
    if answer.status in GONE:
        raise AddressGone(said("shop_error.http_status", status=status))
    if answer.status == 416:  # the file is not the one we have a part of
        part.path.unlink(missing_ok=True)
        part.size = 0
    elif answer.status < 500 and answer.status not in (408, 429):
        raise BadAnswer(said("shop_error.file_status", status=status))
    return said("shop_error.http_status", status=status)


def _finish(part: _Part, path: Path) -> Path:
    final = path.with_name(path.name + COMPRESSED) if part.known.get("packed") else path
    part.path.replace(final)
    return final


def is_allowed_source(url: str, sandbox_url: str, hosts: Sequence[str] = DOWNLOAD_HOSTS) -> bool:
    """Whether a bulk file may be fetched there: Shopify's storage by https, or the sandbox that is connected.

    `hosts` of the storage beside Shopify's own.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if sandbox_url and url.startswith(f"{sandbox_url}/"):
        return True
    host = parts.hostname or ""
    return (
        parts.scheme == "https"
        and port in (None, 443)
        and "@" not in parts.netloc
        and (host in hosts or host.endswith(".shopify.com"))
    )


def file_url(operation: Mapping[str, Any], shop: str) -> str | None:
    """The address of an operation's file; None where nothing matched. Raises BadAnswer for anything else."""
    url = operation.get("url")
    if url is None or isinstance(url, str):
        return url
    raise BadAnswer(said("shop_error.strange_file", shop=shop, address=repr(str(url)[:80])))
