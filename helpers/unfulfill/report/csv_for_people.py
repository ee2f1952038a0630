"""A small CSV that a person opens in a spreadsheet: with a mark of its encoding, and nothing that would be computed."""

import csv
import io
from collections.abc import Iterable, Sequence

from unfulfill.redaction import STARTS_FORMULA, UNPRINTABLE


def csv_for_people(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The bytes of the file. A text that a spreadsheet would compute has an apostrophe before it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(map(_harmless, rows))
    return out.getvalue().encode("utf-8-sig")


def _harmless(row: Sequence[str]) -> list[str]:
    texts = [UNPRINTABLE.sub("", text) for text in row]
    return ["'" + text if STARTS_FORMULA.match(text) else text for text in texts]
