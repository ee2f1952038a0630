# ruff: noqa: E501 - a case a line
"""Cases 2: whole files with cells that cannot be what their column says. Those of orders stand in a CSV and in a workbook."""

import csv
import io
from collections.abc import Iterator, Mapping

from books import MAIN, book, packed, parts_of, rows_xml, sheet_xml
from case import READ_MARKS, Case, read_as_count, text_case

HEADER = ["ID", "Name", "Top Row", "Line: Type", "Line: ID", "Line: SKU", "Line: Quantity", "Line: Gift Card", "Fulfillment: ID",
          "Fulfillment: Status", "Fulfillment: Created At", "Order Fulfillment Status", "Price: Total"]  # fmt: skip
GOOD = [
    "5500000000001",
    "#9001",
    "TRUE",
    "Line Item",
    "14100000000001",
    "TEE",
    "2",
    "FALSE",
    "",
    "",
    "",
    "fulfilled",
    "75.00",
]
SHIPS = ["5500000000001", "#9001", "", "Fulfillment Line", "14100000000001", "TEE", "2", "", "4700000000001", "success",
         "2026-10-03 08:00:00 +0200", "", ""]  # fmt: skip
NOT_ID = ("1_000", "٢٣٤٥", "１２３", "TRUE", "-5", "0", "5500000000001 x", "\u200b5500000000001", "\u202e5500000000001", "#1001",
          "5500000000001.5", "0005500000000001", "12345678901234567890", "½", "nan", "gid://shopify/Order/", "=1+1")  # fmt: skip
ROUNDED = ("5.32146E+12", "1.23E+15", "6,48914E+12", "1e5")
NOT_COUNT = ("1.5", "2.0", "1,000", "1.000", "−2", "-2", "1e3", "½", "nan", "12 pcs", "٢", "TRUE", "9" * 13)
NOT_TIME = ("03/04/2026", "4.3.2026", "2026-13-01", "2026-02-30 10:00:00", "0001-01-01", "yesterday", "2026-10-03 25:00:00",
            "2026-10-03 08:00:00 +0299", "9999-12-31")  # fmt: skip


def changed(row: list[str], **cells: str) -> list[str]:
    names = {name.replace(":", "").replace(" ", "_").lower(): name for name in HEADER}
    new = dict(zip(HEADER, row, strict=True)) | {names[name]: cell for name, cell in cells.items()}
    return list(new.values())


def as_csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def both(name: str, rows: list[list[str]], column: str, said: str, row: int = 3) -> Iterator[Case]:
    """The same table as a CSV and as a workbook of text cells."""
    place = f", column {column}: " if column else ": "
    yield Case(f"{name}, in a CSV", "orders.csv", lambda: as_csv(rows), (f"line {row}{place}", said))
    yield Case(
        f"{name}, in a workbook", "orders.xlsx", lambda: book(rows), (f"sheet Orders, row {row}{place}", said)
    )


