"""Charts of a count: how far the shelf is from the shop, and by which causes."""

import pandas as pd

from unfulfill.audit.attribution import CAUSE_WORDS
from unfulfill.report.chart import LABELS, WIDTH, Chart, Label, Piece, shortened
from unfulfill.words import number, said, said_word, signed

CAUSES_WIDTH = 300  # for the names of causes, left of the bars
NO_CAUSE = "unexplained"
SIDES = (("fewer", -1), ("more", 1))


def variance_by_location(stock: pd.DataFrame) -> Chart | None:
    """Bars to both sides: units missing on the shelf to the left, units too many to the right. None without a count.

    The explained part of each is filled, the rest is only an outline.
    """
    counted = stock[stock["variance"].notna()]
    if counted.empty:
        return None
    sums = _by_location(counted)
    half, middle = (WIDTH - LABELS) / 2 - 50, LABELS + (WIDTH - LABELS) / 2
    scale = half / max(int(sums[["fewer", "more"]].to_numpy().max()), 1)
    pieces, labels, rows = [], [], []
    for place, (name, row) in enumerate(zip(sums.index, sums.to_dict("records"), strict=True)):
        y, ends = place * 28.0, {}
        labels.append(Label(LABELS - 8, y + 17, shortened(str(name), 24), "end"))
        for side, sign in SIDES:
            known, whole = row[f"{side}_known"], row[side]
            for series, low, units, what in (
                (side, 0, known, "explained"),
                (f"{side} rest", known, whole - known, NO_CAUSE),
            ):
                x = middle + (low if sign > 0 else -low - units) * scale
                title = said(f"chart.{side}_{what}", name=name, count=units)
                if units:
                    pieces.append(Piece(round(x, 1), y + 4, round(units * scale, 1), 18, series, title))
            ends[side] = middle + sign * (whole * scale + 6)
        labels.append(Label(round(ends["fewer"], 1), y + 17, signed(-row["fewer"]), "end"))
        labels.append(Label(round(ends["more"], 1), y + 17, signed(row["more"])))
        rows.append((str(name), *(number(row[column]) for column in sums.columns)))
    total, (known, _) = sums.sum(), _units_with_cause(counted)
    summary = said(
        "chart.variance_summary", count=len(counted), locations=len(sums), fewer=total["fewer"], more=total["more"],
        known=known,
    )  # fmt: skip
    return Chart(
        "variance", said("chart.variance"), summary, 28.0 * len(sums) + 6, tuple(pieces), tuple(labels),
        tuple((series, said(f"chart.side_{series.replace(' ', '_')}"))
              for series in ("fewer", "fewer rest", "more", "more rest")),
        tuple(said(f"chart.{name}") for name in ("location", "fewer", "explained", "more", "explained")),
        tuple(rows), baseline=middle,
    )  # fmt: skip


def _by_location(counted: pd.DataFrame) -> pd.DataFrame:
    """Units fewer and more, and of both the explained ones, by location name."""
    variance = counted["variance"].astype("int64")
    explained = counted["explained"].fillna(0).astype("int64")
    columns = {}
    for side, sign in SIDES:
        whole = (sign * variance).clip(lower=0)
        columns[side] = whole
        columns[f"{side}_known"] = (sign * explained).clip(lower=0, upper=whole)
    names = counted["location_name"].fillna("?").astype("str")
    return pd.DataFrame(columns).groupby(names).sum()


def _units_with_cause(counted: pd.DataFrame) -> tuple[int, int]:
    """Of the units by which places differ, those with a cause, and all. Both charts say the same numbers."""
    total = _by_location(counted).sum()
    return int(total["fewer_known"] + total["more_known"]), int(total["fewer"] + total["more"])


def explained_steps(stock: pd.DataFrame, causes: pd.DataFrame) -> Chart | None:
    """From the system's units to the counted ones: a step a cause, and what nothing explains. None without a count.

    A cause that adds units at one place and takes them at another makes two steps.
    """
    counted = stock[stock["variance"].notna()]
    if counted.empty:
        return None
    system, shelf = (int(counted[column].fillna(0).sum()) for column in ("on_hand", "counted"))
    steps = _steps(causes, int(counted["variance"].sum()))
    levels = [system]
    for _, units in steps:
        levels.append(levels[-1] + units)
    low, high = min(levels), max(levels)
    start = max(0, low - max((high - low) // 4, 1)) if low > 2 * (high - low) else min(0, low)
    scale = (WIDTH - CAUSES_WIDTH - 70) / max(high - start, 1)
    bars = [(said("chart.in_system"), "plain", start, system, number(system))]
    for (name, units), before in zip(steps, levels, strict=False):
        series = ("more" if units > 0 else "fewer") + (" rest" if name == NO_CAUSE else "")
        named = said("chart.no_cause") if name == NO_CAUSE else name
        bars.append((named, series, before, before + units, signed(units)))
    bars.append((said("chart.counted"), "plain", start, shelf, number(shelf)))
    pieces, labels = [], []
    for place, (name, series, one, other, units_said) in enumerate(bars):
        y, left, right = place * 26.0, min(one, other), max(one, other)
        x, width = CAUSES_WIDTH + (left - start) * scale, max((right - left) * scale, 1)
        title = said("chart.step_units", name=name, number=units_said)
        pieces.append(Piece(round(x, 1), y + 4, round(width, 1), 17, series, title))
        labels.append(Label(CAUSES_WIDTH - 8, y + 17, name, "end"))
        labels.append(Label(round(x + width + 6, 1), y + 17, units_said))
    begins = " " + said("chart.begin", number=start) if start > 0 else ""
    known, whole = _units_with_cause(counted)
    summary = said("chart.steps_summary", system=system, shelf=shelf, known=known, all=whole) + begins
    return Chart(
        "steps", said("chart.steps"), summary, 26.0 * len(bars) + 6, tuple(pieces), tuple(labels),
        (("more", said("chart.more")), ("fewer", said("chart.fewer")), ("more rest", said("chart.rest"))),
        (said("chart.step"), said("chart.units")), tuple((name, units) for name, _, _, _, units in bars),
        baseline=CAUSES_WIDTH,
    )  # fmt: skip


def cause_words(cause: str) -> str:
    """A cause as people say it."""
    return said_word(cause, CAUSE_WORDS.get(cause, ""), of="cause")


def _steps(causes: pd.DataFrame, difference: int) -> list[tuple[str, int]]:
    """(cause in words, signed units), the largest first; then what has no cause, so that all make `difference`."""
    told = causes[causes["role"] != "alternative"]
    named = told.assign(
        name=told["cause"].map(cause_words).where(told["role"] == "chosen", NO_CAUSE),
        is_more=told["units"] > 0,
        units=told["units"].astype("int64"),
    )
    sums = named.groupby(["name", "is_more"], as_index=False)["units"].sum()
    every = list(zip(sums["name"].astype("str"), sums["units"].astype("int64").tolist(), strict=True))
    steps = sorted((step for step in every if step[0] != NO_CAUSE), key=lambda step: -abs(step[1]))
    rest = [step for step in every if step[0] == NO_CAUSE]
    left = difference - sum(n for _, n in [*steps, *rest])
    return [*steps, *rest, *([(NO_CAUSE, left)] if left else [])]
