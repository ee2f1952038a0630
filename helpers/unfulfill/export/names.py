"""A plain list of order names or ids, one a line, read from a file."""

from pathlib import Path

from unfulfill.errors import SheetRefused
from unfulfill.export.filters import name_problem
from unfulfill.home import home
from unfulfill.words import listed, said

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
            problems.append(said("export_error.names_line", line=str(number), problem=problem))
        names[name] = None
    if problems:
        more = len(problems) - MOST_PROBLEMS
        key = "export_error.names_and_more" if more > 0 else "export_error.names"
        raise SheetRefused(said(key, path=path, problems=listed(problems[:MOST_PROBLEMS]), number=more))
    if not names:
        raise SheetRefused(said("export_error.names_none", path=path))
    return tuple(names)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise SheetRefused(said("export_error.names_too_large", path=path, size=LARGEST_FILE >> 20))
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SheetRefused(said("export_error.names_no_text", path=path)) from None
    except OSError as error:
        raise SheetRefused(said("export_error.names_unreadable", path=path, why=error.strerror)) from None
