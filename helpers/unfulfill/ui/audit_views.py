"""How the explanations of an audit look: incidents, causes, evidence, and their charts; no decision in any of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from unfulfill.audit import KINDS, Audit
from unfulfill.audit.signals import said_signals
from unfulfill.report import draw_chart, explaining_charts, explanations
from unfulfill.report.chart import Chart
from unfulfill.report.explanations import Explanation
from unfulfill.ui.shown import ROWS, Shown, below, escape, frame_table, say, table, titled

# Colours that read on JupyterLab's light and its dark ground; texts have the theme's own. Beside each colour stands
# an outline, a number or a word.
_STYLE = """<style>
.unfulfill-chart svg { display: block; width: 100%; max-width: 860px; height: auto; margin: 6px 0; }
.unfulfill-chart svg text { fill: var(--jp-content-font-color1, currentColor); font-size: 12px; }
.unfulfill-chart figure { margin: 10px 0; }
.unfulfill-chart figcaption { font-weight: 600; }
.unfulfill-chart figcaption span { display: block; font-weight: 400; }
.unfulfill-chart .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 0; margin: 2px 0; list-style: none; }
.unfulfill-chart .legend svg { display: inline-block; width: .8em; height: .8em; margin: 0 .35em 0 0; }
.unfulfill-chart rect.plain { fill: #7f99aa; } .unfulfill-chart rect.asked { fill: #d0584c; }
.unfulfill-chart rect.more { fill: #3a93b3; } .unfulfill-chart rect.fewer { fill: #c87a45; }
.unfulfill-chart rect.rest { fill-opacity: .12; stroke: #7f99aa; stroke-width: 1.2; stroke-dasharray: 3 2; }
.unfulfill-chart rect.more.rest { stroke: #3a93b3; } .unfulfill-chart rect.fewer.rest { stroke: #c87a45; }
.unfulfill-chart .axis { stroke: #8a8f98; stroke-width: 1; }
.unfulfill-chart td.n, .unfulfill-chart th.n { text-align: right; }
</style>"""


def audit_charts(audit: Audit, fulfillments: pd.DataFrame | None = None) -> Shown:
    """Incidents in time (with the table of fulfillments), count against system, its causes, and the evidence."""
    charts = explaining_charts(audit, fulfillments)
    if not charts:
        return say("There is nothing to draw: no incident, no count and no fulfillment.")
    drawn = "".join(draw_chart(chart) for chart in charts.values())
    text = "\n".join(_told(chart) for chart in charts.values())
    return Shown(f'{_STYLE}<div class="unfulfill-chart">{drawn}</div>', text)


def _told(chart: Chart) -> str:
    return f"\n{chart.title}\n{chart.summary}\n{table(chart.columns, chart.rows).text}"


def incidents_view(audit: Audit, most: int = ROWS) -> Shown:
    """One card an incident: what happened, how large, when, what is advised, and what it explains of a count."""
    incidents = audit.incidents
    if incidents.empty:
        return say("No findings share a cause: each stands alone.")
    cards = [incident_card(row) for row in incidents.head(most).to_dict("records")]
    more = len(incidents) - len(cards)
    end = [say(f"… and {more:,} smaller or less severe incidents.")] if more > 0 else []
    head = say(
        f"{len(incidents):,} incidents. In 3_mark each is a choice of the list Incident, to be marked as a whole."
    )
    return below(head, *cards, *end)


def incident_card(row: Mapping[Any, Any]) -> Shown:
    """One incident: a row of table INCIDENTS."""
    kind, fix = str(row["kind"]), str(row["right_fix"]).replace("_", " ")
    facts = [
        f"{row['severity']} severity",
        f"{row['fulfillments']:,} fulfillments of {row['orders']:,} orders, {row['units']:,} units",
        f"{row['first_at']:%Y-%m-%d %H:%M} to {row['last_at']:%Y-%m-%d %H:%M}",
        str(row["location_name"]) if isinstance(row["location_name"], str) else "several locations",
    ]
    advice = f"Advised: {fix}, because: {KINDS.get(kind, kind)}."
    numbers = f"{row['to_undo']:,} to take back, {row['locked']:,} locked."
    if row["explained"]:
        numbers += f" They explain {row['explained']:,} units of the count's differences."
    lines = [" · ".join(facts), advice, numbers]
    tone = {"high": "#c0392b", "medium": "#d99a00"}.get(str(row["severity"]), "#8a8f98")
    return _card(str(row["incident"]), lines, tone)


def explanation_card(one: Explanation) -> Shown:
    """One explanation of a count's differences."""
    lines = [f"{name}: {text}" for name, text in (("Items", one.where), ("Orders", one.orders)) if text]
    lines += [f"How sure: {one.sure} %."] if one.sure is not None else []
    lines += [f"What fits as well: {one.others}."] if one.others else []
    return _card(one.text, lines, "#8a8f98")


def _card(title: str, lines: Sequence[str], tone: str) -> Shown:
    edge = f"border:1px solid #8a8f98;border-left:5px solid {tone};border-radius:6px"
    style = f"{edge};padding:6px 12px;margin:8px 0 4px;max-width:60em;line-height:1.4"
    body = "".join(f"<div>{escape(line)}</div>" for line in lines)
    markup = f'<div style="{style}"><b>{escape(title)}</b>{body}</div>'
    return Shown(markup, "\n".join([f"\n{title}", *(f"  {line}" for line in lines)]))


def explanations_view(audit: Audit, most: int = ROWS) -> Shown:
    """What accounts for the differences of a count: how sure, what fits as well, and what nothing explains."""
    if audit.stock["variance"].isna().all():
        return say("Nothing was counted, so there is nothing to explain.")
    causes = audit.causes
    sizes = causes["units"].abs().groupby(causes["role"]).sum()
    known, rest = int(sizes.get("chosen", 0)), int(sizes.get("rest", 0))
    if known + rest == 0:
        return say("Shelf and shop agree wherever it was counted.", "good")
    head = say(
        f"Causes were found for {known:,} of {known + rest:,} units of difference; {rest:,} have no explanation.",
        "warn" if rest else "good",
    )
    found, whole = explanations(audit, most)
    rows = [
        (one.text, one.where, one.orders, None if one.sure is None else f"{one.sure} %", one.others, one.rest)
        for one in found
    ]
    more = whole - len(found)
    note = f"… and {more:,} smaller ones." if more > 0 else ""
    headings = [
        "Explanation",
        "Items",
        "Orders",
        "How sure",
        "What fits as well",
        "Units without explanation",
    ]
    return head + table(headings, rows, note, empty="No cause was found for any of them.")


def evidence_view(audit: Audit, fulfillments: pd.DataFrame, most: int = ROWS) -> Shown:
    """The fulfillments that most likely never left, with each signal that says so; locked ones are not among them."""
    evidence = audit.evidence
    free = evidence[(evidence["left"].fillna(0) == 0).astype(bool)]
    if free.empty:
        return say("Every fulfillment has left: there is nothing to suspect.", "good")
    first = free.sort_values("points", ascending=False, kind="stable")
    names = fulfillments.set_index("fulfillment_id")["name"]
    shown = first.head(most)
    told = pd.DataFrame(
        {
            "name": shown["fulfillment_id"].map(names),
            "percent": shown["percent"].astype("str") + " %",
            "signals": ["; ".join(said_signals(row)) for row in _rows(shown)],
        }
    )
    likely = int((free["percent"] >= 50).sum())
    head = say(
        f"{len(free):,} of {len(evidence):,} fulfillments have no carrier's event; {likely:,} of them rather never left"
        " (50 % or more). Ten points make it ten times as likely; the shelf was not asked for this."
    )
    headings = {"name": "Fulfillment", "percent": "Never left", "signals": "Why (points)"}
    more = len(free) - len(shown)
    rest = [say(f"… and {more:,} that are less likely.")] if more > 0 else []
    return titled("The most suspicious", below(head, frame_table(told, headings, most), *rest))


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
