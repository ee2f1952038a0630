"""Files made of a run folder for other programs, and what is said on the terminal about them. No shop is asked."""

from collections.abc import Mapping
from pathlib import Path

from unfulfill.export import load_complete_manifest
from unfulfill.run import Run
from unfulfill.sheets.inventory_file import fill_counts, write_inventory_files
from unfulfill.sheets.left_out import left_out_lines
from unfulfill.sheets.run_marks import load_marks, save_marks_sheet
from unfulfill.sheets.unfulfill_file import READ_COLUMNS, unfulfill_rows, write_unfulfill_files
from unfulfill.tables import STOCK
from unfulfill.words import said

APP_NAMES: Mapping[str, str] = {"matrixify": "Matrixify", "altera": "Altera"}


def write_unfulfill_file(
    run: Run, folder: Path, *, app: str = "matrixify", file_format: str = "xlsx", limit: int | None = None
) -> list[str]:
    """Write what is marked unfulfill as files for an app into a new folder; returns what to tell about it.

    Raises IncompleteExport, ParameterRefused, RunFolderRefused, SheetRefused. Where no row can be written, no folder is
    made.
    """
    manifest = load_complete_manifest(run)
    rows, left_out = unfulfill_rows(
        load_marks(run), run.load_tables(READ_COLUMNS), run.policy().protected_tags
    )
    if rows.empty:
        nothing = "Nothing was written: no mark can be said in such a file."
        return [nothing, *left_out_lines(left_out, written=False)]
    files = write_unfulfill_files(folder, rows, left_out, app=app, file_format=file_format, limit=limit)
    orders = rows["order_id"].nunique()
    name = APP_NAMES[app]
    return [
        f"{len(rows):,} fulfillments of {orders:,} orders of {manifest.shop} are in {folder}:",
        *(f"  {file}  {count:,} rows" for file, count in files.items()),
        *left_out_lines(left_out),
        f"Untested: no such file was ever given to {name}. Try one order first, and look at it in the admin.",
        f"{name} neither looks whether an order has changed since the export nor reads back what it did, and it has no "
        "undo; limits and approvals do not hold there. unfulfill run 4_plan_and_apply does all of that.",
    ]


def write_count_file(run: Run, inventory: Path, folder: Path) -> list[str]:
    """Write the merchant's inventory file with On hand (new) of what was counted; returns what to tell about it.

    Raises RunFolderRefused, SheetRefused, ParameterRefused. Where nothing is to be set, no folder is made.
    """
    filled = fill_counts(inventory, run.load_table(STOCK))
    if not filled.set:
        nothing = (
            f"Nothing was written: no row is to be set; {filled.right:,} counted rows are right as they are."
        )
        return [nothing, *left_out_lines(filled.left_out, written=False)]
    files = write_inventory_files(folder, filled)
    return [
        f"{filled.set:,} rows have a new On hand, {filled.right:,} were right as they are; in {folder}:",
        *(f"  {file}  {count:,} rows" for file, count in files.items()),
        *left_out_lines(filled.left_out),
        "For Products ▸ Inventory ▸ Import in Shopify's admin, soon: it skips rows whose stock has moved since, and "
        "tells them by mail. Cancelled fulfillments move stock: unfulfill first, export both, then count.",
    ]


def write_marks_workbook(run: Run) -> list[str]:
    """Write marks.xlsx of the run; returns what to tell about it. Raises RunFolderRefused, ParameterRefused."""
    path = save_marks_sheet(run)
    explained = said("marks_file.columns")
    return [f"{path}: decide in the column decision; the sheet {explained} says what each column is for."]
