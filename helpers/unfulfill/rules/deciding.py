"""Rules over the marks: what each of them matches, and the marks that it makes. Pure: tables in, tables out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.mark import CHANGING
from unfulfill.rules.columns import COLUMNS
from unfulfill.rules.matching import Rows, match_rows
from unfulfill.rules.rule_file import Rule
from unfulfill.tables import MARKS, make_table

MARKED_BY = "rule: "


@dataclass(frozen=True)
class RuleCount:
    """What one rule matches: `matches` is the sum of the four that follow it."""

    rule: str
    decision: str
    matches: int
    earlier: int  # matched by an earlier rule too, which decides them
    decided: int  # decided already, by a person or otherwise; they stay as they are
    locked: int  # something says that the parcel left: no rule unfulfills those
    marked: int  # what it marks, or would mark


@dataclass(frozen=True)
class Ruled:
    """What rules say of all rows."""

    rows: int
    counts: tuple[RuleCount, ...]  # in the order of the rules
    marks: pd.DataFrame  # MARKS with what the rules decide


def apply_rules(rules: Sequence[Rule], marks: pd.DataFrame, review: pd.DataFrame) -> Ruled:
    """Decide the undecided rows of MARKS: each by the first rule that matches it, or not at all.

    `review` has the rows of `marks`, in their order. A rule that would unfulfill leaves a locked row undecided, and
    so does every later one: the first rule that matches decides.
    """
    rows = Rows(review, COLUMNS)
    is_decided, is_locked = (
        _flags(column) for column in (marks["decision"].fillna("") != "", marks["locked"].notna())
    )
    free, nothing = pa.repeat(True, len(marks)), pa.repeat(False, len(marks))
    counts = []
    decided = marks
    for rule in rules:
        matched = match_rows(rule.when, rows)
        first = pc.and_(matched, free)
        open_ = pc.and_not(first, is_decided)
        left = pc.and_(open_, is_locked) if rule.decision in CHANGING else nothing
        chosen = pc.and_not(open_, left)
        free = pc.and_not(free, matched)
        numbers = (
            _count(each)
            for each in (matched, pc.and_not(matched, first), pc.and_(first, is_decided), left, chosen)
        )
        counts.append(RuleCount(rule.name, rule.decision, *numbers))
        decided = _decide(decided, rule, chosen)
    return Ruled(len(marks), tuple(counts), make_table(MARKS, decided))


def _decide(marks: pd.DataFrame, rule: Rule, chosen: Any) -> pd.DataFrame:
    at = pd.Series(chosen.to_numpy(zero_copy_only=False), index=marks.index)
    if not at.any():
        return marks
    written = {
        "decision": rule.decision,
        "reason": rule.reason,
        "note": rule.note,
        "marked_by": MARKED_BY + rule.name,
    }
    return marks.assign(**{name: marks[name].mask(at, text) for name, text in written.items()})


def _flags(column: "pd.Series[Any]") -> Any:
    return pa.array(column.fillna(False).astype(bool).to_numpy())


def _count(flags: Any) -> int:
    return int(pc.sum(flags).as_py() or 0)
