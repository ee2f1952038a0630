"""Charts as numbers: what the template draws as inline SVG, with the same numbers in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from unfulfill.audit import KINDS
from unfulfill.audit.findings import SEVERITIES, UNDOING

WIDTH = 720  # of every chart, in SVG units
LABELS = 170  # of them for the labels left of horizontal bars
MOST_DAYS = 62  # days or weeks drawn; by week where something older is in question


@dataclass(frozen=True)
class Piece:
    """One rectangle: where, which series, and what it says on pointing at it."""

    x: float
    y: float
    width: float
    height: float
    series: str  # a CSS class
    title: str


@dataclass(frozen=True)
class Label:
    """One text beside the bars."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class Chart:
    """A drawn chart; `columns` and `rows` are its numbers as a table."""

    id: str
    title: str
    summary: str  # the text alternative, one sentence
    height: float
    pieces: tuple[Piece, ...]
    labels: tuple[Label, ...]
    legend: tuple[tuple[str, str], ...]  # (CSS class, name)
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    baseline: float | None = None  # x of a vertical axis


def findings_by_kind(findings: pd.DataFrame) -> Chart | None:
    """Horizontal bars, one a kind, stacked by severity. None without findings."""
    if findings.empty:
        return None
    table = findings.groupby(["kind", "severity"]).size().unstack(fill_value=0)
    table = table.reindex(columns=list(SEVERITIES), fill_value=0)
    table = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    scale = (WIDTH - LABELS - 60) / max(int(table.sum(axis=1).max()), 1)
    pieces, labels, rows = [], [], []
    for place, (kind, counts) in enumerate(table.astype(int).iterrows()):
        y, x, total = place * 26.0, float(LABELS), int(counts.sum())
        labels.append(Label(LABELS - 8, y + 15, words(str(kind)), "end"))
        for severity in SEVERITIES:
            width = int(counts[severity]) * scale
            if width:
                title = f"{words(str(kind))}: {counts[severity]} {severity}"
                pieces.append(Piece(round(x, 1), y + 3, round(max(width, 1), 1), 18, severity, title))
            x += width
        labels.append(Label(round(x, 1) + 6, y + 15, f"{total:,}"))
        rows.append((words(str(kind)), *(f"{counts[severity]:,}" for severity in SEVERITIES), f"{total:,}"))
    top = rows[0]
    return Chart(
        "kinds", "Findings by kind", f"{len(findings):,} findings of {len(rows)} kinds; most are {top[0]} ({top[-1]}).",
        26.0 * len(rows) + 4, tuple(pieces), tuple(labels), tuple((word, word) for word in SEVERITIES),
        ("kind", *SEVERITIES, "all"), tuple(rows),
    )  # fmt: skip


def fulfillments_by_day(fulfillments: pd.DataFrame, findings: pd.DataFrame) -> Chart | None:
    """Upright bars, one a day (or week), those in question above the others. None without live fulfillments."""
    live = fulfillments[(fulfillments["status"] == "SUCCESS") & fulfillments["created_at"].notna()]
    if live.empty:
        return None
    asked = findings.loc[findings["right_fix"].isin(UNDOING), "fulfillment_id"].dropna()
    day = pd.to_datetime(live["created_at"].dt.strftime("%Y-%m-%d").astype("str"))
    counts = pd.DataFrame({"day": day, "asked": live["fulfillment_id"].isin(asked).astype(int), "all": 1})
    counts = counts.groupby("day")[["asked", "all"]].sum().asfreq("D", fill_value=0)
    period = "day"
    earlier = counts.iloc[:-MOST_DAYS]
    if earlier["asked"].any():
        counts, period = counts.resample("W-MON", label="left", closed="left").sum(), "week"
    return _upright(counts.tail(MOST_DAYS), period)


