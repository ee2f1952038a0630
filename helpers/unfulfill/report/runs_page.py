"""The pages that list runs: of a schedule, newest first, with their trend; of one night of a fleet, most urgent first.

No script, nothing from elsewhere.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from unfulfill.report.chart import WIDTH, Chart, Label, Piece
from unfulfill.report.page import page_environment
from unfulfill.words import day_of_year, moment, number, said

MOST_BARS = 40
TALL = 140.0
# Exit status → what it means in the list.
WORDS = {
    0: "done",
    3: "awaits approval",
    4: "paused",
    5: "finished with refusals",
    6: "locked",
    7: "a person must look",
    130: "interrupted",
}


def render_runs(name: str, runs: Sequence[Mapping[str, Any]]) -> str:
    """The page's HTML, in the operator's language. `runs` are summaries as JSON, the newest first."""
    template = page_environment().get_template("runs.html.j2")
    shown = [{**_shown(run), "started": moment(_started(run))} for run in runs]
    return template.render(name=name, runs=shown, chart=trend(runs))


def render_fleet(fleet: Mapping[str, Any], shops: Sequence[Mapping[str, Any]]) -> str:
    """The page of one night of a fleet, in English as the schedule is written.

    `fleet` is its summary as JSON, `shops` are its rows, the most urgent first.
    """
    template = page_environment("en").get_template("fleet.html.j2")
    return template.render(name=fleet["night"], fleet=fleet, runs=[_shown(shop) for shop in shops])


def words_of(status: int, failed_step: str) -> str:
    """An exit status in words, in English: those of its summary."""
    return "refused" if failed_step and status == 3 else WORDS.get(status, "failed")


def _shown(run: Mapping[str, Any]) -> dict[str, Any]:
    """With its status in words, and a digest by its first digits."""
    short = f"{run['plan'][:12]}…" if run["plan"] else ""
    text = run["text"].replace(run["plan"] or " ", short or " ")
    return {**run, "words": words_of(run["status"], run["failed_step"]), "text": text}


def _started(run: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(run["started_at"])


def trend(runs: Sequence[Mapping[str, Any]]) -> Chart | None:
    """Upright bars, one a run, oldest left: findings, and of each the fulfillments marked. None without a run."""
    shown = [run for run in reversed(runs[:MOST_BARS]) if run["findings"] is not None]
    if not shown:
        return None
    most = max(max(run["findings"], run["marked"] or 0) for run in shown)
    step, scale = (WIDTH - 40) / len(shown), TALL / max(most, 1)
    pieces = []
    for place, run in enumerate(shown):
        for series, count, at in (("plain", run["findings"], 0.0), ("asked", run["marked"] or 0, 0.5)):
            height = round(count * scale, 1)
            if height:
                key = "runs_page.run_findings" if series == "plain" else "runs_page.run_marked"
                title = said(key, run=moment(_started(run)), count=count)
                x, width = round(40 + (place + at) * step, 1), round(max(step / 2 - 1, 1), 1)
                pieces.append(Piece(x, round(14 + TALL - height, 1), width, height, series, title))
    labels = [Label(34, 18, number(most), "end"), Label(34, TALL + 14, "0", "end")]
    every = max(1, round(len(shown) / 8))
    labels += [
        Label(round(40 + place * step, 1), TALL + 32, day_of_year(_started(run)))
        for place, run in enumerate(shown)
        if place % every == 0
    ]
    first, last = shown[0], shown[-1]
    summary = said(
        "runs_page.summary", count=len(shown), first=first["findings"], last=last["findings"],
        first_marked=first["marked"] or 0, last_marked=last["marked"] or 0,
    )  # fmt: skip
    rows = [(moment(_started(run)), number(run["findings"]), number(run["marked"] or 0)) for run in shown]
    findings, marked = said("runs_page.findings"), said("runs_page.marked")
    return Chart(
        "trend", said("runs_page.title"), summary, TALL + 40, tuple(pieces), tuple(labels),
        (("plain", findings), ("asked", said("runs_page.fulfillments_marked"))),
        (said("runs_page.run"), findings, marked), tuple(rows),
    )  # fmt: skip
