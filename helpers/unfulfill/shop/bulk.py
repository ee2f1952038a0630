"""Bulk queries: started or found running, waited for, downloaded; several side by side.

Shopify runs five queries at a time for an app (shopify.dev, bulk operations, 2026-11), each for minutes or hours,
and keeps its file for seven days. So an operation outlives the process that started it: what is remembered of it
lets another process go on, and one that runs already is never started twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from unfulfill.errors import BadAnswer, NotApplied, OutcomeUnknown, QueryRefused, ShopUnreachable
from unfulfill.progress import Progress, no_progress
from unfulfill.shop.bulk_file import AddressGone, download, file_url
from unfulfill.shop.client import Shop
from unfulfill.shop.documents import bulk_text
from unfulfill.words import listed, said

SLOTS = 5
START_ATTEMPTS = 6
OPERATIONS = 3  # started for one query before it is given up: each of them failed, was cancelled or expired
SANDBOX_POLL_S = 0.05
FIRST_POLL_S = 1.0
LONGEST_POLL_S = 10.0
LONGEST_WAIT_S = 24 * 3600.0  # Shopify allows ten days; a token lives for one
RUNNING = frozenset(["CREATED", "RUNNING", "CANCELING"])
ENDINGS: Mapping[str, str] = {
    "FAILED": "shop_error.bulk_failed",
    "CANCELED": "shop_error.bulk_cancelled",
    "EXPIRED": "shop_error.bulk_expired",
}

Memory = dict[str, Any]


@dataclass(frozen=True)
class BulkFile:
    """A bulk operation that completed, and its file."""

    path: Path  # plain, or compressed with the ending .gz
    objects: int  # as the shop counted them
    roots: int
    operation: str  # its id
    created_at: str  # as the shop said; what changed since is not in the file


@dataclass(frozen=True)
class BulkRefused:
    """The shop does not do this bulk operation; the synchronous pages are the other way."""

    reason: str


def _forget(memory: Memory) -> None:
    """Remember nothing beyond this process."""


class BulkJob:
    """One bulk query on its way to a file.

    `memory` is what an earlier process remembered of the same job (empty: nothing), `remember` keeps it. An
    operation of this app with the same text is taken instead of a new one while it runs, and when it has completed
    since `since`. The order of the lines in the file means nothing: a child may stand before its parent.
    """

    def __init__(
        self,
        shop: Shop,
        name: str,
        search: str,
        path: Path,
        *,
        memory: Memory | None = None,
        remember: Callable[[Memory], None] = _forget,
        since: datetime | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.objects = 0  # so far, as the shop counts them
        self.roots = 0
        self.bytes = 0  # of the file, on the disk
        self.size = 0  # of the file, as the shop says; 0 before it has completed
        self.result: BulkFile | BulkRefused | None = None
        self.notes: list[str] = []  # what happened on the way and did no harm, in sentences
        self._shop = shop
        self._text = bulk_text(name, search)
        self._since = since
        self._memory: Memory = dict(memory or {})
        self._keep = remember
        self._recall()

    @property
    def is_started(self) -> bool:
        """Whether an operation of the shop works on it."""
        return "operation" in self._memory

    def start(self) -> bool:
        """Find the operation that runs already, or start one. False where all slots are taken now."""
        refusal = ""
        before: set[str] | None = None  # ids of the operations that were there before the first sending
        for attempt in range(START_ATTEMPTS):
            same = self._with_this_text()
            if found := next((each for each in same if self._is_ours(each, before)), None):
                self._take(found)
                return True
            before = before if before is not None else {each["id"] for each in same}
            try:
                payload = self._shop.write("BulkRunQuery", query=self._text)
            except NotApplied as error:
                if not error.may_repeat:
                    raise QueryRefused(str(error)) from None
            except OutcomeUnknown:
                pass  # it is looked for before another is started
            else:
                if not (errors := payload["userErrors"]):
                    self._take(payload.get("bulkOperation"))
                    return True
                refusal = listed(str(error.get("message")) for error in errors)
                if any(error.get("code") == "OPERATION_IN_PROGRESS" for error in errors):
                    self.result = BulkRefused(refusal)
                    return False
                break
            self._shop.sleep(min(16.0, 0.5 * 2.0**attempt))
        self.result = BulkRefused(refusal or said("shop_error.bulk_not_started"))
        return True

    def look(self, show: Callable[[], None]) -> None:
        """See how far the operation is; fetch its file when it has completed, start another when it has failed."""
        id_ = self._memory["operation"]
        operation = self._shop.read("BulkStatus", id=id_).get("bulkOperation")
        status = operation.get("status") if isinstance(operation, dict) else "UNKNOWN"
        if not isinstance(operation, dict):
            self._again(said("shop_error.bulk_unknown", id=id_))
            return
        self.objects, self.roots = _count(operation, "objectCount"), _count(operation, "rootObjectCount")
        if status == "COMPLETED":
            self._fetch(operation, show)
        elif status not in RUNNING:
            code = f" ({operation['errorCode']})" if operation.get("errorCode") else ""
            key = ENDINGS.get(str(status), "shop_error.bulk_ended")
            self._again(said(key, id=id_, status=status, code=code, count=self.objects))

    def _recall(self) -> None:
        done = self._memory.get("done")
        if done and (path := self.path.with_name(done["file"])).exists():
            self.objects, self.roots = done["objects"], done["roots"]
            self.result = BulkFile(
                path, self.objects, self.roots, self._memory["operation"], self._memory["created_at"]
            )

    def _remember(self, **facts: Any) -> None:
        self._memory |= facts
        self._keep(self._memory)

    def _with_this_text(self) -> list[dict[str, Any]]:
        """The app's latest operations that ask for just this, the newest first."""
        nodes = self._shop.read("BulkList").get("bulkOperations", {}).get("nodes", [])
        wanted = "".join(self._text.split())
        return [node for node in nodes if "".join(str(node.get("query")).split()) == wanted]

    def _is_ours(self, operation: Mapping[str, Any], before: set[str] | None) -> bool:
        """Whether an operation with this text does the work: it runs, or has completed and is not too old."""
        if operation["id"] in self._memory.get("spent", ()):
            return False
        if operation["status"] in ("CREATED", "RUNNING"):
            return True
        is_new = before is not None and operation["id"] not in before  # its start got lost, it did not
        since = self._since
        is_recent = since is not None and datetime.fromisoformat(operation["createdAt"]) >= since
        return operation["status"] == "COMPLETED" and (is_new or is_recent)

    def _take(self, operation: Any) -> None:
        if not isinstance(operation, dict) or not isinstance(operation.get("id"), str):
            raise BadAnswer(said("shop_error.bulk_nameless_export", shop=self._shop.name))
        self._remember(operation=operation["id"], created_at=str(operation.get("createdAt") or ""))

    def _fetch(self, operation: Mapping[str, Any], show: Callable[[], None]) -> None:
        url = file_url(operation, self._shop.name)
        path = self.path
        self.size = int(operation.get("fileSize") or 0)

        def count(size: int) -> None:
            self.bytes = size
            show()

        if url is None:
            path.write_bytes(b"")  # Shopify gives no file where nothing matched
        else:
            try:
                path = download(
                    self._shop,
                    url,
                    path,
                    known=self._memory.get("part", {}),
                    remember=lambda part: self._remember(part=part),
                    show=count,
                )
            except AddressGone as error:
                self._lost(operation, url, str(error))
                return
        self._remember(done={"file": path.name, "objects": self.objects, "roots": self.roots})
        self._recall()

    def _lost(self, operation: Mapping[str, Any], url: str, what: str) -> None:
        """The address died: the operation may tell another; where it tells the same again, its file is lost."""
        if self._memory.get("dead") == url:
            self._again(said("shop_error.bulk_file_gone", id=operation["id"], why=what))
        else:
            self._remember(dead=url)

    def _again(self, why: str) -> None:
        """Give this operation up; the next look starts another, unless that has been done often enough.

        What it left as partial data is never used: a child that is missing there is missing without a trace.
        """
        spent = [*self._memory.get("spent", []), self._memory["operation"]]
        self._memory = {}
        self._remember(spent=spent)
        self.path.with_name(f"{self.path.name}.part").unlink(missing_ok=True)
        if len(spent) >= OPERATIONS:
            self.result = BulkRefused(said("shop_error.bulk_given_up", why=why, number=len(spent)))
        else:
            self.notes.append(said("shop_error.bulk_again", why=why))