def _upright(counts: pd.DataFrame, period: str) -> Chart:
    tall, step = 150.0, (WIDTH - 40) / len(counts)
    scale, every = tall / max(int(counts["all"].max()), 1), max(1, round(len(counts) / 9))
    pieces, labels, rows = (
        [],
        [Label(34, 18, f"{counts['all'].max():,}", "end"), Label(34, tall + 14, "0", "end")],
        [],
    )
    for place, (moment, asked, whole) in enumerate(counts.itertuples(name=None)):
        x, name = 40 + place * step, f"{moment:%Y-%m-%d}"
        width = round(max(step - 2, 1), 1)
        for series, low, count in (("plain", 0, whole - asked), ("asked", whole - asked, asked)):
            if count:
                y = 14 + tall - (low + count) * scale
                title = f"{name}: {count} {'in question' if series == 'asked' else 'without question'}"
                pieces.append(Piece(round(x, 1), round(y, 1), width, round(count * scale, 1), series, title))
        if place % every == 0:
            labels.append(Label(round(x, 1), tall + 32, f"{moment.day} {moment:%b}"))
        if whole:
            rows.append((name, f"{whole:,}", f"{asked:,}"))
    worst = counts["asked"].idxmax()
    most = f"most on {worst:%Y-%m-%d} ({counts['asked'].max():,})" if counts["asked"].any() else "none"
    since, asked = f"{counts.index[0]:%Y-%m-%d}", f"{counts['asked'].sum():,}"
    summary = f"{counts['all'].sum():,} live fulfillments since {since}, {asked} in question, {most}."
    return Chart(
        "days", f"Fulfillments by {period}", summary, tall + 40, tuple(pieces), tuple(labels),
        (("plain", "without question"), ("asked", "in question")), (period, "all", "in question"), tuple(rows),
    )  # fmt: skip


def variance_by_location(stock: pd.DataFrame) -> Chart | None:
    """Bars to both sides: units missing on the shelf to the left, units too many to the right. None without a count."""
    counted = stock[stock["variance"].notna()]
    if counted.empty:
        return None
    names = counted["location_name"].fillna("?").astype("str")
    variance = counted["variance"].astype("int64")
    sums = (
        pd.DataFrame({"fewer": (-variance).clip(lower=0), "more": variance.clip(lower=0)})
        .groupby(names)
        .sum()
    )
    half, middle = (WIDTH - LABELS) / 2 - 50, LABELS + (WIDTH - LABELS) / 2
    scale = half / max(int(sums.to_numpy().max()), 1)
    pieces, labels, rows = [], [], []
    for place, (name, fewer, more) in enumerate(sums.itertuples(name=None)):
        y = place * 28.0
        labels.append(Label(LABELS - 8, y + 17, shortened(str(name), 24), "end"))
        for series, count, x in (("fewer", fewer, middle - fewer * scale), ("more", more, middle)):
            if count:
                title = f"{name}: {count} units {series} on the shelf than in the system"
                pieces.append(Piece(round(x, 1), y + 4, round(count * scale, 1), 18, series, title))
        labels.append(Label(round(middle - fewer * scale - 6, 1), y + 17, f"−{fewer:,}", "end"))
        labels.append(Label(round(middle + more * scale + 6, 1), y + 17, f"+{more:,}"))
        rows.append((str(name), f"{fewer:,}", f"{more:,}"))
    summary = (
        f"{len(counted):,} places counted at {len(sums)} locations: {sums['fewer'].sum():,} units fewer and"
        f" {sums['more'].sum():,} units more on the shelf than in the system."
    )
    return Chart(
        "variance", "Count against system, by location", summary, 28.0 * len(sums) + 4, tuple(pieces), tuple(labels),
        (("fewer", "fewer on the shelf"), ("more", "more on the shelf")), ("location", "fewer", "more"), tuple(rows),
        baseline=middle,
    )  # fmt: skip


def make_charts(
    findings: pd.DataFrame | None, stock: pd.DataFrame | None, fulfillments: pd.DataFrame | None
) -> Mapping[str, Chart]:
    """The charts for which there are numbers, by id."""
    made: Sequence[Chart | None] = (
        findings_by_kind(findings) if findings is not None else None,
        fulfillments_by_day(fulfillments, findings)
        if fulfillments is not None and findings is not None
        else None,
        variance_by_location(stock) if stock is not None else None,
    )
    return {chart.id: chart for chart in made if chart is not None}


def words(kind: str) -> str:
    """A kind of finding as people write it: "no tracking"."""
    return kind.replace("_", " ") if kind in KINDS else kind


def shortened(text: str, length: int) -> str:
    """At most `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"