def orders() -> Iterator[Case]:
    for cell in NOT_ID:
        yield from both(f"ID is “{cell}”", [HEADER, GOOD, changed(SHIPS, id=cell)], "ID", "is not an id")
    for cell in ROUNDED:
        yield from both(
            f"Fulfillment: ID is {cell}",
            [HEADER, GOOD, changed(SHIPS, fulfillment_id=cell)],
            "Fulfillment: ID",
            "was rounded",
        )
    yield from both(
        "an order whose ID stands only in a later row",
        [HEADER, changed(GOOD, id=""), changed(SHIPS, fulfillment_id="")],
        "ID",
        "stands here and not in the first row of the order",
    )
    for kind, said in (("Order", "is not the id of a Fulfillment"), ("Fulfillment/1?x=", "is not an id")):
        cell = f"gid://shopify/{kind}/4700000000001" if kind == "Order" else "gid://shopify/Fulfillment/1?x=1"
        yield from both(
            f"Fulfillment: ID is {cell}",
            [HEADER, GOOD, changed(SHIPS, fulfillment_id=cell)],
            "Fulfillment: ID",
            said,
        )
    for cell in NOT_COUNT:
        yield from both(
            f"quantity is “{cell}”",
            [HEADER, GOOD, changed(SHIPS, line_quantity=cell)],
            "Line: Quantity",
            "is not a whole number",
        )
    for cell in NOT_TIME:
        rows = [HEADER, GOOD, changed(SHIPS, fulfillment_created_at=cell)]
        yield from both(f"the time is “{cell}”", rows, "Fulfillment: Created At", "a time")
    for cell in ("canceled", "Fulfilled", "x", "success!"):
        yield from both(
            f"status is “{cell}”",
            [HEADER, GOOD, changed(SHIPS, fulfillment_status=cell)],
            "Fulfillment: Status",
            "is not one of cancelled, error",
        )
    yield from both(
        "the order's status is unknown",
        [HEADER, GOOD, changed(SHIPS, order_fulfillment_status="done")],
        "Order Fulfillment Status",
        "is not one of fulfilled",
    )
    yield from both(
        "a flag is maybe",
        [HEADER, GOOD, changed(GOOD, line_id="14100000000002", line_gift_card="maybe")],
        "Line: Gift Card",
        "neither TRUE nor FALSE",
    )
    yield from both(
        "money with a comma",
        [HEADER, GOOD, changed(SHIPS, price_total="75,00")],
        "Price: Total",
        "is not an amount",
    )
    yield from both(
        "an order with two names",
        [HEADER, GOOD, changed(SHIPS, name="#9002")],
        "Name",
        "called #9002 here and #9001 above",
    )
    yield from both(
        "a fulfillment under two orders",
        [HEADER, SHIPS, changed(SHIPS, id="2", name="#2", line_id="9")],
        "Fulfillment: ID",
        "stands under another order",
    )
    yield from both(
        "a fulfillment with two statuses",
        [HEADER, SHIPS, changed(SHIPS, line_id="9", fulfillment_status="cancelled")],
        "Fulfillment: Status",
        "cancelled here and success above",
    )
    yield from both(
        "a fulfillment's line twice",
        [HEADER, SHIPS, SHIPS],
        "Fulfillment: ID",
        "ships this line on an earlier row",
    )
    yield from both("a line twice", [HEADER, GOOD, GOOD], "Line: ID", "stands twice")
    yield from both(
        "a row before any order",
        [HEADER, changed(GOOD, id="", name="", top_row=""), GOOD],
        "ID",
        "belongs to no order",
        row=2,
    )
    yield from both(
        "a top row without an order",
        [HEADER, GOOD, changed(GOOD, id="", name="")],
        "ID",
        "belongs to no order",
    )


def numbers() -> Iterator[Case]:
    """Cells that only a workbook can hold, in a column that is needed."""
    cells = {
        "a number of 19 digits": ("<v>5321456789012345678</v>", "", "more than 15 digits"),
        "a number of 16 digits": ("<v>5321456789012345</v>", "", "more than 15 digits"),
        "a number that was rounded": ("<v>6.48914E+12</v>", "", "its digits are lost"),
        "nan": ("<v>nan</v>", "", "“nan” is not a number"),
        "infinity": ("<v>1e400</v>", "", "is not a number that can be used"),
        "text in a number": ("<v>12a</v>", "", "is not a number"),
        "an error #N/A": ("<v>#N/A</v>", ' t="e"', "#N/A is an error of the spreadsheet"),
        "an error #REF!": ("<v>#REF!</v>", ' t="e"', "#REF! is an error of the spreadsheet"),
        "an error #DIV/0!": ("<v>#DIV/0!</v>", ' t="e"', "#DIV/0! is an error of the spreadsheet"),
        "a formula without its result": ("<f>A1</f>", "", "a formula without its result"),
        "TRUE": ("<v>1</v>", ' t="b"', "“TRUE” is not an id"),
        "a date": ("<v>46000</v>", ' s="1"', "made the date 2025-12-09 of it"),
        "a date that is none": ("<v>-5</v>", ' s="1"', "is shown as a date and is none"),
        "29 February 1900": ("<v>60</v>", ' s="1"', "is shown as a date and is none"),
    }  # fmt: skip
    styles = (
        f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    )
    for name, (inner, type_, said) in cells.items():
        for column, kind in ((0, "ID"), (8, "Fulfillment: ID")):
            row = list(SHIPS)
            row[column] = f'<c r="{{}}"{type_}>{inner}</c>'
            parts = parts_of(sheet_xml(rows_xml([HEADER, GOOD, row])), styles=styles)
            place = f"sheet Orders, row 3, column {kind}: "
            yield Case(f"{kind} is {name}", "orders.xlsx", lambda parts=parts: packed(parts), (place, said))  # type: ignore[misc]
    row = changed(GOOD, line_id="9", line_sku='<c r="{}" s="1"><v>46082</v></c>')
    parts = parts_of(sheet_xml(rows_xml([HEADER, GOOD, row])), styles=styles)
    yield Case(
        "a SKU that became a date",
        "orders.xlsx",
        lambda: packed(parts),
        ("row 3, column Line: SKU: a spreadsheet made the date 2026-03-01 of it",),
    )


