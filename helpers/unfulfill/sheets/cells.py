"""The text of a spreadsheet's cell, exact, and what else is known of it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from unfulfill.words import said

CELL_LIMIT = 32_767  # characters of a text in a spreadsheet (Excel's), in UTF-16
MOST_DIGITS = 15  # of a number in a spreadsheet; what is longer was rounded
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LAST_SERIAL = 2_958_466  # the day after 9999-12-31


class DateText(str):
    """ISO text of a cell that is a date: no SKU, name or id can be one."""

    __slots__ = ()


class UnclearText(str):
    """A cell whose value is not known."""

    __slots__ = ("_key", "_values")
    _key: str
    _values: Mapping[str, object]

    @classmethod
    def of(cls, shown: str, key: str, **values: object) -> "UnclearText":
        """The cell that shows this; the message of a key says why it is not clear."""
        cell = cls(shown)
        cell._key, cell._values = key, values
        return cell

    @property
    def why(self) -> str:
        """To be put after its row and column. Said only when asked for: most such cells stand in unused columns."""
        return said(self._key, **self._values)


def why_unclear(cell: str, *, date_is_clear: bool = False) -> str:
    """Why a cell cannot be used, to be put after its row and column; blank: it can. A date is no text unless said."""
    if isinstance(cell, UnclearText):
        return cell.why
    if isinstance(cell, DateText) and not date_is_clear:
        return said("cell.made_date", date=cell)
    return ""


def number_text(raw: str) -> str:
    """A number as it stands in the file, without exponent and trailing zeros; unclear where digits may be lost."""
    if raw.isascii() and raw.isdigit() and len(raw) <= MOST_DIGITS and (raw[0] != "0" or raw == "0"):
        return raw
    try:
        number = Decimal(raw.strip())
    except InvalidOperation:
        return UnclearText.of(raw, "cell.no_number", text=raw)
    if not number.is_finite() or number.adjusted() > 308:
        return UnclearText.of(raw, "cell.unusable_number", text=raw)
    if number == number.to_integral_value():
        exponent = int(number.as_tuple().exponent)
        if number.adjusted() >= MOST_DIGITS:
            return UnclearText.of(raw, "cell.many_digits", text=raw, count=MOST_DIGITS)
        if exponent > 0:
            return UnclearText.of(raw, "cell.rounded", text=raw)
        return format(number.quantize(Decimal(1)), "f")
    rounded = format(Decimal(f"{float(number):.{MOST_DIGITS}g}"), "f")
    return rounded.rstrip("0").rstrip(".") if "." in rounded else rounded


def date_text(raw: str, is_1904: bool) -> str:
    """ISO text of a serial number: a date, a time of a day, or both, to the second."""
    try:
        serial = float(raw)
    except ValueError:
        serial = -1.0
    if not 0 <= serial < _LAST_SERIAL or (int(serial) == 60 and not is_1904):
        return UnclearText.of(raw, "cell.no_date", text=raw)
    day = int(serial)
    # Excel counts a 29 February 1900 that never was.
    start = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 31 if day < 60 else 30)
    at = start + timedelta(days=day, seconds=round((serial - day) * 86_400))
    if day == 0 and not is_1904:
        return DateText(at.strftime("%H:%M:%S"))
    return DateText(at.date().isoformat() if at.time() == datetime.min.time() else at.isoformat())


def plain_xml_text(text: str) -> str:
    """Text with the escapes of the format (`_x000A_`) undone; what would be no character stays as it stands."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(_character, text)


def text_cell(xml: str) -> str:
    """The text of a cell with its escapes undone; unclear where it is longer than a spreadsheet keeps."""
    text = plain_xml_text(xml)
    if utf16_units(text) <= CELL_LIMIT:
        return text
    return UnclearText.of(text, "cell.long_text", count=len(text), limit=CELL_LIMIT)


def utf16_units(text: str) -> int:
    """How many characters Excel counts: an emoji is two."""
    return (
        len(text)
        if text.isascii() or len(text) <= CELL_LIMIT // 2
        else len(text.encode("utf-16-le", "surrogatepass")) // 2
    )


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return found[0] if number == 0 or 0xD800 <= number <= 0xDFFF else chr(number)


def is_date_format(code: str) -> bool:
    """Whether a number format shows a date or a time."""
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", code.split(";")[0]).lower()
    return bool(re.search(r"[dyhs]|m", bare)) and "general" not in bare


BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
