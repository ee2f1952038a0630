"""What came of a fleet: one row a shop, what needs a person first, and one exit status for all of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from unfulfill.report.runs_page import words_of
from unfulfill.scheduling.summary import Summary

# The worst first: what nobody can know but a person; what failed; what may go on; what waits; what is done.
ORDER = (7, 1, 2, 6, 4, 130, 5, 3, 0)


@dataclass(frozen=True)
class Row:
    """One shop: the summary of its night, and how many attempts it took."""

    summary: Summary
    attempts: int

    @property
    def words(self) -> str:
        """Its status in words."""
        return words_of(self.summary.status, self.summary.failed_step)

    @property
    def rank(self) -> tuple[int, bool, str]:
        """Where it stands among the others, the worst first; a refusal before a plan that waits."""
        return urgency(self.summary.status), not self.summary.failed_step, self.summary.shop

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, for the report."""
        return {**self.summary.to_json(), "words": self.words, "attempts": self.attempts}


def urgency(status: int) -> int:
    """How urgent an exit status is; 0 the most. One that is not known is a failure."""
    return ORDER.index(status if status in ORDER else 1)


@dataclass(frozen=True)
class FleetSummary:
    """A night of a fleet: the last line on standard output, and what the hook gets."""

    fleet: str
    night: str
    started_at: str  # ISO, UTC
    seconds: float
    status: int  # the most urgent one of the shops; 130 where the fleet was interrupted
    text: str  # one sentence
    shops: int
    by_status: dict[str, int]  # words → shops
    not_done: tuple[str, ...]  # the shops whose status is not 0, the most urgent first
    changes: int
    applied: dict[str, int] = field(default_factory=dict)  # changes by result
    report: str = ""
    details: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows with what needs a person first."""
    return sorted(rows, key=lambda row: row.rank)


def totals(rows: list[Row]) -> dict[str, Any]:
    """The numbers of a fleet, from its rows in order."""
    applied: Counter[str] = Counter()
    for row in rows:
        applied.update(row.summary.applied)
    return {
        "shops": len(rows),
        "by_status": dict(Counter(row.words for row in rows)),
        "not_done": tuple(row.summary.shop for row in rows if row.summary.status),
        "changes": sum(row.summary.changes or 0 for row in rows),
        "applied": dict(applied),
    }


def sentence(rows: list[Row]) -> str:
    """What came of it, in one sentence, from its rows in order."""
    left = sum(row.summary.status != 0 for row in rows)
    if not left:
        return f"All {len(rows):,} are done." if len(rows) > 1 else "It is done."
    worst = rows[0].summary
    return f"Not done: {left:,} of {len(rows):,}. First {worst.shop}: {worst.text}"