def headers() -> Iterator[Case]:
    yield Case(
        "a title above the header",
        "orders.csv",
        lambda: as_csv([["My export"] + [""] * 12, HEADER, GOOD]),
        ("cells under a header of 1",),
    )
    yield Case(
        "a title above the header of a workbook",
        "orders.xlsx",
        lambda: book([["a", "b"], HEADER[:2], GOOD[:2]]),
        ("is in no dialect that is known (its columns: a, b)",),
    )
    wide = ["Export", *[f"t{n}" for n in range(12)]]
    yield Case(
        "a second header below a title",
        "orders.csv",
        lambda: as_csv([wide, HEADER, GOOD]),
        ("line 2 looks like the header of a Matrixify Orders sheet; delete the rows above",),
    )
    yield Case(
        "a column twice",
        "orders.csv",
        lambda: as_csv([["ID", "id", "Line: Type"], ["1", "2", "x"]]),
        ("the column ID, id stands twice",),
    )
    yield Case(
        "a column twice in a workbook",
        "orders.xlsx",
        lambda: book([["ID", "Tags", "tags "], ["1", "2", "x"]]),
        ("sheet Orders: the column Tags, tags stands twice",),
    )
    yield Case(
        "a text longer than a cell",
        "orders.xlsx",
        lambda: book([[*HEADER, "Tags"], [*GOOD, "x" * 32_768]]),
        ("row 2, column Tags: a text of 32,768 characters, and a spreadsheet cuts it after 32,767",),
    )
    yield Case(
        "a list of SKUs or of orders",
        "list.csv",
        lambda: b"SKU-1\nSKU-2\n",
        ("is one column (SKU-1, SKU-2 …): are these orders? Then write Order above them",),
    )
    yield Case(
        "translated headers",
        "orders.csv",
        lambda: as_csv([["Bestell-ID", "Zeilentyp"], ["1", "x"]]),
        ("is in no dialect that is known (its columns: Bestell-ID, Zeilentyp)",),
    )
    yield Case(
        "no header", "orders.csv", lambda: as_csv([GOOD[:6], GOOD[:6]]), ("is in no dialect that is known",)
    )
    yield Case(
        "a row longer than the header",
        "orders.csv",
        lambda: as_csv([HEADER, GOOD, [*GOOD, "more"]]),
        ("line 3: 14 cells under a header of 13",),
    )
    yield Case(
        "a cell right of the header",
        "orders.xlsx",
        lambda: book([HEADER, GOOD, [*GOOD, "more"]]),
        ("row 3: a cell stands right of the header, in column 14",),
    )
    yield Case(
        "products without stock",
        "products.csv",
        lambda: as_csv([["Handle", "Option1 Name", "Variant Price"], ["a", "b", "1"]]),
        ("is in no dialect that is known",),
    )
    yield Case("an empty CSV", "orders.csv", bytes, ("is empty",))
    yield Case("a CSV of blank lines", "orders.csv", lambda: b"\xef\xbb\xbf\n  \n", ("is empty",))
    yield Case("a NUL", "orders.csv", lambda: b"ID,Line: Type\n1,\x00\n", ("line 2: a NUL character",))
    yield Case(
        "UTF-16 without a mark",
        "orders.csv",
        lambda: "ID,Line: Type\n1,x\n".encode("utf-16-le"),
        ("a NUL character",),
    )
    yield Case(
        "a byte of no encoding", "orders.csv", lambda: b"ID,Line: Type\n1,\x81\x8d\n", ("unknown encoding",)
    )
    yield Case(
        "letters in two encodings",
        "orders.csv",
        lambda: "ID,Line: Type\n1,ä\n".encode() + "2,ö\n".encode("cp1252"),
        ("line 3: its letters are in two encodings",),
    )
    yield Case(
        "half of a UTF-16 letter", "orders.csv", lambda: b"\xff\xfeI\x00D\x00\n", ("unknown encoding",)
    )
    yield Case(
        "a quote that is never closed",
        "orders.csv",
        lambda: b'ID,Line: Type\n1,"x\n2,y\n',
        ("line 2: a quote is open",),
    )
    yield Case(
        "a quote within a cell",
        "orders.csv",
        lambda: b'ID,Line: Type\n1,"x"y\n',
        ("line 2", "a quote is open or stands within a cell"),
    )
    yield Case(
        "a cell of 200,000 letters",
        "orders.csv",
        lambda: b"ID,Line: Type\n1," + b"x" * 200_000,
        ("line 2: a cell is longer than 131,072 characters",),
    )


