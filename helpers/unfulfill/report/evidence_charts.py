"""Charts of fulfillments: when incidents happened, and how likely each fulfillment never left."""

from typing import Any

import pandas as pd

from unfulfill.report.chart import LABELS, WIDTH, Chart, Label, Piece, shortened
from unfulfill.words import day, day_of_year, number, said

MOST_BARS = 62  # days, or weeks where days are too many
MOST_LANES = 10  # incidents drawn below the days, the first of the table
TALL = 110.0


def incidents_by_day(fulfillments: pd.DataFrame, incidents: pd.DataFrame) -> Chart | None:
    """Fulfillments a day (or week) above, and below a line an incident, from first to last. None without incidents."""
    timed = incidents[incidents["first_at"].notna() & incidents["last_at"].notna()].head(MOST_LANES)
    made = fulfillments["created_at"].dropna()
    if timed.empty or made.empty:
        return None
    first, last = timed["first_at"].min().floor("D"), timed["last_at"].max().floor("D")
    days = pd.to_datetime(made.dt.strftime("%Y-%m-%d").astype("str")).value_counts()
    first, last = first.tz_localize(None), last.tz_localize(None)
    counts = days.sort_index()[first - pd.Timedelta(days=7) : last + pd.Timedelta(days=7)].asfreq(
        "D", fill_value=0
    )
    period, length = "day", 1
    if len(counts) > MOST_BARS:
        counts = counts.resample("W-MON", label="left", closed="left").sum()
        period, length = "week", 7
    counts = counts.tail(MOST_BARS)
    step = (WIDTH - 40) / len(counts)
    pieces, labels = _bars(counts, step)
    for lane, row in enumerate(timed.to_dict("records")):
        more_pieces, label = _lane(row, lane, counts.index[0], step / length)
        pieces.append(more_pieces)
        labels.append(label)
    rows = tuple(
        (
            row["incident"],
            day(row["first_at"]),
            day(row["last_at"]),
            number(row["fulfillments"]),
        )
        for row in timed.to_dict("records")
    )
    largest = timed.sort_values("fulfillments", ascending=False, kind="stable").iloc[0]
    key = "chart.incidents_first" if len(timed) < len(incidents) else "chart.incidents_summary"
    summary = said(
        key, count=len(incidents), first=day(first), last=day(last), drawn=len(timed), largest=largest["incident"],
        number=largest["fulfillments"],
    )  # fmt: skip
    return Chart(
        "incidents", said(f"chart.incidents_by_{period}"), summary, TALL + 40 + 34 * len(timed),
        tuple(pieces), tuple(labels), (("plain", said("chart.every")), ("asked", said("chart.an_incident"))),
        tuple(said(f"chart.{name}") for name in ("incident", "first", "last", "fulfillments")), rows,
    )  # fmt: skip


def _bars(counts: pd.Series, step: float) -> tuple[list[Piece], list[Label]]:
    most, every = max(int(counts.max()), 1), max(1, round(len(counts) / 9))
    pieces = []
    labels = [Label(34, 18, number(most), "end"), Label(34, TALL + 14, "0", "end")]
    for place, (moment, made) in enumerate(zip(pd.DatetimeIndex(counts.index), counts, strict=True)):
        x, height = 40 + place * step, round(int(made) * TALL / most, 1)
        if made:
            title = said("chart.day_made", day=day(moment), count=int(made))
            width = round(max(step - 2, 1), 1)
            pieces.append(Piece(round(x, 1), round(14 + TALL - height, 1), width, height, "plain", title))
        if place % every == 0 and x < WIDTH - 40:
            labels.append(Label(round(x, 1), TALL + 30, day_of_year(moment)))
    return pieces, labels


def _lane(row: dict[Any, Any], lane: int, start: pd.Timestamp, a_day: float) -> tuple[Piece, Label]:
    ends = [pd.Timestamp(str(row[name])).tz_convert(None) for name in ("first_at", "last_at")]
    x, end = (
        40 + max(0.0, ((at - start).floor("D").days + more) * a_day)
        for at, more in zip(ends, (0, 1), strict=True)
    )
    y, name = TALL + 40 + 34.0 * lane, str(row["incident"])
    title = said("chart.lane", name=name, count=row["fulfillments"], first=day(ends[0]), last=day(ends[1]))
    is_left = x < WIDTH / 2
    label = Label(
        round(x if is_left else max(end, x + 4), 1),
        y + 13,
        shortened(name, 84),
        "start" if is_left else "end",
    )
    return Piece(round(x, 1), y + 18, round(max(end - x, 4), 1), 7, "asked", title), label


def evidence_histogram(evidence: pd.DataFrame) -> Chart | None:
    """How many fulfillments have which probability of never having left, in tens. None without evidence.

    Locked ones, which left for certain, stand apart.
    """
    if evidence.empty:
        return None
    locked = (evidence["left"].fillna(0) != 0).astype(bool)
    tens = (evidence.loc[~locked, "percent"].astype("int64") // 10).clip(0, 9).value_counts()
    bars = [(said("chart.locked"), "plain rest", int(locked.sum()))]
    bars += [
        (
            said("chart.percents", low=ten * 10, high=ten * 10 + 9 + (ten == 9)),
            "asked" if ten >= 5 else "plain",
            int(tens.get(ten, 0)),
        )
        for ten in range(10)
    ]
    scale = (WIDTH - LABELS - 70) / max(max(count for _, _, count in bars), 1)
    pieces, labels = [], []
    for place, (name, series, count) in enumerate(bars):
        y, width = place * 22.0 + (6 if place else 0), max(count * scale, 1)
        if count:
            title = said("chart.day_made", day=name, count=count)
            pieces.append(Piece(float(LABELS), y + 3, round(width, 1), 16, series, title))
        labels.append(Label(LABELS - 8, y + 15, name, "end"))
        labels.append(Label(round(LABELS + (width if count else 0) + 6, 1), y + 15, number(count)))
    likely = sum(count for _, series, count in bars if series == "asked")
    summary = said("chart.evidence_summary", all=len(evidence), locked=int(locked.sum()), likely=likely)
    return Chart(
        "evidence", said("chart.evidence"), summary, 22.0 * len(bars) + 12, tuple(pieces), tuple(labels),
        (("asked", said("chart.never_left")), ("plain", said("chart.left")), ("plain rest", said("chart.outline"))),
        (said("chart.probability"), said("chart.fulfillments")),
        tuple((name, number(count)) for name, _, count in bars),
        baseline=float(LABELS),
    )  # fmt: skip
