"""From the shop to the tables of a run folder: complete, or with the reasons why not.

1. Ask what may be read, count the orders, forecast what either route takes.
2. Fetch orders, stock and lines of fulfillments: by bulk operations side by side, or by pages. What an export that
   was stopped or killed fetched already is gone on with.
3. Fetch again what moved meanwhile.
4. Make the tables; fetch the lines of fulfillments that do not add up. An export that goes on from an earlier one
   takes from its tables what did not change since.
5. Prove completeness, write the manifest, move everything into place. Until then an earlier export stays.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from unfulfill.errors import BadAnswer, WorkbenchError
from unfulfill.export import making, pages, proof
from unfulfill.export.fetching import Journey, fetch
from unfulfill.export.filters import Filters, here, searches, stamp
from unfulfill.export.forecast import Forecast, forecast
from unfulfill.export.manifest import Manifest
from unfulfill.export.memory import Memory, key_of, open_memory
from unfulfill.export.since import Earlier, earlier_export
from unfulfill.export.staging import Staging
from unfulfill.export.suspects import read_suspects
from unfulfill.lock import folder_lock
from unfulfill.progress import Progress, no_progress
from unfulfill.run import EXPORT, Run
from unfulfill.shop.client import Shop
from unfulfill.shop.documents import bulk_text
from unfulfill.tables import EXPORTED
from unfulfill.words import said

ROUNDS = 3  # of reading again what moved
OVERLAP = timedelta(minutes=1)  # what changed shortly before the start is read again
BULK_QUERIES = ("BulkOrders", "BulkFulfillmentLines", "BulkInventory")

Route = Literal["auto", "bulk", "pages"]


class _Vanished(Exception):
    """Orders of the earlier export are in the shop no more, so that it cannot be gone on from: a sentence says so."""


def export_shop(
    shop: Shop,
    run: Run,
    filters: Filters,
    progress: Progress = no_progress,
    *,
    since: str = "",
    route: Route = "auto",
    poll_s: float | None = None,
) -> Manifest:
    """Export the orders that the filters ask for, and the stock of every item, into `export/` of the run folder.

    `since` names the run folder of an earlier export to go on from ("last": the newest that fits; blank: everything
    is read). `route` "auto" takes the one that the forecast finds quicker, and pages where the shop refuses bulk
    operations. `poll_s` is the first pause between two looks at a bulk operation. The manifest says whether the
    export is complete; one that matches nothing is, with empty tables. After a failure, a kill or an interrupt the
    same call goes on with what was fetched. Raises a ShopError, Locked while another process exports into this
    folder, or ParameterRefused for a location or an earlier export that there is not; an earlier export of this
    folder is untouched then.
    """
    with folder_lock(run.folder):
        identity = shop.identity()
        earlier = earlier_export(run, since, filters, identity.id) if since else None
        warnings = []
        if since and earlier is None:
            warnings.append(said("export_proof.no_earlier"))
        if earlier is not None:
            try:
                return _export(shop, run, filters, progress, route, poll_s, earlier, [])
            except _Vanished as gone:
                warnings.append(str(gone))
        return _export(shop, run, filters, progress, route, poll_s, None, warnings)


def _export(
    shop: Shop,
    run: Run,
    filters: Filters,
    progress: Progress,
    route: Route,
    poll_s: float | None,
    earlier: Earlier | None,
    warnings: list[str],
) -> Manifest:
    asked = searches(filters)
    wanted = _changed_since(asked, earlier.manifest.taken_at) if earlier else asked
    before = proof.count_orders(shop, asked)
    now = shop.server_time or datetime.now(UTC)
    expected = _forecast(shop, proof.count_orders(shop, wanted).orders if earlier else before.orders)
    locations = making.find_locations(shop, filters)
    by_bulk = route == "bulk" or (route == "auto" and len(asked) == 1 and expected.route == "bulk")
    key = _key(shop, filters, earlier, by_bulk)
    with _staged(run, key, now) as (folder, memory), Staging(folder / "raw") as staging:
        journey = Journey(
            shop,
            filters,
            wanted,
            progress,
            poll_s,
            memory,
            expected,
            by_bulk=by_bulk,
            is_rest=earlier is not None,
            read_since=memory.started_at,
        )
        journey.reasons += [*before.reasons, *proof.scope_reasons(shop, filters, memory.started_at)]
        journey.warnings += warnings
        fetch(journey, staging)
        after = _follow_changes(journey, staging, asked, earlier)
        base = earlier.folder if earlier else None
        making.make_tables(shop, staging, filters, locations, progress, base=base)
        journey.reasons += [*after.reasons, *proof.bulk_reasons(staging, journey.bulk)]
        journey.reasons += proof.table_reasons(staging)
        is_whole = filters.is_everything and earlier is None
        both_files = is_whole and {"BulkOrders", "BulkFulfillmentLines"} <= journey.bulk.keys()
        journey.reasons += proof.set_reasons(staging, both_files=both_files)
        journey.warnings += proof.name_warnings(staging, filters)
        if before.orders != after.orders:
            journey.warnings.append(
                said("export_proof.count_moved", before=before.orders, after=after.orders)
            )
        manifest = _manifest(journey, staging, before, after, earlier)
        _finish(staging, folder, manifest)
    progress(manifest.counts["orders"], manifest.counts["orders"], "exported")
    return manifest


def _changed_since(asked: tuple[str, ...], moment: datetime) -> tuple[str, ...]:
    """The searches, for orders that changed since."""
    window = f"(updated_at:>='{stamp(moment - OVERLAP)}')"
    return tuple(" AND ".join(filter(None, [search, window])) for search in asked)


def _forecast(shop: Shop, orders: int) -> Forecast:
    counted = shop.read("ItemsCount").get("productVariantsCount")
    items = counted.get("count") if isinstance(counted, dict) else None
    if not isinstance(items, int):
        raise BadAnswer(said("shop_error.no_item_count", shop=shop.name))
    return forecast(orders, items, points=shop.bucket.points, restore_rate=shop.bucket.restore_rate)


def _key(shop: Shop, filters: Filters, earlier: Earlier | None, by_bulk: bool) -> str:
    """What must be the same for an export to go on with what another process fetched."""
    texts = [bulk_text(name, "") for name in BULK_QUERIES]
    base = [str(earlier.folder), earlier.manifest.taken_at] if earlier else None
    return key_of(shop.identity().id, shop.api_version, filters.to_json(), base, by_bulk, texts)


def _follow_changes(
    journey: Journey, staging: Staging, asked: tuple[str, ...], earlier: Earlier | None
) -> proof.Counted:
    """Read orders again: those that lack something, and those that changed since the start, until none does."""
    shop = journey.shop
    known = proof.Known(staging, earlier.folder if earlier else None)
    if journey.route == "bulk":
        reasons, warnings = read_suspects(shop, staging, known)
        journey.reasons += reasons
        journey.warnings += warnings
    mended = len(known.moved)
    changed_since = _changed_since(asked, journey.read_since)
    counted = proof.Counted(0)
    for _ in range(ROUNDS):
        changed = _read_changed(journey, known, changed_since)
        counted = proof.count_orders(shop, asked)
        if not changed and counted.orders == known.orders:
            break
    if earlier and counted.orders < known.orders:
        raise _Vanished(said("export_proof.vanished", count=known.orders - counted.orders, run=earlier.name))
    if changed:
        journey.reasons.append(said("export_proof.kept_changing", count=changed))
    if counted.orders != known.orders:
        journey.reasons.append(said("export_proof.count_differs", read=known.orders, counted=counted.orders))
    with staging.path("moved.jsonl").open("wb") as file:
        for lines in known.moved.values():
            pages.write_lines(file, lines)
    if moved := len(known.moved) - mended:
        journey.warnings.append(said("export_proof.changed", count=moved))
    return counted


def _read_changed(journey: Journey, known: proof.Known, changed_since: tuple[str, ...]) -> int:
    """One round; returns how many orders were not as they had been read."""
    changed = 0
    for search in changed_since:
        orders = list(pages.find_nodes(journey.shop, pages.ORDERS, search))
        known.look_up(order["id"] for order in orders)
        for order in orders:
            if not known.is_known(order["id"], order["updatedAt"]):
                known.take(order["id"], order["updatedAt"], list(pages.flatten(journey.shop, order)))
                changed += 1
    return changed


def _manifest(
    journey: Journey, staging: Staging, before: proof.Counted, after: proof.Counted, earlier: Earlier | None
) -> Manifest:
    shop = journey.shop
    identity = shop.identity()
    return Manifest(
        complete=not journey.reasons,
        reasons=tuple(journey.reasons),
        counts={table.name: staging.count(table) for table in EXPORTED},
        id_digest={table.name: staging.id_digest(table) for table in EXPORTED},
        api_version_asked=shop.settings.api_version,
        api_version_served=shop.served_version,
        shop=identity.domain,
        shop_id=identity.id,
        taken_at=journey.read_since,
        filters=journey.filters.to_json(),
        filtered_here=tuple(here(journey.filters)),
        orders_counted={"before": before.orders, "after": after.orders},
        route=journey.route,
        warnings=tuple(journey.warnings),
        forecast=journey.forecast.sentence,
        bulk={
            name: {"operation": file.operation, "objects": file.objects, "roots": file.roots}
            for name, file in journey.bulk.items()
        },
        since={"run": earlier.name, "taken_at": earlier.manifest.taken_at.isoformat(timespec="minutes")}
        if earlier
        else {},
    )


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
def _staged(run: Run, key: str, now: datetime) -> Iterator[tuple[Path, Memory]]:
    """A folder beside the export that takes its place at the end, and what is remembered there.

    On a failure the export stays, and the folder too, for the same call goes on with it; but not where what was
    fetched is itself what is wrong.
    """
    final, new, old = (run.path(f"{EXPORT}{suffix}") for suffix in ("", ".new", ".old"))
    if old.exists() and not final.exists():  # a crash between the two renames below
        old.rename(final)
    shutil.rmtree(old, ignore_errors=True)
    try:
        memory = open_memory(new / "raw", key, now)
        new.chmod(0o700)
        shutil.rmtree(
            new / "raw" / "split", ignore_errors=True
        )  # what was made of the files may be half made
        yield new, memory
        memory.forget()
        shutil.rmtree(new / "raw")
        if final.exists():
            final.rename(old)
        new.rename(final)
    except (BadAnswer, _Vanished):
        shutil.rmtree(new, ignore_errors=True)
        raise
    except OSError as error:
        raise WorkbenchError(said("export_error.no_room", why=error.strerror or error)) from None
    finally:
        shutil.rmtree(old, ignore_errors=True)
