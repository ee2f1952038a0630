"""A CSV of any length, written as it comes: whole Arrow columns are made safe and written by Arrow."""

from collections.abc import Iterable, Sequence
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from unfulfill.sheets.safe_columns import safe_csv_column

BOM = b"\xef\xbb\xbf"  # tells Excel that the file is UTF-8


def write_csv(file: IO[bytes], header: Sequence[str], blocks: Iterable[pa.Table]) -> None:
    """Write blocks of rows below a header: UTF-8, commas, every value in quotes, no text a formula.

    Booleans are TRUE and FALSE, a missing value is nothing between the commas, an empty text is "".
    `plain_csv_text` gives a text back as it was. A CSV cannot say that 00123 is a text: Excel, opening one, makes a
    number of it, so for people a workbook is the better form.
    """
    file.write((",".join('"' + name.replace('"', '""') + '"' for name in header) + "\n").encode())
    options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
    for block in blocks:
        columns = [_column(column.combine_chunks()) for column in block.columns]
        csv.write_csv(pa.table(columns, names=[str(n) for n in range(len(columns))]), file, options)


def _column(values: Any) -> Any:
    if pa.types.is_boolean(values.type):
        return pc.if_else(values, "TRUE", "FALSE")
    return safe_csv_column(values) if pa.types.is_string(values.type) else values
