"""Which rows a person wants to see, and whether a row is one of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.row_index.column import Column, Mask
from unfulfill.row_index.rows import Rows

MARKED, UNMARKED = "marked", "unmarked"
LOCKED, FREE, OVERRIDDEN = "locked", "free", "overridden"
NOT_KNOWN = "none"
SURE, LIKELY, DOUBTFUL = "sure", "likely", "doubtful"
PERCENT: Mapping[str, tuple[int, int]] = {SURE: (95, 101), LIKELY: (50, 95), DOUBTFUL: (0, 50)}  # from, below
BLANK = "\u2013"  # in a list of choices: rows that have nothing there


@dataclass(frozen=True)
class RowFilter:
    """All of it must hold; a blank holds for every row."""

    text: str = ""  # each of its words stands in one of the columns searched
    equal: Mapping[str, str] = field(default_factory=dict)  # column → word
    kind: str = ""  # of a finding
    decision: str = ""  # marked, unmarked, or a decision
    lock: str = ""  # locked, free, overridden
    evidence: str = ""  # that it never left: sure, likely, doubtful, none
    sku: str = ""  # as it is written; TEE-* is all that begin so
    since: str = ""  # days, 2026-10-03, in UTC; both count
    until: str = ""
    incident: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether every row passes."""
        return self == RowFilter(equal=self.equal) and not any(self.equal.values())


def passing(rows: Rows, wanted: RowFilter, searched: Iterable[str]) -> Mask:
    """Which rows pass; `searched` names the columns in which words are looked for."""
    passes = np.ones(len(rows), np.bool_)
    for word in wanted.text.split():
        passes &= rows.containing(word, tuple(searched))
    for name, meant in wanted.equal.items():
        if meant:
            passes &= rows[name].equals("" if meant == BLANK else meant)
    if wanted.kind:
        passes &= _lists(rows["findings"], wanted.kind)
    if wanted.incident:
        passes &= _lists(rows["incidents"], wanted.incident, "\n")
    if wanted.decision:
        passes &= _decided(rows["decision"], wanted.decision)
    if wanted.lock:
        passes &= _locked(rows, wanted.lock)
    if wanted.evidence:
        passes &= _likely(rows["percent"], wanted.evidence)
    if wanted.sku:
        passes &= _with_sku(rows["items"], wanted.sku)
    if wanted.since or wanted.until:
        passes &= _between(rows["created_at"], wanted.since, wanted.until)
    return passes


def _lists(column: Column, word: str, between: str = ", ") -> Mask:
    return column.where(lambda text: word in text.split(between))


def _decided(decision: Column, wanted: str) -> Mask:
    if wanted == UNMARKED:
        return decision.equals("")
    return ~decision.equals("") if wanted == MARKED else decision.equals(wanted)


def _locked(rows: Rows, wanted: str) -> Mask:
    is_locked = ~rows["locked"].equals("")
    if wanted == FREE:
        return ~is_locked
    return is_locked & ~rows["override"].equals("") if wanted == OVERRIDDEN else is_locked


def _likely(percent: Column, wanted: str) -> Mask:
    if wanted == NOT_KNOWN:
        missing: Mask = pc.is_null(percent.values).to_numpy(zero_copy_only=False)
        return missing
    least, below = PERCENT[wanted]
    return _true(pc.and_(pc.greater_equal(percent.values, least), pc.less(percent.values, below)))


def _with_sku(items: Column, sku: str) -> Mask:
    """Items are written "2 × TEE-BLK-M, 1 × Mug"."""
    begins = sku.endswith("*")
    name = re.escape(sku.removesuffix("*").strip().lower())
    return items.matching(rf"(^|, )[0-9]+ × {name}" + ("" if begins else "(, |$)"))


def _between(times: Column, since: str, until: str) -> Mask:
    passes: Any = pc.is_valid(times.values)
    if since:
        passes = pc.and_(passes, pc.greater_equal(times.values, _start(since)))
    if until:
        passes = pc.and_(passes, pc.less(times.values, _start(until, days=1)))
    return _true(passes)


def _start(day: str, days: int = 0) -> pa.Scalar:
    start = datetime.combine(date.fromisoformat(day) + timedelta(days=days), time(), UTC)
    return pa.scalar(start, pa.timestamp("us", tz="UTC"))


def _true(passes: Any) -> Mask:
    mask: Mask = pc.fill_null(passes, False).to_numpy(zero_copy_only=False)
    return mask