def shopify() -> Iterator[Case]:
    head = "Name,Financial Status,Fulfillment Status,Created at,Lineitem quantity,Lineitem name,Total,Id\n"
    rows: Mapping[str, tuple[str, str, str]] = {
        "no name": (",paid,fulfilled,,1,Tee,5.00,1", "Name", "belongs to no order"),
        "an id that was rounded": ("#1,paid,fulfilled,,1,Tee,5.00,6.86491E+12", "Id", "was rounded"),
        "an unknown status": (
            "#1,paid,shipped,,1,Tee,5.00,1",
            "Fulfillment Status",
            "is not one of fulfilled, partial",
        ),
        "half a unit": ("#1,paid,fulfilled,,0.5,Tee,5.00,1", "Lineitem quantity", "is not a whole number"),
        "a time of another format": (
            "#1,paid,fulfilled,10/7/2026 9:50,1,Tee,5.00,1",
            "Created at",
            "is not a time",
        ),
        "money with a currency": ("#1,paid,fulfilled,,1,Tee,€5,1", "Total", "is not an amount"),
    }
    for name, (row, column, said) in rows.items():
        yield text_case(f"Shopify's orders: {name}", f"{head}{row}\n", f"line 2, column {column}: ", said)
    stock = (
        "Handle,Title,Option1 Name,Option1 Value,SKU,Location,Available (not editable),On hand (current)\n"
    )
    yield text_case(
        "Shopify's inventory: no location",
        f"{stock}a,A,Title,Default Title,S,,1,1\n",
        "line 2, column Location: the location is blank",
    )
    yield text_case(
        "Shopify's inventory: no number",
        f"{stock}a,A,Title,Default Title,S,Main,many,1\n",
        "line 2, column Available (not editable): “many” is not a whole number",
    )
    twice = "a,A,Title,Default Title,S,Main,1,1\n" * 2
    yield text_case(
        "Shopify's inventory: an item twice", stock + twice, "line 3: the item S stands twice for Main"
    )
    wide = "Handle,Title,Option1 Name,Option1 Value,SKU,Main\na,A,Title,Default Title,S,lots\n"
    yield text_case(
        "Shopify's inventory by location: no number",
        wide,
        "line 2, column Main: “lots” is not a whole number",
    )
    products = "ID,Variant ID,Variant SKU,Inventory Available: Main\n1,2,S,1.5\n"
    yield text_case(
        "Matrixify's products: half a unit", products, "line 2, column Inventory Available: Main: “1.5”"
    )
    for cell in ("1.2E+13", "＃1001", "two words", "Total: 5"):
        said = "was rounded" if "E+" in cell else "is neither the name of an order"
        yield text_case(f"a list with {cell}", f"Order\n#1001\n{cell}\n", "line 3: ", said)


def counts() -> Iterator[Case]:
    head = "SKU,Location,Counted\n"
    rows = {
        "negative": ("SKU-1,Warehouse,-1", "a whole number of units"), "blank": ("SKU-1,Warehouse,", "counted is a blank"),
        "a dash": ("SKU-1,Warehouse,-", "a whole number of units"), "n/a": ("SKU-1,Warehouse,n/a", "a whole number of units"),
        "pieces": ("SKU-1,Warehouse,12 pcs", "a whole number of units"), "a half": ("SKU-1,Warehouse,½", "a whole number of units"),
        "a decimal comma": ('SKU-1,Warehouse,"1,5"', "a whole number of units"), "Arabic digits": ("SKU-1,Warehouse,٢", "a whole number of units"),
        "an unknown SKU": ("NOPE,Warehouse,1", "the shop has no SKU “NOPE”"), "no SKU": (",Warehouse,1", "neither SKU nor barcode"),
        "a SKU of two items": ("TWIN,Warehouse,1", "belongs to 2 items of the shop"), "a lost zero": ("123,Warehouse,1", "the shop has no SKU “123”"),
        "an unknown location": ("SKU-1,Cellar,1", "the shop has no location “Cellar”"), "no location": ("SKU-1,,1", "the shop has no location"),
        "a row of totals": ("Total,Warehouse,340", "a row of totals, remove it"), "a Cyrillic letter": ("SКU-1,Warehouse,1", "may look alike"),
        "another case": ("sku-1,Warehouse,1", "it has SKU-1"), "a rounded SKU": ("1E5,Warehouse,1", "a spreadsheet rounded it"),
    }  # fmt: skip
    for name, (row, said) in rows.items():
        yield text_case(
            f"a count: {name}", f"{head}{row}\n", "line 2: ", said, file="count.csv", read=read_as_count
        )
    yield text_case(
        "a count twice",
        f"{head}SKU-1,Warehouse,1\nSKU-1,Warehouse,2\n",
        "line 3: SKU-1 was counted 2 here and 1 in line 2",
        file="count.csv",
        read=read_as_count,
    )
    yield text_case(
        "a count without a location",
        "SKU,Counted\nSKU-1,1\n",
        "has no location column",
        file="count.csv",
        read=read_as_count,
    )
    yield text_case(
        "a count without an item",
        "Location,Counted\nWarehouse,1\n",
        "has no column SKU or barcode",
        file="count.csv",
        read=read_as_count,
    )
    yield text_case(
        "a count with two counts",
        "SKU,Count,Counted\nSKU-1,1,2\n",
        "both look like the counted column",
        file="count.csv",
    )
    yield text_case(
        "a count with half a unit, read alone",
        f"{head}SKU-1,Warehouse,1.5\n",
        "line 2, column Counted: “1.5” is not a whole number",
        file="count.csv",
    )
    formula = book([["SKU", "Location", "Counted"], ["SKU-1", "Warehouse", '<c r="{}"><f>1+1</f></c>']])
    yield Case(
        "a count that was not recalculated",
        "count.xlsx",
        lambda: formula,
        ("row 2, column Counted: the cell holds a formula without its result",),
        read_as_count,
    )
    error = book(
        [["SKU", "Location", "Counted"], ["SKU-1", "Warehouse", '<c r="{}" t="e"><v>#NAME?</v></c>']]
    )
    yield Case(
        "a count that is an error",
        "count.xlsx",
        lambda: error,
        ("row 2, column Counted: #NAME? is an error",),
        read_as_count,
    )


