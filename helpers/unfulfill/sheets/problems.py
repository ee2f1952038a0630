"""What is wrong in a file: sentences that know their row and column, and all of them in one refusal."""

from collections.abc import Sequence
from pathlib import Path

from unfulfill.errors import SheetRefused
from unfulfill.sheets.row_place import Place
from unfulfill.words import said

SHOWN = 50


class Problem(str):
    """A sentence about a row or a cell: "line 3, column ID: …"."""

    __slots__ = ("column", "message", "number", "place")
    place: Place
    number: int
    column: str  # as the header has it; blank: the whole row
    message: str

    @classmethod
    def at(cls, place: Place, number: int, message: str, column: str = "") -> "Problem":
        """The problem of row `number`, in a column or in the whole row."""
        where = place.at(number)
        problem = cls(
            said("sheet.at_column", where=where, column=column, problem=message)
            if column
            else said("sheet.at", where=where, problem=message)
        )
        problem.place, problem.number, problem.column, problem.message = place, number, column, message
        return problem


def refuse(path: Path, problems: Sequence[str]) -> None:
    """Raise SheetRefused with the first 50 problems and their number, unless there are none."""
    if problems:
        raise refusal(path, problems)


def refusal(path: Path, problems: Sequence[str]) -> SheetRefused:
    """The refusal of a file for its problems."""
    if len(problems) == 1:
        return SheetRefused(said("sheet.one_problem", file=path.name, problem=problems[0]), problems)
    lines = [said("sheet.problems", file=path.name, count=len(problems)), *problems[:SHOWN]]
    if len(problems) > SHOWN:
        lines.append(said("sheet.more_problems", count=len(problems) - SHOWN))
    return SheetRefused("\n  ".join(lines), problems)
