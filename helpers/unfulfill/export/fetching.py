"""What an export fetches, by bulk operations side by side or by pages, into the files of its staging folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from unfulfill.export import pages
from unfulfill.export.filters import Filters
from unfulfill.export.forecast import Forecast
from unfulfill.export.memory import Memory
from unfulfill.export.staging import Staging
from unfulfill.progress import Progress
from unfulfill.shop.bulk import BulkFile, BulkJob, BulkRefused, run_side_by_side
from unfulfill.shop.client import Shop
from unfulfill.words import said

ORDERS_FILE, LINES_FILE, STOCK_FILE = "orders.jsonl", "lines.jsonl", "inventory.jsonl"
WORDS = {"BulkOrders": "orders", "BulkFulfillmentLines": "lines of fulfillments", "BulkInventory": "stock"}
MEGABYTE = 1 << 20


@dataclass
class Journey:
    """What one export is asked, and what it has learnt on its way."""

    shop: Shop
    filters: Filters
    searches: tuple[str, ...]  # of the orders to be read now
    progress: Progress
    poll_s: float | None
    memory: Memory
    forecast: Forecast
    by_bulk: bool
    is_rest: bool  # only what changed since an earlier export is read
    read_since: datetime  # what changed from then on is read again
    bulk: dict[str, BulkFile] = field(default_factory=dict)  # by name of the operation's document
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def route(self) -> str:
        """The way that the orders came: "bulk" or "pages"."""
        return "bulk" if "BulkOrders" in self.bulk else "pages"


def fetch(journey: Journey, staging: Staging) -> None:
    """Fetch orders, lines of fulfillments and stock; what an earlier process fetched is not fetched again.

    Where the shop refuses a bulk operation, or three of them failed, pages are read instead, and a warning says so.
    Lines are fetched here only where one bulk operation finds them all; the others come later, by fulfillment.
    """
    if journey.by_bulk:
        _fetch_by_bulk(journey, staging)
    if "BulkOrders" not in journey.bulk:
        _fetch_pages(journey, staging, pages.ORDERS, journey.searches, ORDERS_FILE, journey.forecast.orders)
    if "BulkInventory" not in journey.bulk:
        _fetch_pages(journey, staging, pages.ITEMS, [""], STOCK_FILE, journey.forecast.items)


def lines_search(filters: Filters, *, is_rest: bool) -> str | None:
    """The search of fulfillment orders that finds at least those of the orders wanted; None: there is none.

    The root of fulfillment orders filters by their own update only, which is never before their order was created
    (schema 2026-10). Blank: all of them. `is_rest`: only orders are wanted that changed since an earlier export.
    """
    if is_rest:
        return None
    if filters.is_everything:
        return ""
    start, _ = filters.span("created")
    return f"(updated_at:>='{start:%Y-%m-%dT%H:%M:%SZ}')" if start else None


def _fetch_by_bulk(journey: Journey, staging: Staging) -> None:
    wanted = {"BulkOrders": (journey.searches[0], ORDERS_FILE), "BulkInventory": ("", STOCK_FILE)}
    lines = lines_search(journey.filters, is_rest=journey.is_rest)
    if lines is not None:
        wanted["BulkFulfillmentLines"] = (lines, LINES_FILE)
    jobs = [
        BulkJob(
            journey.shop,
            name,
            search,
            staging.path(file),
            memory=journey.memory.get(name),
            remember=_keeper(journey.memory, name),
            since=journey.memory.started_at,
        )
        for name, (search, file) in wanted.items()
    ]
    run_side_by_side(journey.shop, jobs, lambda all_: _show(journey, all_), poll_s=journey.poll_s)
    for job in jobs:
        journey.warnings += [said("strip.step", step=job.name, text=note) for note in job.notes]
        if isinstance(job.result, BulkFile):
            journey.bulk[job.name] = job.result
            if job.result.created_at:
                journey.read_since = min(journey.read_since, datetime.fromisoformat(job.result.created_at))
        elif isinstance(job.result, BulkRefused):
            journey.warnings.append(said("export_proof.read_by_pages", name=job.name, why=job.result.reason))


def _fetch_pages(
    journey: Journey, staging: Staging, roots: pages.Roots, searches: Sequence[str], file: str, total: int
) -> None:
    words = {"orders": "reading orders"}.get(roots.connection, "reading stock")
    known = journey.memory.get(roots.operation) if staging.path(file).exists() else {}
    if known.get("done"):
        return
    journey.progress(known.get("roots", 0), total, words)
    count = pages.write_roots(
        journey.shop,
        roots,
        searches,
        staging.path(file),
        known=known,
        remember=_keeper(journey.memory, roots.operation),
        show=lambda done: journey.progress(done, total, words),
    )
    journey.memory.put(roots.operation, {"done": True, "roots": count})


def _keeper(memory: Memory, name: str) -> Callable[[Any], None]:
    return lambda facts: memory.put(name, facts)


def _show(journey: Journey, jobs: Sequence[BulkJob]) -> None:
    """One line of progress for all operations: a file that is being fetched, else orders, else the others."""
    loading = next((job for job in jobs if job.result is None and job.bytes), None)
    first = jobs[0]
    if loading is not None:
        total = loading.size // MEGABYTE or None
        journey.progress(loading.bytes // MEGABYTE, total, f"downloading {WORDS[loading.name]}, in MB")
    elif first.result is None:
        journey.progress(first.roots, journey.forecast.orders, "reading orders")
    else:
        journey.progress(sum(job.objects for job in jobs[1:]), None, "reading stock and lines")
