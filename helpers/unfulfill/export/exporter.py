"""From the shop to the tables of a run folder: complete, or with the reasons why not.

1. Ask what may be read, and count the orders.
2. Fetch orders, stock and lines of fulfillments: by bulk operations, or by pages.
3. Fetch again what moved meanwhile.
4. Make the tables; fetch the lines of fulfillments that do not add up.
5. Prove completeness, write the manifest, move everything into place. Until then an earlier export stays.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from unfulfill.export import making, pages, proof
from unfulfill.export.filters import Filters, here, searches
from unfulfill.export.manifest import Manifest
from unfulfill.export.staging import Staging
from unfulfill.progress import Progress, no_progress
from unfulfill.run import EXPORT, Run
from unfulfill.shop.bulk import BulkFile, run_bulk
from unfulfill.shop.client import Shop
from unfulfill.tables import EXPORTED

SMALL = 250  # orders: one page is quicker than a bulk operation
ROUNDS = 3  # of reading again what moved
OVERLAP = timedelta(minutes=1)  # what changed shortly before the start is read again

Route = Literal["auto", "bulk", "pages"]


@dataclass
class Journey:
    """What one export has learnt on its way."""

    shop: Shop
    filters: Filters
    searches: tuple[str, ...]
    progress: Progress
    poll_s: float | None
    started_at: datetime
    bulk: bool
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def export_shop(
    shop: Shop,
    run: Run,
    filters: Filters,
    progress: Progress = no_progress,
    *,
    route: Route = "auto",
    poll_s: float | None = None,
) -> Manifest:
    """Export the orders that the filters ask for, and the stock of every item, into `export/` of the run folder.

    `route` "auto" takes bulk operations for more than 250 orders, and pages where the shop refuses those.
    `poll_s` is the first pause between two looks at a bulk operation. The manifest says whether the export is
    complete; one that matches nothing is, with empty tables. Raises a ShopError, or ParameterRefused for a
    location that the shop does not have; an earlier export is untouched then.
    """
    identity = shop.identity()
    asked = searches(filters)
    before = proof.count_orders(shop, asked)
    started_at = shop.server_time or datetime.now(UTC)
    by_bulk = route == "bulk" or (route == "auto" and len(asked) == 1 and before.orders > SMALL)
    journey = Journey(shop, filters, asked, progress, poll_s, started_at, by_bulk)
    journey.reasons += [*before.reasons, *proof.scope_reasons(shop, filters, started_at)]
    locations = making.find_locations(shop, filters)
    with _staged(run) as folder, Staging(folder / "raw") as staging:
        _fetch(journey, staging, before.orders)
        after = _follow_changes(journey, staging)
        making.make_tables(shop, staging, filters, locations, progress)
        journey.reasons += [*after.reasons, *proof.table_reasons(staging)]
        journey.warnings += proof.name_warnings(staging, filters)
        if before.orders != after.orders:
            journey.warnings.append(
                f"the shop counted {before.orders} orders before and {after.orders} after"
            )
        manifest = Manifest(
            complete=not journey.reasons,
            reasons=tuple(journey.reasons),
            counts={table.name: staging.count(table) for table in EXPORTED},
            id_digest={table.name: staging.id_digest(table) for table in EXPORTED},
            api_version_asked=shop.settings.api_version,
            api_version_served=shop.served_version,
            shop=identity.domain,
            shop_id=identity.id,
            taken_at=started_at,
            filters=filters.to_json(),
            filtered_here=tuple(here(filters)),
            orders_counted={"before": before.orders, "after": after.orders},
            route="bulk" if journey.bulk else "pages",
            warnings=tuple(journey.warnings),
        )
        _finish(staging, folder, manifest)
    progress(manifest.counts["orders"], manifest.counts["orders"], "exported")
    return manifest


def _fetch(journey: Journey, staging: Staging, orders: int) -> None:
    shop, progress = journey.shop, journey.progress
    if journey.bulk:
        journey.bulk = _bulk(journey, staging, "BulkOrders", journey.searches[0], "orders.jsonl", orders)
    if not journey.bulk:
        pages.write_orders(shop, journey.searches, staging.path("orders.jsonl"), progress, orders)
    # The root of fulfillment orders has no filter for orders; a filtered export reads lines by fulfillment.
    if journey.bulk and journey.filters.is_everything:
        _bulk(journey, staging, "BulkFulfillmentLines", "", "lines.jsonl", None)
    if not (journey.bulk and _bulk(journey, staging, "BulkInventory", "", "inventory.jsonl", None)):
        pages.write_inventory(shop, staging.path("inventory.jsonl"), progress)


def _bulk(journey: Journey, staging: Staging, name: str, search: str, file: str, total: int | None) -> bool:
    """Fetch a file by a bulk operation; False, with a warning, where the shop refuses it."""
    words = {"BulkOrders": "reading orders", "BulkInventory": "reading stock"}.get(name, "reading lines")
    journey.progress(0, total, words)
    result = run_bulk(
        journey.shop,
        name,
        search,
        staging.path(file),
        lambda done, _total, _text="": journey.progress(done, None, words),
        poll_s=journey.poll_s,
    )
    if not isinstance(result, BulkFile):
        journey.warnings.append(
            f"{name} was read by pages, for the shop refused the bulk operation: {result.reason}"
        )
        return False
    roots = proof.count_roots(staging, file)
    if (result.objects, result.roots) != (result.lines, roots):
        journey.reasons.append(
            f"the file of {name} holds {result.lines} lines and {roots} roots, "
            f"the shop counted {result.objects} and {result.roots}"
        )
    return True


def _follow_changes(journey: Journey, staging: Staging) -> proof.Counted:
    """Read orders again that changed since the start, until none does and the shop's count agrees."""
    shop = journey.shop
    known = proof.Known(staging)
    counted = proof.Counted(0)
    for _ in range(ROUNDS):
        changed = _read_changed(journey, known)
        counted = proof.count_orders(shop, journey.searches)
        if not changed and counted.orders == known.orders:
            break
    if changed:
        journey.reasons.append(f"{changed} orders kept changing while they were read; export again")
    if counted.orders != known.orders:
        journey.reasons.append(
            f"{known.orders} orders were read, the shop counts {counted.orders}; export again"
        )
    with staging.path("moved.jsonl").open("w", encoding="utf-8") as file:
        for lines in known.moved.values():
            pages.write_lines(file, lines)
    if known.moved:
        journey.warnings.append(f"{len(known.moved)} orders changed during the export and were read again")
    return counted


