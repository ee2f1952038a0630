"""What is to be said of a file that was read: for people, and as JSON for programs."""

import json
from collections.abc import Iterator

from unfulfill.sheets.sheet import Sheet


def sheet_lines(sheet: Sheet) -> Iterator[str]:
    """The dialect and its numbers, what the tables hold, what is missing, and the columns that were not used."""
    yield f"{sheet.path.name}: {sheet.about}."
    yield f"Tables: {', '.join(f'{name} {rows:,}' for name, rows in rows_of(sheet).items())}."
    for reason in sheet.reasons:
        yield f"Incomplete: {reason}."
    for note in sheet.notes:
        yield f"Note: {note}."
    if sheet.ignored:
        yield f"Ignored columns ({len(sheet.ignored)}): {', '.join(sheet.ignored)}."


def sheet_json(sheet: Sheet) -> str:
    """The same as one line of JSON; nothing of the rows is in it."""
    said = {
        "file": sheet.path.name,
        "dialect": sheet.dialect.name.lower(),
        "about": sheet.about,
        "tables": rows_of(sheet),
        "complete": sheet.complete,
        "reasons": sheet.reasons,
        "notes": sheet.notes,
        "ignored": sheet.ignored,
    }
    return json.dumps(said, ensure_ascii=False)


def rows_of(sheet: Sheet) -> dict[str, int]:
    """Table → number of its rows."""
    return {name: len(table) for name, table in sheet.tables.items()}
