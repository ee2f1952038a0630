"""What the number of a row counts, and how a row is named to people."""

from dataclasses import dataclass

from unfulfill.words import said


@dataclass(frozen=True)
class Place:
    """The rows of a sheet or the lines of a CSV, which may be one of a zip."""

    is_line: bool = False
    within: str = ""  # the sheet, or the CSV in its zip; blank: the file has one table

    def at(self, number: int | str) -> str:
        """ "line 3", "sheet Orders, row 3"."""
        if self.is_line:
            return (
                said("sheet.line_of", file=self.within, number=str(number))
                if self.within
                else said("sheet.line", number=str(number))
            )
        if self.within:
            return said("sheet.row_of", sheet=self.within, number=str(number))
        return said("sheet.row", number=str(number))


ROW, LINE = Place(), Place(is_line=True)
