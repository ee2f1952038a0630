"""results.xlsx: one row a mark, in the words of an import-results file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from unfulfill.atomic import write_atomic
from unfulfill.model import (
    IN_EFFECT,
    CancelFulfillment,
    Change,
    Decision,
    HoldFulfillmentOrder,
    Landing,
    LevelState,
    Outcome,
    Plan,
    RecreateFulfillment,
    RequestCancellation,
    Result,
    Reversibility,
    SetOnHand,
    Skip,
    Verdict,
    VerdictKind,
)
from unfulfill.plan_stock import place_name
from unfulfill.sheets.stock_sheet import write_stock
from unfulfill.sheets.styled_cells import style, write_text
from unfulfill.verify import Moved, StockRow, add_up, effect_of, landed_of, open_cases

OK, FAILED, SKIPPED = "OK", "Failed", "Skipped"


@dataclass(frozen=True)
class ResultRow:
    """What became of one mark. Ids are numbers as text."""

    order_id: str
    order_name: str
    fulfillment_id: str
    decision: str
    reason: str
    result: str  # OK, Failed or Skipped
    comment: str
    reversibility: str
    verdict: str
    case: str = ""  # what an undo of this mark alone is asked for by
    made_id: str = ""  # the fulfillment that came of it
    landed_at: str = ""
    stock_expected: str = ""
    stock_measured: str = ""
    is_open: bool = False  # half done: cancelled, and the rest is not fulfilled again yet


_REASON_WIDTH, _COMMENT_WIDTH, _STOCK_WIDTH = 30, 80, 46  # characters
_WRAPPED = (5, 7, 12, 13)  # columns
_COLUMNS = (
    ("ID", 16), ("Name", 11), ("Fulfillment: ID", 16), ("Decision", 12), ("Reason", _REASON_WIDTH),
    ("Import Result", 14), ("Import Comment", _COMMENT_WIDTH), ("Reversibility", 20), ("Verdict", 26), ("Case", 11),
    ("New Fulfillment: ID", 20), ("Landed At", 34), ("Stock Expected", _STOCK_WIDTH), ("Stock Measured", 24),
)  # fmt: skip
_HARDER = (Reversibility.UNDOABLE, Reversibility.NEW_IDS, Reversibility.NOT_BY_US, Reversibility.BLOCKED)
_FILLS = {OK: "FFD9EAD3", FAILED: "FFF4CCCC", SKIPPED: "FFFFF2CC"}


def result_rows(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    verdicts: Mapping[str, Verdict],
    stock: Sequence[StockRow] = (),
    items: Mapping[str, str] | None = None,
) -> tuple[ResultRow, ...]:
    """One row a case of the plan, those half done first, then one a skip.

    A case is OK only when every change of it was applied and confirmed. `outcomes` and `verdicts` are by change id; a
    change without one was not sent, or not verified yet. `items` gives the inventory item of an order line: what a case
    should have done is looked up in `stock`, where the measured numbers of all cases together stand.
    """
    cases: dict[str, list[Change]] = {}
    for change in plan.changes:
        cases.setdefault(change.case, []).append(change)
    half_done = open_cases(plan, outcomes)
    places = {(row.inventory_item_id, row.location_id): row for row in stock}
    rows = [
        replace(
            _case_row(plan, changes, outcomes, verdicts),
            is_open=name in half_done,
            **_stock_texts(changes, outcomes, verdicts, items or {}, places),
        )
        for name, changes in cases.items()
    ]
    return (*sorted(rows, key=lambda row: not row.is_open), *(_skip_row(skip) for skip in plan.skips))


def _case_row(
    plan: Plan, changes: Sequence[Change], outcomes: Mapping[str, Outcome], verdicts: Mapping[str, Verdict]
) -> ResultRow:
    first = changes[0]
    results = [_result(outcomes.get(change.id), verdicts.get(change.id)) for change in changes]
    worst = next((word for word in (FAILED, SKIPPED) if word in results), OK)
    said = [_comment(change, outcomes.get(change.id)) for change in changes]
    told = dict.fromkeys(
        verdicts[change.id].kind.value
        for change in changes
        if change.id in verdicts and not _was_done(outcomes.get(change.id))
    )
    return ResultRow(
        order_id=_number(first.order_id),
        order_name=_name(first),
        fulfillment_id=_number(
            next((change.fulfillment_id for change in changes if change.fulfillment_id), "")
        ),
        decision=_decision(changes) if plan.kind == "unfulfill" else plan.kind,
        reason=first.reason,
        result=worst,
        comment="; ".join(said),
        reversibility=max((change.reversibility for change in changes), key=_HARDER.index).value,
        verdict=", ".join(told) or ("not verified" if not verdicts else "nothing to verify"),
        case=first.case,
        made_id=", ".join(
            _number(outcomes[change.id].created_id)
            for change in changes
            if isinstance(change.action, RecreateFulfillment) and change.id in outcomes
        ),
        landed_at="; ".join(
            _landed(landing) for change in changes for landing in landed_of(change, verdicts)
        ),
    )


def _landed(landing: Landing) -> str:
    moved = " (moved there)" if landing.moved else ""
    return f"{landing.units} at {landing.location_name}{moved}, {_number(landing.fulfillment_order_id)}"


def _stock_texts(
    changes: Sequence[Change],
    outcomes: Mapping[str, Outcome],
    verdicts: Mapping[str, Verdict],
    items: Mapping[str, str],
    places: Mapping[tuple[str, str], StockRow],
) -> dict[str, str]:
    """What the case should have done to stock, and whether its places moved as all cases together should have."""
    should = add_up(effect_of(c, outcomes.get(c.id), landed_of(c, verdicts), items) for c in changes)
    known = {place: moved for place, moved in should.items() if place in places}
    if not known:
        return {}
    said = [
        f"{places[place].item} at {places[place].location}: {moved_text(moved)}"
        for place, moved in known.items()
    ]
    agrees = all(places[place].agrees for place in known)
    return {
        "stock_expected": "; ".join(said),
        "stock_measured": "as expected" if agrees else "otherwise: see Stock",
    }


def moved_text(moved: Moved) -> str:
    """ "on hand +2, committed +2": what is not nothing."""
    numbers = (("on hand", moved.on_hand), ("committed", moved.committed), ("available", moved.available))
    return ", ".join(f"{name} {number:+d}" for name, number in numbers if number) or "nothing"


def _name(change: Change) -> str:
    """The order, or for a change of stock the item and its place."""
    return place_name(change.before) if isinstance(change.before, LevelState) else change.order_name


def _decision(changes: Sequence[Change]) -> str:
    kinds = {type(change.action) for change in changes}
    part = " part" if RecreateFulfillment in kinds else ""
    if HoldFulfillmentOrder in kinds:
        return "hold" + part
    if CancelFulfillment in kinds:
        return "unfulfill" + part
    if RequestCancellation in kinds:
        return Decision.REQUEST.value
    return "set on hand" if SetOnHand in kinds else changes[0].kind


def _result(outcome: Outcome | None, verdict: Verdict | None) -> str:
    if verdict is not None and verdict.kind in (VerdictKind.NOT_APPLIED, VerdictKind.CHANGED_SINCE):
        return FAILED
    if outcome is None:
        return SKIPPED
    if outcome.result in IN_EFFECT:
        return OK
    return SKIPPED if outcome.result in (Result.STALE, Result.BLOCKED) else FAILED


def _was_done(outcome: Outcome | None) -> bool:
    """Done by somebody else before us: there is nothing of ours to verify."""
    return outcome is not None and outcome.result is Result.ALREADY_DONE


def _comment(change: Change, outcome: Outcome | None) -> str:
    if outcome is None:
        return f"{change.kind}: not sent"
    made = f", new id {_number(outcome.created_id)}" if outcome.created_id else ""
    said = f" ({outcome.message})" if outcome.message else ""
    return f"{change.kind}: {outcome.result.value}{made}{said}"


def _skip_row(skip: Skip) -> ResultRow:
    return ResultRow(
        order_id=_number(skip.order_id),
        order_name=skip.order_name,
        fulfillment_id=_number(skip.fulfillment_id),
        decision="",
        reason=skip.reason,
        result=SKIPPED,
        comment=skip.message,
        reversibility="",
        verdict="",
    )


def _number(gid: str) -> str:
    return gid.rsplit("/", 1)[-1]


def write_results(path: Path, rows: Iterable[ResultRow], stock: Sequence[StockRow] = ()) -> None:
    """Write results.xlsx, whole or not at all: coloured by result, with filters; no text is a formula."""
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    sheet.title = "Results"
    sheet.append([name for name, _ in _COLUMNS])
    for number, row in enumerate(rows, 2):
        _write_row(sheet, number, row)
    style(sheet, _COLUMNS)
    if stock:
        write_stock(book.create_sheet("Stock"), stock)
    write_atomic(Path(path), book.save)


def _write_row(sheet: Worksheet, number: int, row: ResultRow) -> None:
    cells = (
        row.order_id, row.order_name, row.fulfillment_id, row.decision, row.reason, row.result, row.comment,
        row.reversibility, "OPEN: half done" if row.is_open else row.verdict, row.case, row.made_id, row.landed_at,
        row.stock_expected, row.stock_measured,
    )  # fmt: skip
    for column, text in enumerate(cells, 1):
        write_text(sheet, number, column, text, wrap=column in _WRAPPED)
    sheet.cell(number, 6).fill = PatternFill("solid", fgColor=_FILLS[row.result])
    lines = max(
        1 + len(row.comment) // _COMMENT_WIDTH,
        1 + len(row.reason) // _REASON_WIDTH,
        1 + len(row.stock_expected) // _STOCK_WIDTH,
    )
    sheet.row_dimensions[number].height = 15 * min(lines, 20)  # no program fits wrapped rows by itself
