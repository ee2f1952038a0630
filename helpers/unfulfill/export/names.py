"""A plain list of order names or ids, one a line, read from a file."""

from pathlib import Path

from unfulfill.errors import SheetRefused
from unfulfill.export.filters import name_problem
from unfulfill.home import home

HEADINGS = frozenset(["name", "names", "order", "orders", "order name", "id", "ids", "order id"])
LARGEST_FILE = 20 << 20  # bytes
MOST_PROBLEMS = 20


def names_from_file(path: str | Path) -> tuple[str, ...]:
    """The order names or ids of a text file, each once, in its order. A heading in the first line is passed over.

    Raises SheetRefused with every line that is no order name or id.
    """
    path = home() / path
    names: dict[str, None] = {}
    problems = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        name = line.strip().strip('"').strip()
        if not name or (number == 1 and name.casefold() in HEADINGS):
            continue
        if problem := name_problem(name):
            problems.append(f"line {number}: {problem}")
        names[name] = None
    if problems:
        more = f"; and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
        raise SheetRefused(
            f"{path} must hold one order name or id a line: {'; '.join(problems[:MOST_PROBLEMS])}{more}."
        )
    if not names:
        raise SheetRefused(f"{path} holds no order name; write one a line.")
    return tuple(names)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise SheetRefused(
                f"{path} is larger than {LARGEST_FILE >> 20} MB; that is not a list of order names."
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SheetRefused(f"{path} is not UTF-8 text; save the list as plain text in UTF-8.") from None
    except OSError as error:
        raise SheetRefused(f"{path} cannot be read ({error.strerror}); check the path.") from None
