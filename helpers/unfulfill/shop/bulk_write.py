"""Bulk mutations: one mutation for each line of an uploaded file. Shopify does not ration them.

    1. upload          stagedUploadsCreate, then the file by a form to Shopify's storage, without the token
    2. start           bulkOperationRunMutation, sent once
    3. mutations_since what was started, also where the answer to that got lost
    4. write_status    by its id, until it has ended
    5. results         one line of JSON for each line of the file, in any order, matched by `__lineNumber`

An operation is found again by the name that the mutation inside it was given: Shopify shows the text of a bulk
mutation as it came, name included (BulkOperation.query; recorded with API 2026-04, July 2026). `clientIdentifier` "may
be used for querying" (schema 2026-10), but neither field nor filter shows it; it is sent for Shopify's support.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from unfulfill.errors import BadAnswer, NotApplied, OutcomeUnknown
from unfulfill.shop.bulk_file import COMPRESSED, AddressGone, download, is_allowed_source
from unfulfill.shop.client import Shop
from unfulfill.shop.documents import load_document
from unfulfill.shop.pages import walk
from unfulfill.shop.transport import Answer, NoAnswer
from unfulfill.words import listed, said

LARGEST_FILE = 100_000_000  # bytes; Shopify takes 100 MiB
UPLOAD_HOSTS = ("shopify-staged-uploads.storage.googleapis.com",)  # recorded with API 2026-04, July 2026
UPLOAD_PAUSES_S = (0.5, 2.0, 8.0)
ENDED = frozenset(["COMPLETED", "CANCELED", "FAILED", "EXPIRED", "GONE"])
BUSY = ("OPERATION_IN_PROGRESS", "LIMIT_REACHED")


@dataclass(frozen=True)
class BulkWrite:
    """A bulk mutation, as the shop shows it."""

    id: str
    status: (
        str  # CREATED, RUNNING, CANCELING; COMPLETED, CANCELED, FAILED, EXPIRED; GONE: the shop knows none
    )
    error: str = ""  # BulkOperationErrorCode
    done: int = 0  # lines
    url: str = ""  # of the results; of an operation that did not complete, of those that there are
    text: str = ""  # of the mutation; blank where it was not asked for

    @property
    def is_running(self) -> bool:
        """Whether it may still change something; a status that we do not know says nothing to the contrary."""
        return self.status not in ENDED


@dataclass(frozen=True)
class StartRefused:
    """The shop did not start a bulk mutation."""

    reason: str
    is_busy: bool  # for want of a free place


def mutation_text(operation: str, name: str) -> str:
    """The document `operations/<operation>.graphql`, its mutation named `name`."""
    return load_document(operation).text.replace(f"mutation {operation}", f"mutation {name}", 1)


def lines_of(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A file of variables: one object a line."""
    return b"".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows
    )


def upload(shop: Shop, content: bytes, filename: str) -> str:
    """Put a file where a bulk mutation finds it; returns its stagedUploadPath. Raises NotApplied."""
    if len(content) > LARGEST_FILE:
        raise NotApplied(
            said("shop_error.upload_too_large", file=filename, size=len(content), limit=LARGEST_FILE)
        )
    what = ""
    for pause_s in (*UPLOAD_PAUSES_S, None):
        try:
            url, form = _target(shop, shop.write("BulkUpload", filename=filename))
            answer = shop.transport.post(url, {}, form=form, file=(filename, content))
            if isinstance(answer, Answer) and answer.status in (200, 201, 204):
                return form["key"]
            what = answer.what if isinstance(answer, NoAnswer) else _status(answer)
        except (NotApplied, OutcomeUnknown) as error:
            if isinstance(error, NotApplied) and not error.may_repeat:
                raise
            what = str(error)
        if pause_s is not None:
            shop.sleep(pause_s)
    raise NotApplied(said("shop_error.no_upload", why=what))


def _status(answer: Answer) -> str:
    return said("shop_error.http_status", status=str(answer.status))


