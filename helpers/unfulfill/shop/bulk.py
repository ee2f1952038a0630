"""Bulk queries: started, waited for, downloaded to a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from unfulfill.errors import BadAnswer, NotApplied, OutcomeUnknown, QueryRefused, ShopUnreachable
from unfulfill.progress import Progress, no_progress
from unfulfill.shop.client import Shop
from unfulfill.shop.documents import bulk_text
from unfulfill.shop.transport import NoAnswer

START_ATTEMPTS = 6
DOWNLOAD_ATTEMPTS = 4
SANDBOX_POLL_S = 0.05
FIRST_POLL_S = 1.0
LONGEST_POLL_S = 10.0
LONGEST_WAIT_S = 24 * 3600.0  # Shopify allows ten days; a token lives for one
RUNNING = frozenset(["CREATED", "RUNNING", "CANCELING"])
ENDINGS: Mapping[str, str] = {
    "FAILED": "failed",
    "CANCELED": "was cancelled by somebody",
    "EXPIRED": "expired",
}


@dataclass(frozen=True)
class BulkFile:
    """A bulk operation that completed, and its file."""

    path: Path
    objects: int  # as the shop counted them
    roots: int
    lines: int  # in the file


@dataclass(frozen=True)
class BulkRefused:
    """The shop does not start this bulk operation now; the synchronous pages are the other way."""

    reason: str


def run_bulk(
    shop: Shop,
    name: str,
    search: str,
    path: Path,
    progress: Progress = no_progress,
    *,
    poll_s: float | None = None,
) -> BulkFile | BulkRefused:
    """Run the bulk query `operations/<name>.graphql` with a search and write its JSONL lines to `path`.

    The order of the lines means nothing: a child may stand before its parent. `poll_s` is the first pause
    between two looks; it grows. Raises QueryRefused when the operation fails, is cancelled or expires, and
    the errors of `Shop.read`. An interrupt cancels the operation.
    """
    started = _start(shop, bulk_text(name, search))
    if isinstance(started, BulkRefused):
        return started
    first = poll_s if poll_s is not None else (SANDBOX_POLL_S if shop.settings.is_sandbox else FIRST_POLL_S)
    try:
        operation = _wait(shop, started, first, lambda objects: progress(objects, None, "reading"))
    except KeyboardInterrupt:
        shop.write("BulkCancel", id=started)
        raise
    _download(shop, operation, path)
    return BulkFile(
        path, _count(operation, "objectCount"), _count(operation, "rootObjectCount"), _lines(path)
    )


def _start(shop: Shop, text: str) -> str | BulkRefused:
    """The id of the operation. An answer that was lost costs a second one: it only reads."""
    payload: dict[str, Any] | None = None
    for attempt in range(START_ATTEMPTS):
        try:
            payload = shop.write("BulkRunQuery", query=text)
            break
        except NotApplied as error:
            if not error.may_repeat:
                raise QueryRefused(str(error)) from None
        except OutcomeUnknown:
            pass
        shop.sleep(min(16.0, 0.5 * 2.0**attempt))
    if payload is None:
        return BulkRefused("the shop could not be made to start a bulk operation")
    if payload["userErrors"]:
        return BulkRefused("; ".join(str(error.get("message")) for error in payload["userErrors"]))
    operation = payload.get("bulkOperation")
    if not isinstance(operation, dict) or not isinstance(operation.get("id"), str):
        raise BadAnswer(f"{shop.name} started a bulk operation but did not say which; export again.")
    return str(operation["id"])


def _wait(shop: Shop, id_: str, poll_s: float, show: Callable[[int], None]) -> dict[str, Any]:
    waited_s, longest_s = 0.0, min(LONGEST_POLL_S, poll_s * 10)
    while waited_s < LONGEST_WAIT_S:
        operation = shop.read("BulkStatus", id=id_).get("bulkOperation")
        if not isinstance(operation, dict):
            raise BadAnswer(f"{shop.name} no longer knows its bulk operation {id_}; export again.")
        status = operation.get("status")
        if status == "COMPLETED":
            return operation
        if status not in RUNNING:
            ending = ENDINGS.get(str(status), f"ended as {status}")
            code = f" ({operation['errorCode']})" if operation.get("errorCode") else ""
            raise QueryRefused(
                f"The bulk operation {id_} {ending}{code} after {_count(operation, 'objectCount')} objects; "
                "export again, or with narrower filters. A partial file is never used."
            )
        show(_count(operation, "objectCount"))
        shop.sleep(poll_s)
        waited_s += poll_s
        poll_s = min(longest_s, poll_s * 1.2)
    raise ShopUnreachable(
        f"The bulk operation {id_} did not end within a day; export again with narrower filters."
    )


def _download(shop: Shop, operation: Mapping[str, Any], path: Path) -> None:
    url = operation.get("url")
    if url is None:
        path.write_bytes(b"")  # Shopify gives no file where nothing matched
        return
    if not isinstance(url, str) or not is_allowed_source(
        url, shop.settings.url if shop.settings.is_sandbox else ""
    ):
        raise BadAnswer(
            f"{shop.name} points to {str(url)[:80]!r} for its file, which is not a place of Shopify's."
        )
    what = ""
    for attempt in range(DOWNLOAD_ATTEMPTS):
        with path.open("wb") as file:
            answer = shop.transport.download(url, file)
        if not isinstance(answer, NoAnswer):
            if answer.status == 200:
                return
            if answer.status < 500:
                raise BadAnswer(
                    f"The file of the bulk operation answers with HTTP status {answer.status}; export again."
                )
            what = f"HTTP status {answer.status}"
        else:
            what = answer.what
        shop.sleep(0.5 * 2.0**attempt)
    raise ShopUnreachable(f"The file of the bulk operation cannot be downloaded: {what}; export again.")


def is_allowed_source(url: str, sandbox_url: str) -> bool:
    """Whether a bulk file may be fetched there: Shopify's storage by https, or the sandbox that is connected."""
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
        and (host == "storage.googleapis.com" or host.endswith(".shopify.com"))
    )


def _count(operation: Mapping[str, Any], name: str) -> int:
    """A counter, which Shopify sends as a text because it may be larger than a JSON number."""
    value = operation.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise BadAnswer(f"The shop sent {value!r} as {name} of a bulk operation; export again.")


def _lines(path: Path) -> int:
    """How many lines the file has; one that was cut off counts, and then does not parse."""
    count = 0
    last = b"\n"
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            count += block.count(b"\n")
            last = block[-1:]
    return count + (last != b"\n")
