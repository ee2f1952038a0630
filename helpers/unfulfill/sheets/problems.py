"""What is wrong in a file: sentences that know their row and column, and all of them in one refusal."""

from collections.abc import Sequence
from pathlib import Path

from unfulfill.errors import SheetRefused

SHOWN = 50


class Problem(str):
    """A sentence about a row or a cell: "line 3, column ID: …"."""

    __slots__ = ("column", "message", "number", "place")
    place: str  # what the number counts: "line", "sheet Orders, row"
    number: int
    column: str  # as the header has it; blank: the whole row
    message: str

    @classmethod
    def at(cls, place: str, number: int, message: str, column: str = "") -> "Problem":
        """The problem of row `number`, in a column or in the whole row."""
        problem = cls(f"{place} {number}{f', column {column}' if column else ''}: {message}")
        problem.place, problem.number, problem.column, problem.message = place, number, column, message
        return problem


def refuse(path: Path, problems: Sequence[str]) -> None:
    """Raise SheetRefused with the first 50 problems and their number, unless there are none."""
    if problems:
        raise refusal(path, problems)


def refusal(path: Path, problems: Sequence[str]) -> SheetRefused:
    """The refusal of a file for its problems."""
    if len(problems) == 1:
        return SheetRefused(f"{path.name}: {problems[0]}. Nothing was read; mend it and try again.", problems)
    listed = "".join(f"\n  {problem}" for problem in problems[:SHOWN])
    rest = f"\n  and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return SheetRefused(
        f"{path.name} has {len(problems)} problems; nothing was read. Mend them and try again:{listed}{rest}",
        problems,
    )
