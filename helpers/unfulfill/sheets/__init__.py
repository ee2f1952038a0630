"""Spreadsheets in and out: the Orders sheet, results, marks, counts. Exact ids, no formulas, strict reading."""

from unfulfill.sheets.counts import read_counts
from unfulfill.sheets.csv_text import CsvText, read_csv_text
from unfulfill.sheets.exact_ids import MangledId, exact_id
from unfulfill.sheets.files_out import write_count_file, write_marks_workbook, write_unfulfill_file
from unfulfill.sheets.marks_csv import read_marks, write_marks
from unfulfill.sheets.marks_xlsx import write_marks_sheet
from unfulfill.sheets.matrixify import write_orders_sheet
from unfulfill.sheets.read_sheet import read_sheet, recognise_file
from unfulfill.sheets.results import ResultRow, result_rows, write_results
from unfulfill.sheets.run_marks import KeptMarks, load_marks, save_marks, save_marks_sheet
from unfulfill.sheets.safe_cells import clean_text, plain_csv_text, safe_csv_text, safe_xlsx_text
from unfulfill.sheets.sheet import Dialect, Sheet
from unfulfill.sheets.shipments import make_shipments, read_shipments

__all__ = [
    "CsvText",
    "Dialect",
    "KeptMarks",
    "MangledId",
    "ResultRow",
    "Sheet",
    "clean_text",
    "exact_id",
    "load_marks",
    "make_shipments",
    "plain_csv_text",
    "read_counts",
    "read_csv_text",
    "read_marks",
    "read_sheet",
    "read_shipments",
    "recognise_file",
    "result_rows",
    "safe_csv_text",
    "safe_xlsx_text",
    "save_marks",
    "save_marks_sheet",
    "write_count_file",
    "write_marks",
    "write_marks_sheet",
    "write_marks_workbook",
    "write_orders_sheet",
    "write_results",
    "write_unfulfill_file",
]
