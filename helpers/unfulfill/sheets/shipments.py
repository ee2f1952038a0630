"""A list of orders to fulfil, with the tracking of their parcels: order, company, number, url."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from unfulfill.errors import ParameterRefused, SheetRefused
from unfulfill.model import Tracking
from unfulfill.sheets.csv_text import read_csv_text
from unfulfill.sheets.exact_ids import was_rounded
from unfulfill.sheets.problems import Problem, refuse
from unfulfill.sheets.row_place import LINE
from unfulfill.sheets.safe_cells import plain_csv_text
from unfulfill.words import said

# What people and exports call the columns.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "order": ("order", "order name", "name", "order number"),
    "company": ("company", "tracking company", "carrier"),
    "number": ("number", "tracking number", "tracking"),
    "url": ("url", "tracking url"),
}


def read_shipments(path: Path) -> dict[str, Tracking]:
    """Order name → tracking, in the order of the file. Several rows of one order are several numbers of one parcel.

    Only the column of orders is needed. Raises SheetRefused with every problem: no order named, a number that a
    spreadsheet rounded, two companies for one order, an address that is not of the web.
    """
    sheet = read_csv_text(Path(path))
    columns = _columns(sheet.header)
    if "order" not in columns:
        raise SheetRefused(said("file.no_order_column", file=sheet.path.name))
    problems: list[str] = []
    found: dict[str, Tracking] = {}
    for cells, line in zip(sheet.rows, sheet.lines, strict=True):
        row = {name: plain_csv_text(cells[at]).strip(" \u00a0") for name, at in columns.items()}
        order, company = row["order"], row.get("company", "")
        number, url = row.get("number", ""), row.get("url", "")
        known = found.get(order, Tracking())
        problem = _problem(order, company, number, url, known)
        if problem:
            problems.append(Problem.at(LINE, line, problem))
            continue
        found[order] = Tracking(
            company or known.company, _with(known.numbers, number), _with(known.urls, url)
        )
    refuse(sheet.path, problems)
    return found


def make_shipments(
    orders: Iterable[str], company: str, numbers: Mapping[str, str], urls: Mapping[str, str]
) -> dict[str, Tracking]:
    """The same from names and tracking given by name. Raises ParameterRefused where tracking is of no order named."""
    names = [name.strip() for name in orders if name.strip()]
    unknown = sorted({*numbers, *urls} - set(names))
    if unknown:
        raise ParameterRefused(said("file.tracking_of_other", order=unknown[0]))
    return {
        name: Tracking(company, _with((), numbers.get(name, "")), _with((), urls.get(name, "")))
        for name in names
    }


def _columns(header: tuple[str, ...]) -> dict[str, int]:
    at = {name.casefold(): place for place, name in enumerate(header)}
    return {name: at[word] for name, words in HEADINGS.items() for word in reversed(words) if word in at}


def _problem(order: str, company: str, number: str, url: str, known: Tracking) -> str:
    if not order:
        return said("cell.no_order_named")
    if was_rounded(number):
        return said("cell.tracking_rounded", text=number)
    if company and known.company and company != known.company:
        return said("cell.two_companies", order=order, company=company, other=known.company)
    if url and not url.startswith(("https://", "http://")):
        return said("cell.no_web_address", text=url)
    return ""


def _with(known: tuple[str, ...], new: str) -> tuple[str, ...]:
    return known if not new or new in known else (*known, new)
