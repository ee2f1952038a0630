"""The audit of a run folder: its tables saved and loaded, and the stock that an earlier export saw."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from unfulfill.audit import Audit, Snapshot
from unfulfill.errors import ParameterRefused
from unfulfill.export import Manifest, load_manifest
from unfulfill.home import home
from unfulfill.run import MANIFEST, Run, table_file
from unfulfill.tables import CAUSES, EVIDENCE, FINDINGS, INCIDENTS, INVENTORY_LEVELS, STOCK, make_table
from unfulfill.words import said

_TABLES = {
    "findings": FINDINGS,
    "stock": STOCK,
    "evidence": EVIDENCE,
    "causes": CAUSES,
    "incidents": INCIDENTS,
}


def save_audit(run: Run, audit: Audit) -> None:
    """Write what the audit found, the findings last: where they are, the rest is."""
    for name, table in reversed(_TABLES.items()):
        run.save_table(table, getattr(audit, name))


def load_audit(run: Run) -> Audit:
    """What the audit wrote last. Raises RunFolderRefused where there is none."""
    tables: dict[str, pd.DataFrame] = {"findings": run.load_table(FINDINGS), "stock": run.load_table(STOCK)}
    for name, table in _TABLES.items():
        if name not in tables:  # a run of an earlier version has them not
            tables[name] = run.load_table(table) if run.has(table_file(table)) else make_table(table)
    return Audit(**tables)


def earlier_stock(run: Run, manifest: Manifest, named: str | Path | None = None) -> Snapshot | None:
    """Stock as an earlier export of the same shop saw it: that of the run folder `named`, else the one gone on from.

    None where there is none, or where its folder was exported into again. Raises ParameterRefused where a named one
    does not fit.
    """
    folder = home() / Path(named).expanduser() if named else run.folder.parent / manifest.since.get("run", "")
    if not named and not manifest.since:
        return None
    earlier = load_manifest(Run(folder)) if (folder / MANIFEST).exists() else None
    if named:
        if earlier is None or earlier.shop_id != manifest.shop_id or earlier.taken_at >= manifest.taken_at:
            raise ParameterRefused(said("file.no_earlier_export", folder=folder))
    elif earlier is None or _minute(earlier.taken_at) != _minute(_moment(manifest)):
        return None
    levels = Run(folder).load_table(INVENTORY_LEVELS, table_file(INVENTORY_LEVELS))
    return Snapshot(levels, earlier.taken_at)


def _minute(moment: datetime) -> datetime:
    """The same minute of whatever zone."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _moment(manifest: Manifest) -> datetime:
    """When the export was taken that this one rests on, to the minute."""
    return datetime.fromisoformat(manifest.since["taken_at"])
