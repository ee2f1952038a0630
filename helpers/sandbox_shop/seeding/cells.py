"""Cells of Shopify's exports → values. What is doubtful is refused with its place, never repaired."""

import re
from datetime import UTC, datetime, timedelta, timezone

from sandbox_shop.seeding.csv_text import Record

DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)? ?(Z|UTC|[+-]\d\d:?\d\d)?", re.ASCII
)
SERIAL = re.compile(r"[3-7]\d{4}(\.\d+)?", re.ASCII)  # days since 1899-12-30: what Excel makes of a date
UNITS = re.compile(r"-?\d{1,9}(\.0+)?", re.ASCII)
EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
MANGLED = re.compile(r"[\d.,]+[eE][+-]?\d+|\d+[.,]\d*", re.ASCII)


def read_time(record: Record, column: str) -> datetime | None:
    """A time with its offset; without one it is taken as UTC. None where the cell is empty."""
    text = record.get(column)
    if not text:
        return None
    try:
        if SERIAL.fullmatch(text):
            return (EXCEL_EPOCH + timedelta(days=float(text))).replace(microsecond=0)
        match = DATE.fullmatch(text)
        if match:
            year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
            if not 2000 <= year < 2100:  # Shopify opened in 2006
                raise ValueError(year)
            return datetime(year, month, day, hour, minute, second, tzinfo=_offset(match.group(7)))
    except (ValueError, OverflowError):
        pass
    raise record.refuse(
        column,
        f"{text!r} is not a date like 2026-01-09 17:47:34 +0500; export the file again without opening it in Excel",
    )


def read_units(record: Record, column: str) -> int:
    """A whole number of units, also as 3.0; may be negative."""
    text = record.get(column)
    if not UNITS.fullmatch(text):
        raise record.refuse(
            column, f"{text!r} is not a whole number; correct the cell or export the file again"
        )
    return int(text.partition(".")[0])


def read_id(record: Record, column: str) -> int | None:
    """An id as a whole number of Shopify's; None where the cell is empty. A spoilt one is refused."""
    text = record.get(column).lstrip("'")
    if not text:
        return None
    if MANGLED.fullmatch(text):
        raise record.refuse(
            column,
            f"{text!r} is an id that a spreadsheet has spoilt; export the file again and keep the column as text",
        )
    if not re.fullmatch(r"[1-9]\d{0,17}", text, re.ASCII):
        raise record.refuse(column, f"{text!r} is not an id of Shopify's; export the file again")
    return int(text)


def read_money(record: Record, column: str) -> str:
    """Decimal text as it stands; "0.00" where the cell is empty."""
    text = record.get(column)
    if not text:
        return "0.00"
    if not re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
        raise record.refuse(
            column, f"{text!r} is not an amount like 12.50; correct the cell or export the file again"
        )
    return text


def read_flag(record: Record, column: str) -> bool | None:
    """true or false, in any case; None where the cell is empty."""
    text = record.get(column).casefold()
    if text in ("", "true", "false"):
        return None if not text else text == "true"
    raise record.refuse(
        column, f"{text!r} is neither true nor false; correct the cell or export the file again"
    )


def _offset(text: str | None) -> timezone:
    if text in (None, "Z", "UTC"):
        return UTC
    assert text is not None
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
