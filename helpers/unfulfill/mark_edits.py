"""Edits of marks by a person at a table: which rows change, and to what. Pure; nothing is saved here."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from unfulfill.errors import ParameterRefused
from unfulfill.mark import ADVISED, CHANGING, DECISIONS, WITH_PART, decided_words
from unfulfill.model import Line
from unfulfill.plan_parts import PartUnclear, part_text, read_part
from unfulfill.row_index import Edit, Rows, edit_of
from unfulfill.row_index.column import Mask, Numbers
from unfulfill.words import said, said_word


def is_locked(rows: Rows, numbers: Numbers) -> Mask:
    """Which of these rows have evidence that the parcel left."""
    return rows["locked"].filled()[numbers]


def may_mark(rows: Rows, numbers: Numbers, decision: str, part: str = "") -> Numbers:
    """Those that may be decided together: locked rows are changed one by one, each with a reason of its own.

    With a part, only rows that have its units. Raises ParameterRefused where the part cannot be read.
    """
    if decision in CHANGING:
        numbers = numbers[~is_locked(rows, numbers)]
    return numbers[_has_units(rows, part)[numbers]] if part else numbers


def marked(
    rows: Rows, numbers: Numbers, decision: str, reason: str, note: str, by: str, part: str = ""
) -> Edit:
    """One decision for many rows; without a part theirs stay. Raises ParameterRefused for what cannot be decided."""
    _check(decision)
    if part and decision not in WITH_PART:
        first, second = map(said_word, WITH_PART)
        raise ParameterRefused(
            said("mark.units_without", first=first, second=second, decision=said_word(decision))
        )
    words = decided_words(decision, part=part or None, reason=reason, note=note, override="", by=by)
    return edit_of(rows, may_mark(rows, numbers, decision, part), words)


def _has_units(rows: Rows, part: str) -> Mask:
    """Rows whose items ("2 × SKU-1, 1 × SKU-2") have the units of a part, each SKU on one line."""
    try:
        wanted = read_part(part)
    except PartUnclear as unclear:
        raise ParameterRefused(said("marking.part_unclear", why=unclear)) from None

    def has_all(items: str) -> bool:
        lines = [item.partition(" × ") for item in items.split(", ")]
        units = [
            [int(count) for count, _, sku in lines if sku == named.name and count.isdigit()]
            for named in wanted
        ]
        return all(
            len(of) == 1 and of[0] >= (named.units or 1) for named, of in zip(wanted, units, strict=True)
        )

    return rows["items"].where(has_all)


def unmarked(rows: Rows, numbers: Numbers) -> Edit:
    """Decisions taken back."""
    return edit_of(rows, numbers, decided_words("", part=None, reason="", note="", override="", by=""))


def reworded(rows: Rows, numbers: Numbers, reason: str, note: str, by: str) -> Edit:
    """Another reason and note for those of the rows that are decided; a blank one stays as it was."""
    decided = numbers[rows["decision"].filled()[numbers]]
    told = {name: word for name, word in (("reason", reason), ("note", note)) if word}
    return edit_of(rows, decided, {**told, "marked_by": by} if told else {})


def advised(rows: Rows, numbers: Numbers) -> Numbers:
    """Those that the audit would have decided, and nobody has; locked rows are not among them."""
    fix = rows["right_fix"].where(lambda word: word in ADVISED)[numbers]
    return numbers[fix & ~rows["decision"].filled()[numbers] & ~is_locked(rows, numbers)]


def marked_as_advised(rows: Rows, numbers: Numbers, reason: str, note: str, by: str) -> Edit:
    """Each of the advised rows as the audit would; without a reason it is the names of the findings."""
    chosen = advised(rows, numbers)
    words = {
        "decision": pa.array(rows["right_fix"].texts(chosen), pa.string()),
        "reason": pa.array([reason] * len(chosen) if reason else rows["findings"].texts(chosen), pa.string()),
        "note": pa.array([note] * len(chosen), pa.string()),
        "marked_by": pa.array([by] * len(chosen), pa.string()),
    }
    return edit_of(rows, chosen, words)


def marked_alone(
    rows: Rows, row: int, told: Mapping[str, str], units: Mapping[str, int], lines: tuple[Line, ...], by: str
) -> Edit:
    """One row decided by itself: `told` has decision, reason, note and override, `units` those of each order line.

    Raises ParameterRefused where a locked row has no override, and where the units cannot be.
    """
    decision, override = told["decision"], told["override"]
    _check(decision, blank=True)
    number = np.asarray([row])
    if decision == "" == rows["decision"].texts(number)[0] and any(told.values()):
        raise ParameterRefused(said("mark.undecided"))
    if decision in CHANGING and is_locked(rows, number)[0] and not override:
        raise ParameterRefused(said("marking.need_override", locked=rows["locked"].texts(number)[0]))
    words = decided_words(
        decision,
        part=_part(lines, units) if decision in WITH_PART else "",
        reason=told["reason"],
        note=told["note"],
        override=override if decision in CHANGING else "",
        by=by,
    )
    return edit_of(rows, number, words)


def _part(lines: tuple[Line, ...], units: Mapping[str, int]) -> str:
    try:
        return part_text(lines, units)
    except PartUnclear as unclear:
        raise ParameterRefused(said("marking.part_unclear", why=unclear)) from None


def _check(decision: str, blank: bool = False) -> None:
    if decision not in DECISIONS and not (blank and decision == ""):
        decisions = ", ".join(map(said_word, DECISIONS))
        raise ParameterRefused(said("mark.no_choice", decision=decision, decisions=decisions))
