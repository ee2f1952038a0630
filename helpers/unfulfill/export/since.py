"""The earlier export that a new one goes on from: only what changed since is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from unfulfill.errors import ParameterRefused, RunFolderRefused
from unfulfill.export.filters import Filters, here
from unfulfill.export.manifest import Manifest, load_manifest
from unfulfill.home import home
from unfulfill.run import EXPORT, MANIFEST, Run
from unfulfill.tables import EXPORTED
from unfulfill.words import said, said_word

LAST = "last"


@dataclass(frozen=True)
class Earlier:
    """An export whose tables are gone on from."""

    name: str  # of its run folder
    folder: Path  # of its tables
    manifest: Manifest


def earlier_export(run: Run, since: str, filters: Filters, shop_id: str) -> Earlier | None:
    """The export to go on from: that of the run folder `since`, or for "last" the newest one beside `run` that fits.

    It fits where it is complete, of the same shop, with the same filters, all of which the shop itself applies.
    None where "last" finds none. Raises ParameterRefused with the reason where a named one does not fit.
    """
    if filtered := here(filters):
        names = ", ".join(map(said_word, filtered))
        raise ParameterRefused(said("export_error.filtered_here", names=names))
    if since == LAST:
        fitting = [found for found in _beside(run) if not _misfit(found, filters, shop_id)]
        return max(fitting, key=lambda found: found.manifest.taken_at, default=None)
    folder = home() / Path(since).expanduser()
    if not (folder / MANIFEST).exists():
        raise ParameterRefused(said("export_error.nothing_earlier", folder=folder))
    earlier = _earlier(folder)
    if reason := _misfit(earlier, filters, shop_id):
        raise ParameterRefused(said("export_error.misfit", folder=folder, why=reason))
    return earlier


def _beside(run: Run) -> Iterator[Earlier]:
    for path in sorted(run.folder.parent.glob(f"*/{MANIFEST}")):
        try:
            yield _earlier(path.parents[1])
        except RunFolderRefused:
            continue  # damaged, and nobody asked for it by name


def _earlier(folder: Path) -> Earlier:
    return Earlier(folder.name, folder / EXPORT, load_manifest(Run(folder)))


def _misfit(earlier: Earlier, filters: Filters, shop_id: str) -> str:
    """Why an export cannot be gone on from; blank where it can."""
    manifest = earlier.manifest
    if manifest.shop_id != shop_id:
        return said("export_error.of_another_shop", shop=manifest.shop)
    if not manifest.complete:
        return said("export_error.incomplete")
    if Filters(**manifest.filters) != filters:
        return said("export_error.other_filters")
    for table in EXPORTED:
        path = earlier.folder / f"{table.name}.parquet"
        try:
            same = pq.read_schema(path).names == list(table.columns)
        except (OSError, pa.ArrowException):
            return said("export_error.file_damaged", file=path.name)
        if not same:
            return said("export_error.other_version")
    return ""
