"""What of a sheet is read quickly and what strictly: plain rows are taken out of the XML that the parser gets."""

from collections.abc import Callable

from unfulfill.sheets.plain_rows import PlainRows, hides_rows, is_plain_head, is_usual
from unfulfill.sheets.strict_rows import StrictRows

LONGEST_HEAD = 64 * 1024  # bytes: a sheet with more before its first row is read strictly
LONGEST_ROW = 4 * 1024 * 1024
_FIRST, _LAST = b"<sheetData>", b"</row>"


class RowSorter:
    """Takes a sheet piece by piece.

    A plain row is a whole element that says nothing but its cells, so the rest is as good a document without it. The
    parser gets only whole elements, so that it never waits within one; what could hide a row, such as a comment, ends
    the sorting.
    """

    def __init__(self, strict: StrictRows, plain: PlainRows, parse: Callable[[bytes], None]) -> None:
        self.strict, self.plain, self.parse = strict, plain, parse
        self.rest = b""
        self.has_begun, self.is_over = False, False

    def take(self, piece: bytes) -> None:
        """The next bytes of the sheet."""
        self.rest += piece
        if not self.has_begun and not self.is_over:
            self._begin()
        if self.has_begun and not self.is_over:
            self._sort()
        if self.is_over or len(self.rest) > LONGEST_ROW:
            self.give_up()

    def give_up(self) -> None:
        """The parser gets what is left, and all that follows."""
        self.is_over = True
        if self.rest:
            self.parse(self.rest)
        self.rest = b""

    def _begin(self) -> None:
        before, found, after = self.rest.partition(_FIRST)
        if found and is_plain_head(before):
            self.parse(before + found)
            self.rest = after
            self.has_begun = True
        else:
            self.is_over = bool(found) or len(before) > LONGEST_HEAD

    def _sort(self) -> None:
        end = self.rest.rfind(_LAST) + len(_LAST)
        if end < len(_LAST):
            return
        block, self.rest = self.rest[:end], self.rest[end:]
        if not is_usual(block):
            self.is_over = hides_rows(block)
            self.parse(block)
            return
        rows = block.split(_LAST)
        for place, row in enumerate(rows[:-1]):
            found = self.plain.read(row, self.strict.row) if self.strict.is_between_rows() else None
            if found is not None:
                self.strict.add(*found)
            elif hides_rows(row):
                self.is_over = True
                self.rest = _LAST.join(rows[place:]) + self.rest
                return
            else:
                self.parse(row + _LAST)
