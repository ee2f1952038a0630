"""Rows of a table that people look through: filtered, sorted, found, edited, taken back. Pure, and by whole columns."""

from unfulfill.row_index.column import Column, Written
from unfulfill.row_index.history import Edit, History, apply_edit, edit_of
from unfulfill.row_index.row_filter import RowFilter, passing
from unfulfill.row_index.rows import Rows

__all__ = ["Column", "Edit", "History", "RowFilter", "Rows", "Written", "apply_edit", "edit_of", "passing"]
