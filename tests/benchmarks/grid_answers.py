"""How quick the marking table answers a person, measured inside the page from the act to the frame that shows it."""

import statistics
from typing import Any

from grid_lab import GridPage

COLUMNS = {"order": 1, "severity": 3, "items": 6, "fulfilled at": 8, "location": 9}  # by which is sorted
WORDS = ("blue", "100", "a", "1 2 a", "")  # that are searched for
CHOICES = (("severity", "high"), ("severity", ""), ("evidence", "sure"), ("evidence", ""))


def answers(notebook: GridPage) -> dict[str, Any]:
    """Seconds of each kind of act on the table that is shown: the longest of the first times, and of the second.

    Marking all and saving them: the median of eight, and the longest.
    """

    def timed(act: str, what: object = None, result: str = "view") -> float:
        seconds = notebook.page.evaluate("(what) => bench.timed(what)", [act, what, result])
        return float("inf") if seconds is None else round(seconds, 3)

    notebook.page.wait_for_function(
        "() => document.querySelectorAll('.uw-filter-location option').length > 1"
    )
    first_filters, filters = (
        [timed("find", word) for word in WORDS] + [timed("choose", choice) for choice in CHOICES]
        for _ in range(2)
    )
    first_sorts, sorts = ([timed("sort", column) for column in COLUMNS.values()] for _ in range(2))
    marks, saves = [], []
    timed("choose", ("lock", "free"))  # locked rows are not marked together
    for act, result in (("mark", "marked"), ("unmark", "unmarked")) * 4:
        marks.append(timed(act, None, result))
        saves.append(marks[-1] + timed("wait", None, "saved"))
    jump = timed("jump", None, "far")
    took, blank = notebook.page.evaluate("(frames) => bench.scrolled(frames)", 150)
    return {
        "first_filter_s": max(first_filters),
        "filter_s": max(filters),
        "first_sort_s": max(first_sorts),
        "sort_s": max(sorts),
        "mark_all_s": round(statistics.median(marks), 3),
        "mark_all_longest_s": max(marks),
        "mark_all_saved_s": round(statistics.median(saves), 3),
        "jump_s": jump,
        "scroll_frame_p50_ms": round(statistics.median(took), 1),
        "scroll_frame_p95_ms": round(statistics.quantiles(took, n=20)[-1], 1),
        "scroll_blank_share": round(blank, 3),
    }