def _read_changed(journey: Journey, known: proof.Known) -> int:
    """One round; returns how many orders were not as they had been read."""
    since = (journey.started_at - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
    changed = 0
    for search in journey.searches:
        window = " AND ".join(filter(None, [search, f"(updated_at:>='{since}')"]))
        orders = list(pages.find_orders(journey.shop, window))
        known.look_up(order["id"] for order in orders)
        for order in orders:
            if not known.is_known(order["id"], order["updatedAt"]):
                known.take(order["id"], order["updatedAt"], list(pages.flatten(journey.shop, order)))
                changed += 1
    return changed


def _finish(staging: Staging, folder: Path, manifest: Manifest) -> None:
    for table in EXPORTED:
        path = folder / f"{table.name}.parquet"
        staging.path(path.name).replace(path)
        path.chmod(0o600)
    text = json.dumps(manifest.to_json(), indent=1, ensure_ascii=False) + "\n"
    path = folder / "manifest.json"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


@contextmanager
def _staged(run: Run) -> Iterator[Path]:
    """A folder beside the export that takes its place at the end; on a failure it goes, and the export stays."""
    final, new, old = (run.path(f"{EXPORT}{suffix}") for suffix in ("", ".new", ".old"))
    if old.exists() and not final.exists():  # a crash between the two renames below
        old.rename(final)
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir(mode=0o700)
    try:
        yield new
        shutil.rmtree(new / "raw")
        if final.exists():
            final.rename(old)
        new.rename(final)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
