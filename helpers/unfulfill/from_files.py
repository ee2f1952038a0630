"""An audit of files alone, without a shop: their tables become the export of a run folder, then findings and marks.

Such a run folder belongs to no shop. It can be audited, marked and written as files for other programs; nothing can be
planned from it, for nothing in it was ever read from a shop.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from unfulfill import mark as marking
from unfulfill.audit import Audit, audit_shop
from unfulfill.audit.evidence import moments
from unfulfill.audit_files import save_audit
from unfulfill.errors import IncompleteExport, RunFolderRefused, SheetRefused
from unfulfill.export import Manifest
from unfulfill.model import ShopIdentity
from unfulfill.report import ReportData, parts_of, render_report
from unfulfill.run import AUDIT_PAGE, COUNT_FILE, MANIFEST, MARKS_FILE, RUN_FILE, Run, table_file, user_name
from unfulfill.sheets import read_counts
from unfulfill.sheets.for_audit import audit_tables
from unfulfill.sheets.read_sheet import read_sheet
from unfulfill.sheets.run_marks import load_marks, save_marks
from unfulfill.sheets.sheet import Dialect, Sheet
from unfulfill.tables import EXPORTED, INVENTORY_LEVELS
from unfulfill.words import listed, said

NO_SHOP = "files"  # instead of the id of a shop, in run.json and in the manifest
TIMES = {
    "orders": ("created_at", "updated_at", "refunded_at", "cancelled_at"),
    "fulfillments": ("created_at", "updated_at"),
}
NOT_FOR_AUDIT = {
    Dialect.COUNT: "file.count_to_audit",
    Dialect.MARKS: "file.marks_to_audit",
    Dialect.ORDER_LIST: "file.names_to_audit",
}


@dataclass(frozen=True)
class FilesAudit:
    """What files alone showed."""

    run: Run
    sheets: tuple[Sheet, ...]
    taken_at: datetime  # the latest time that stands in them: they do not say when they were exported
    audit: Audit
    marked: int  # rows that the audit advises to unfulfill, marked so


def audit_files(
    folder: Path, files: Sequence[Path], count: Path | None = None, days_without_movement: int = 5
) -> FilesAudit:
    """Read files into the tables of a run folder, audit them, and mark what the audit advises. Or nothing is written.

    `files` are an orders export, an inventory export, or both, in any dialect; `count` is a count of the shelves.
    Decisions that are there already stay. Raises SheetRefused, IncompleteExport where a file was cut off, and
    RunFolderRefused where the folder holds a run of a shop.
    """
    sheets = tuple(map(_readable, files))
    tables = audit_tables(sheets)
    taken_at = _latest(tables) or datetime.fromtimestamp(min(map(_age, files)), UTC)
    counted = read_counts(count, tables[INVENTORY_LEVELS.name]) if count is not None else None
    audit = audit_shop(
        tables, now=taken_at, counted=counted, days_without_movement=days_without_movement, ours=frozenset()
    )
    run = Run(folder)
    if run.has(RUN_FILE) and run.load_json(RUN_FILE, "audit").get("shop_id") != NO_SHOP:
        raise RunFolderRefused(said("file.run_of_shop", folder=run.folder))
    _save(run, sheets, tables, taken_at)
    if count is not None:
        run.write(COUNT_FILE, count.read_bytes())
    save_audit(run, audit)
    marks = save_marks(run, marking.propose(load_marks(run), audit.findings))
    run.write(AUDIT_PAGE, _page(run, audit, tables["fulfillments"], marks))
    return FilesAudit(run, sheets, taken_at, audit, int((marks["decision"] == "unfulfill").sum()))


def _page(run: Run, audit: Audit, fulfillments: pd.DataFrame, marks: pd.DataFrame) -> str:
    return render_report(
        ReportData(
            run=run.name,
            shop=ShopIdentity(NO_SHOP, said("file.no_shop"), said("file.files_alone"), "", is_sandbox=False),
            made_at=datetime.now(UTC),
            manifest=run.load_json(MANIFEST, "audit"),
            fulfillments=fulfillments,
            marks=marks,
            **parts_of(audit),
        )
    )


def audit_lines(found: FilesAudit) -> Iterable[str]:
    """What to tell about it, for a terminal."""
    for sheet in found.sheets:
        yield f"{sheet.path.name}: {sheet.about}."
        yield from (f"  {note}" for note in sheet.notes)
    folder, kinds = found.run.folder, found.audit.findings["kind"].value_counts()
    yield f"{len(found.audit.findings):,} findings, as of {found.taken_at:%Y-%m-%d %H:%M} UTC:"
    yield from (f"  {number:>6,}  {kind}" for kind, number in kinds.items())
    yield f"{found.marked:,} fulfillments are marked unfulfill in {folder / MARKS_FILE}. Decide the rest by"
    yield f"  unfulfill marks {folder}, and write the file for your import app by unfulfill unfulfill-file."
    yield f"To share: {folder / AUDIT_PAGE}."
    yield "Only the files were read: whether the orders are still so, nobody has looked."


def take_marks(run: Run, file: Path) -> list[str]:
    """Take the decisions of an edited marks.xlsx or marks.csv over into marks.csv; returns what to tell about it.

    A row that the file lacks keeps what was decided. Raises SheetRefused, naming the rows, where the file has
    fulfillments that the run does not.
    """
    sheet = read_sheet(file)
    if sheet.dialect is not Dialect.MARKS:
        raise SheetRefused(said("marks_file.no_marks", file=file.name, dialect=sheet.dialect.called))
    present, given = load_marks(run), sheet.tables["marks"]
    known = set(present["fulfillment_id"])
    strange = given.loc[~given["fulfillment_id"].isin(known), "order_name"].fillna("?").tolist()
    if strange:
        raise SheetRefused(
            said(
                "marks_file.of_another_run",
                file=file.name,
                count=len(strange),
                folder=run.folder,
                order=strange[0],
            )
        )
    others = present[~present["fulfillment_id"].isin(given["fulfillment_id"])]
    decided = pd.concat([given, others[given.columns]], ignore_index=True)
    marks = save_marks(run, load_marks(run, decided))
    return [
        f"{int((marks['decision'] != '').sum()):,} rows are decided now in {run.folder / MARKS_FILE}.",
        *(f"  {note}" for note in sheet.notes),
    ]


def _readable(path: Path) -> Sheet:
    sheet = read_sheet(path)
    if sheet.dialect in NOT_FOR_AUDIT:
        raise SheetRefused(said(NOT_FOR_AUDIT[sheet.dialect], file=path.name))
    if not sheet.complete:
        raise IncompleteExport(said("file.incomplete", file=path.name, reasons=listed(sheet.reasons)))
    return sheet


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _latest(tables: Mapping[str, pd.DataFrame]) -> datetime | None:
    """The latest time in the tables of orders and fulfillments; None where there is none."""
    times = [moments(tables[name][column]).max() for name, columns in TIMES.items() for column in columns]
    present = [time for time in times if not pd.isna(time)]
    return max(present).to_pydatetime() if present else None


def _save(run: Run, sheets: Sequence[Sheet], tables: Mapping[str, pd.DataFrame], taken_at: datetime) -> None:
    """Write the tables, the manifest and run.json."""
    for table in EXPORTED:
        run.save_table(table, tables[table.name], table_file(table))
    names = [sheet.path.name for sheet in sheets]
    manifest = Manifest(
        complete=True,
        reasons=(),
        counts={table.name: len(tables[table.name]) for table in EXPORTED},
        id_digest={},
        api_version_asked="",
        api_version_served="",
        shop=", ".join(names),
        shop_id=NO_SHOP,
        taken_at=taken_at,
        filters={"files": names},
        filtered_here=(),
        orders_counted={},
        route=NO_SHOP,
        warnings=tuple(note for sheet in sheets for note in sheet.notes),
    )
    run.save_json(MANIFEST, manifest.to_json())
    facts = {
        "shop": manifest.shop,
        "shop_id": NO_SHOP,
        "shop_name": manifest.shop,
        "is_sandbox": False,
        "api_version": "",
        "filters": manifest.filters,
        "opened_by": user_name(),
        "opened_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "workbench_version": version("unfulfill-workbench"),
    }
    run.save_json(RUN_FILE, facts)
