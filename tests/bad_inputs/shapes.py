# ruff: noqa: E501 - a case a line
"""Cases 3: files of another format, cut off, put together of two, or with other marks between their cells."""

import gzip

from books import book, packed
from case import Case
from contents import GOOD, HEADER, SHIPS, as_csv

TABLE = [HEADER, GOOD, SHIPS]


def separated(first: str, others: str) -> bytes:
    header, *rows = as_csv(TABLE).decode().splitlines()
    return "\n".join([header.replace(",", first), *(row.replace(",", others) for row in rows), ""]).encode()


def quoted(separator: str) -> bytes:
    return "".join(f'"{separator.join(row)}"\n' for row in TABLE).encode()


HEADER_AGAIN = ("the header stands here once more; delete the row",)
CASES = [
    Case("a CSV that is being written", "orders.csv", lambda: as_csv([*TABLE, SHIPS[:7]])[:-1], ("line 4: the file ends in the middle of this row, after 7 of 13 cells",)),
    Case("a CSV in UTF-16 that is being written", "orders.csv", lambda: as_csv([*TABLE, SHIPS[:7]]).decode()[:-1].encode("utf-16"), ("line 4: the file ends in the middle",)),
    Case("a CSV that is being written, in a zip", "orders.zip", lambda: packed({"Orders.csv": as_csv([*TABLE, SHIPS[:7]])[:-1]}), ("line 4: the file ends in the middle",)),
    Case("the header twice", "orders.csv", lambda: as_csv([HEADER, *TABLE]), ("line 2: ", *HEADER_AGAIN)),
    Case("two files one below the other", "orders.csv", lambda: as_csv([*TABLE, *TABLE]), ("line 4: ", *HEADER_AGAIN)),
    Case("the header twice in a workbook", "orders.xlsx", lambda: book([*TABLE, *TABLE]), ("sheet Orders, row 4: ", *HEADER_AGAIN)),
    Case("commas below semicolons", "orders.csv", lambda: separated(";", ","), ("line 2: its cells are separated by “,”, and those of the header by “;”",)),
    Case("tabs below commas", "orders.csv", lambda: separated(",", "\t"), ("line 2: its cells are separated by tabs, and those of the header by “,”",)),
    Case("commas below tabs", "orders.csv", lambda: separated("\t", ","), ("and those of the header by tabs",)),
    Case("whole rows in quotes", "orders.csv", lambda: quoted(";"), ("is one column (ID;Name;Top Row", "its rows stand in quotes as a whole")),
    Case("cells between bars", "orders.csv", lambda: separated("|", "|"), ("is one column (ID|Name|Top Row", "Save it again as CSV with commas")),
    Case("20,000 columns", "orders.csv", lambda: as_csv([[f"c{n}" for n in range(20_000)], ["1"] * 20_000]), ("has 20,000 columns, more than the 16,384 of a spreadsheet",)),
    Case("an id of 5,000 digits", "orders.csv", lambda: as_csv([HEADER, ["1" * 5_000, *GOOD[1:]]]), (f"line 2, column ID: “{'1' * 60}…” is not an id",)),
    Case("a CSV packed by gzip", "orders.csv.gz", lambda: gzip.compress(as_csv(TABLE)), ("is packed by gzip; unpack it",)),
    Case("a Parquet file", "orders.parquet", lambda: b"PAR1" + bytes(99) + b"PAR1", ("is a Parquet file",)),
    Case("a picture", "orders.png", lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), ("is a picture",)),
    Case("a document of LibreOffice", "orders.ods", lambda: packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}), ("is a document of LibreOffice (.ods); save it as .xlsx",)),
    Case("a sheet of Numbers", "orders.numbers", lambda: packed({"Index/Document.iwa": "x"}), ("is a sheet of Numbers; export it as Excel",)),
]  # fmt: skip
