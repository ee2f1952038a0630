"""Charts as numbers: what the template draws as inline SVG, with the same numbers in words."""

from collections.abc import Mapping, Sequence

import pandas as pd

from unfulfill.audit import KINDS, Audit
from unfulfill.audit.findings import SEVERITIES, UNDOING
from unfulfill.report.chart import LABELS, WIDTH, Chart, Label, Piece
from unfulfill.report.evidence_charts import evidence_histogram, incidents_by_day
from unfulfill.report.stock_charts import explained_steps, variance_by_location
from unfulfill.words import day, day_of_year, number, said, said_word

MOST_DAYS = 62  # days or weeks drawn; by week where something older is in question


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
                title = said(
                    "chart.of_kind",
                    kind=words(str(kind)),
                    count=int(counts[severity]),
                    severity=said_word(severity),
                )
                pieces.append(Piece(round(x, 1), y + 3, round(max(width, 1), 1), 18, severity, title))
            x += width
        labels.append(Label(round(x, 1) + 6, y + 15, number(total)))
        rows.append((words(str(kind)), *(number(counts[severity]) for severity in SEVERITIES), number(total)))
    top = rows[0]
    return Chart(
        "kinds", said("chart.kinds"),
        said("chart.kinds_summary", count=len(findings), kinds=len(rows), top=top[0], of_top=top[-1]),
        26.0 * len(rows) + 4, tuple(pieces), tuple(labels), tuple((word, said_word(word)) for word in SEVERITIES),
        (said("chart.kind"), *map(said_word, SEVERITIES), said("chart.all")), tuple(rows),
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
        [Label(34, 18, number(counts["all"].max()), "end"), Label(34, tall + 14, "0", "end")],
        [],
    )
    for place, (moment, asked, whole) in enumerate(counts.itertuples(name=None)):
        x, name = 40 + place * step, day(moment)
        width = round(max(step - 2, 1), 1)
        for series, low, count in (("plain", 0, whole - asked), ("asked", whole - asked, asked)):
            if count:
                y = 14 + tall - (low + count) * scale
                title = said(f"chart.day_{series}", day=name, count=count)
                pieces.append(Piece(round(x, 1), round(y, 1), width, round(count * scale, 1), series, title))
        if place % every == 0:
            labels.append(Label(round(x, 1), tall + 32, day_of_year(moment)))
        if whole:
            rows.append((name, number(whole), number(asked)))
    worst = counts["asked"].idxmax()
    most = (
        said("chart.most_on", day=day(worst), number=counts["asked"].max())
        if counts["asked"].any()
        else said("chart.none")
    )
    summary = said(
        "chart.days_summary",
        count=counts["all"].sum(),
        since=day(counts.index[0]),
        asked=counts["asked"].sum(),
        most=most,
    )
    return Chart(
        "days", said(f"chart.by_{period}"), summary, tall + 40, tuple(pieces), tuple(labels),
        (("plain", said("chart.plain")), ("asked", said("chart.asked"))),
        (said(f"chart.{period}"), said("chart.all"), said("chart.asked")), tuple(rows),
    )  # fmt: skip


def make_charts(audit: Audit | None, fulfillments: pd.DataFrame | None) -> Mapping[str, Chart]:
    """The charts for which there are numbers, by id."""
    if audit is None:
        return {}
    made: list[Chart | None] = [findings_by_kind(audit.findings)]
    if fulfillments is not None:
        made.append(fulfillments_by_day(fulfillments, audit.findings))
    made.extend(explaining_charts(audit, fulfillments).values())
    return {chart.id: chart for chart in made if chart is not None}


def explaining_charts(audit: Audit, fulfillments: pd.DataFrame | None = None) -> Mapping[str, Chart]:
    """What explains the stock and the evidence: incidents in time, variances, their causes, and probabilities."""
    made: Sequence[Chart | None] = (
        incidents_by_day(fulfillments, audit.incidents) if fulfillments is not None else None,
        variance_by_location(audit.stock),
        explained_steps(audit.stock, audit.causes),
        evidence_histogram(audit.evidence),
    )
    return {chart.id: chart for chart in made if chart is not None}


def words(kind: str) -> str:
    """A kind of finding as people write it: "no tracking"."""
    return said_word(kind, of="kind_name") if kind in KINDS else kind