def _target(shop: Shop, payload: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Where to upload, and the fields of the form, in their order."""
    try:
        target = payload["stagedTargets"][0]
        url, form = target["url"], {str(each["name"]): str(each["value"]) for each in target["parameters"]}
    except (KeyError, TypeError, IndexError):
        why = listed(str(error.get("message")) for error in payload["userErrors"])
        raise NotApplied(said("shop_error.no_upload_place", shop=shop.name, why=why)) from None
    sandbox_url = shop.settings.url if shop.settings.is_sandbox else ""
    if not is_allowed_source(str(url), sandbox_url, UPLOAD_HOSTS) or "key" not in form:
        raise NotApplied(said("shop_error.strange_upload", shop=shop.name, address=repr(str(url)[:80])))
    return url, form


def start(shop: Shop, text: str, path: str, name: str) -> BulkWrite | StartRefused:
    """Run a mutation over an uploaded file, sent once. Raises NotApplied or OutcomeUnknown like `Shop.write`."""
    payload = shop.write("BulkRunMutation", mutation=text, path=path, identifier=name)
    errors = payload["userErrors"]
    if errors:
        reason = listed(str(error.get("message")) for error in errors)
        return StartRefused(reason, any(error.get("code") in BUSY for error in errors))
    operation = payload.get("bulkOperation")
    if not isinstance(operation, dict) or not isinstance(operation.get("id"), str):
        raise OutcomeUnknown(said("shop_error.bulk_nameless", shop=shop.name))
    return _bulk_write(operation)


def mutations_since(shop: Shop, since: datetime) -> list[BulkWrite]:
    """This app's bulk mutations that were started at a time or after it, in no order."""
    search = f"operation_type:mutation AND created_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
    nodes = walk(shop, "BulkMutations", lambda data: data["bulkOperations"], search=search)
    return [_bulk_write(node) for node in nodes]


def write_status(shop: Shop, id_: str) -> BulkWrite:
    """How far a bulk mutation is."""
    operation = shop.read("BulkStatus", id=id_).get("bulkOperation")
    return _bulk_write(operation) if isinstance(operation, dict) else BulkWrite(id_, "GONE")


def _bulk_write(node: Mapping[str, Any]) -> BulkWrite:
    done = str(node.get("objectCount") or "")
    return BulkWrite(
        id=str(node.get("id")),
        status=str(node.get("status")),
        error=str(node.get("errorCode") or ""),
        done=int(done) if done.isascii() and done.isdigit() else 0,
        # A cancelled operation was recorded with `url`, a failed one is documented with `partialDataUrl`.
        url=str(node.get("url") or node.get("partialDataUrl") or ""),
        text=str(node.get("query") or ""),
    )


def results(shop: Shop, write: BulkWrite, path: Path) -> dict[int, dict[str, Any]]:
    """The payloads of a bulk mutation that has ended, by line of its file, the first being 0.

    A line is absent where its outcome is not certain: there is no result for it or it was cut, it has errors instead
    of a payload, or two that differ. Everything is absent where the file is gone; `path` is where it lies meanwhile.
    Raises ShopUnreachable where the file does not come.
    """
    for _ in range(2):
        if not write.url:
            break
        try:
            file = download(
                shop, write.url, path, known={}, remember=lambda known: None, show=lambda size: None
            )
        except AddressGone:
            write = write_status(shop, write.id)  # it may tell another address
        except BadAnswer:
            break
        else:
            found = _payloads(_lines(file))
            file.unlink()
            return found
    return {}


def _lines(file: Path) -> Iterator[bytes]:
    """The lines of a file, plain or compressed, up to where it is damaged."""
    with gzip.open(file) if file.suffix == COMPRESSED else file.open("rb") as lines:
        try:
            yield from lines
        except (OSError, EOFError, zlib.error):
            return


def _payloads(lines: Iterable[bytes]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    doubtful: set[int] = set()
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        number = row.get("__lineNumber") if isinstance(row, dict) else None
        if type(number) is not int:
            continue
        payload = _payload(row)
        if payload is None or found.setdefault(number, payload) != payload:
            doubtful.add(number)
    return {number: payload for number, payload in found.items() if number not in doubtful}


def _payload(row: Mapping[str, Any]) -> dict[str, Any] | None:
    data = row.get("data")
    if row.get("errors") or not isinstance(data, dict) or len(data) != 1:
        return None
    payload = next(iter(data.values()))
    is_whole = isinstance(payload, dict) and isinstance(payload.get("userErrors"), list)
    return payload if is_whole else None