def run_side_by_side(
    shop: Shop,
    jobs: Sequence[BulkJob],
    show: Callable[[Sequence[BulkJob]], None],
    *,
    poll_s: float | None = None,
) -> None:
    """Bring every job to its result: five at a time, each waited for, its file fetched.

    `show` is called after each look and for each piece of a file. `poll_s` is the first pause between two looks; it
    grows. A job that finds no free slot waits for one of ours; where only others hold them it is refused. An
    interrupt leaves the operations running: the same call, given what was remembered, goes on. Raises the errors of
    `Shop.read` and of the download.
    """
    sandbox = shop.settings.is_sandbox
    pause_s = poll_s if poll_s is not None else (SANDBOX_POLL_S if sandbox else FIRST_POLL_S)
    longest_s, waited_s = min(LONGEST_POLL_S, pause_s * 10), 0.0
    while open_ := [job for job in jobs if job.result is None]:
        running = [job for job in open_ if job.is_started]
        for job in [job for job in open_ if not job.is_started][: SLOTS - len(running)]:
            if job.start():
                running += [job] if job.is_started else []
            elif running:
                job.result = None  # one of ours holds a slot that will be free
                break
        for job in running:
            job.look(lambda: show(jobs))
        show(jobs)
        if all(job.result is not None for job in jobs):
            return
        if waited_s >= LONGEST_WAIT_S:
            raise ShopUnreachable(said("shop_error.bulk_too_long"))
        shop.sleep(pause_s)
        waited_s += pause_s
        pause_s = min(longest_s, pause_s * 1.2)


def run_bulk(
    shop: Shop,
    name: str,
    search: str,
    path: Path,
    progress: Progress = no_progress,
    *,
    poll_s: float | None = None,
) -> BulkFile | BulkRefused:
    """Run the bulk query `operations/<name>.graphql` with a search and write its JSONL lines to `path`."""
    job = BulkJob(shop, name, search, path)
    run_side_by_side(shop, [job], lambda jobs: progress(jobs[0].objects, None, "reading"), poll_s=poll_s)
    assert job.result is not None
    return job.result


def _count(operation: Mapping[str, Any], name: str) -> int:
    """A counter, which Shopify sends as a text because it may be larger than a JSON number."""
    value = operation.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise BadAnswer(said("shop_error.bulk_strange_count", value=repr(value), name=name))