def marks() -> Iterator[Case]:
    gid = "gid://shopify/Fulfillment/"
    rows = {
        "maybe": (f"{gid}1,maybe,", "decision", "“maybe” is not a decision"), "n/a": (f"{gid}1,n/a,", "decision", "is not a decision"),
        "a question mark": (f"{gid}1,?,", "decision", "is not a decision"), "a rounded id": ("1.23E+15,x,", "fulfillment_id", "was rounded"),
        "an order's id": ("gid://shopify/Order/1,x,", "fulfillment_id", "is not the id of a Fulfillment"),
        "no id": (",x,", "fulfillment_id", "is not an id"), "an unclear part": (f"{gid}1,x,;", "part", ""),
    }  # fmt: skip
    for name, (row, column, said) in rows.items():
        text = f"fulfillment_id,decision,part\n{row}\n"
        yield text_case(
            f"marks: {name}", text, f"line 2, column {column}: ", said, file="marks.csv", read=READ_MARKS
        )
        cells = [line.split(",") for line in text.splitlines()]
        yield Case(
            f"marks in a workbook: {name}",
            "marks.xlsx",
            lambda cells=cells: book(cells, name="Marks"),
            (f"sheet Marks, row 2, column {column}: ", said),
            READ_MARKS,
        )  # type: ignore[misc]
    twice = f"fulfillment_id,decision,part\n{gid}1,x,\n{gid}1,no,\n"
    yield text_case(
        "marks: one fulfillment two ways",
        twice,
        "line 3: ",
        "is marked keep here and unfulfill in line 2",
        file="marks.csv",
        read=READ_MARKS,
    )
    yield text_case(
        "marks without decisions",
        "fulfillment_id,what\n1,x\n",
        "has no column decision",
        file="marks.csv",
        read=READ_MARKS,
    )
    for name, cell, said in (
        ("a formula without its result", '<c r="{}"><f>IF(1,"x")</f></c>', "a formula without its result"),
        ("an error", '<c r="{}" t="e"><v>#N/A</v></c>', "#N/A is an error"),
    ):
        data = book([["fulfillment_id", "decision"], [f"{gid}1", cell]], name="Marks")
        yield Case(
            f"marks: the decision is {name}",
            "marks.xlsx",
            lambda data=data: data,
            ("sheet Marks, row 2, column decision: ", said),
            READ_MARKS,
        )  # type: ignore[misc]
    long = book(
        [["fulfillment_id", "decision"], ['<c r="{}"><v>47000000000012345</v></c>', "x"]], name="Marks"
    )
    yield Case(
        "marks: an id as a long number",
        "marks.xlsx",
        lambda: long,
        ("sheet Marks, row 2, column fulfillment_id: ", "more than 15 digits"),
        READ_MARKS,
    )


CASES = [*orders(), *numbers(), *headers(), *shopify(), *counts(), *marks()]
