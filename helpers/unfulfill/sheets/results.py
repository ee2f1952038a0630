"""results.xlsx: one row a mark, in the words of an import-results file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from unfulfill.atomic import write_atomic
from unfulfill.model import (
    IN_EFFECT,
    CancelFulfillment,
    Change,
    Decision,
    HoldFulfillmentOrder,
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
from unfulfill.sheets.safe_cells import safe_xlsx_text

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


_REASON_WIDTH, _COMMENT_WIDTH = 30, 80  # characters
_COLUMNS = (
    ("ID", 16), ("Name", 11), ("Fulfillment: ID", 16), ("Decision", 12), ("Reason", _REASON_WIDTH),
    ("Import Result", 14), ("Import Comment", _COMMENT_WIDTH), ("Reversibility", 20), ("Verdict", 26),
)  # fmt: skip
_HARDER = (Reversibility.UNDOABLE, Reversibility.NEW_IDS, Reversibility.NOT_BY_US, Reversibility.BLOCKED)
_FILLS = {OK: "FFD9EAD3", FAILED: "FFF4CCCC", SKIPPED: "FFFFF2CC"}


def result_rows(
    plan: Plan, outcomes: Mapping[str, Outcome], verdicts: Mapping[str, Verdict]
) -> tuple[ResultRow, ...]:
    """One row a case of the plan, then one a skip. A case is OK only when every change of it was applied and confirmed.

    `outcomes` and `verdicts` are by change id; a change without one was not sent, or not verified yet.
    """
    cases: dict[str, list[Change]] = {}
    for change in plan.changes:
        cases.setdefault(change.case, []).append(change)
    return (
        *(_case_row(plan, changes, outcomes, verdicts) for changes in cases.values()),
        *(_skip_row(skip) for skip in plan.skips),
    )


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
    )


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


def write_results(path: Path, rows: Iterable[ResultRow]) -> None:
    """Write results.xlsx, whole or not at all: coloured by result, with filters; no text is a formula."""
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    sheet.title = "Results"
    sheet.append([name for name, _ in _COLUMNS])
    for number, row in enumerate(rows, 2):
        cells = (
            row.order_id, row.order_name, row.fulfillment_id, row.decision, row.reason, row.result, row.comment,
            row.reversibility, row.verdict,
        )  # fmt: skip
        for column, text in enumerate(cells, 1):
            cell = sheet.cell(number, column)
            cell.value = safe_xlsx_text(text) or None
            if cell.value is not None:
                cell.data_type = "s"  # never a formula, whatever it begins with
            cell.number_format = "@"
            cell.alignment = Alignment(vertical="top", wrap_text=column in (5, 7))
        sheet.cell(number, 6).fill = PatternFill("solid", fgColor=_FILLS[row.result])
        lines = max(1 + len(row.comment) // _COMMENT_WIDTH, 1 + len(row.reason) // _REASON_WIDTH)
        sheet.row_dimensions[number].height = 15 * min(lines, 20)  # no program fits wrapped rows by itself
    _style(sheet)
    write_atomic(Path(path), book.save)


def _style(sheet: Worksheet) -> None:
    for column, (_, width) in enumerate(_COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        head = sheet.cell(1, column)
        head.font, head.fill = Font(bold=True, color="FFFFFFFF"), PatternFill("solid", fgColor="FF1F4E5F")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
