"""How the explanations of an audit look: incidents, causes, evidence, and their charts; no decision in any of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from unfulfill.audit import Audit
from unfulfill.audit.signals import said_signals
from unfulfill.report import draw_chart, explaining_charts, explanations
from unfulfill.report.chart import Chart
from unfulfill.report.explanations import Explanation
from unfulfill.ui.shown import ROWS, Shown, below, escape, frame_table, percent, said_kind, say, table, titled
from unfulfill.words import headings, listed, said, said_word

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
        return say(said("charts.nothing"))
    drawn = "".join(draw_chart(chart) for chart in charts.values())
    text = "\n".join(_told(chart) for chart in charts.values())
    return Shown(f'{_STYLE}<div class="unfulfill-chart">{drawn}</div>', text)


def _told(chart: Chart) -> str:
    return f"\n{chart.title}\n{chart.summary}\n{table(chart.columns, chart.rows).text}"


def incidents_view(audit: Audit, most: int = ROWS) -> Shown:
    """One card an incident: what happened, how large, when, what is advised, and what it explains of a count."""
    incidents = audit.incidents
    if incidents.empty:
        return say(said("incidents.none"))
    cards = [incident_card(row) for row in incidents.head(most).to_dict("records")]
    more = len(incidents) - len(cards)
    end = [say(said("incidents.more", count=more))] if more > 0 else []
    return below(say(said("incidents.found", count=len(incidents))), *cards, *end)


def incident_card(row: Mapping[Any, Any]) -> Shown:
    """One incident: a row of table INCIDENTS."""
    place = row["location_name"]
    facts = [
        said("incidents.severity", severity=said_word(row["severity"])),
        said("incidents.size", count=row["fulfillments"], orders=row["orders"], units=row["units"]),
        said("incidents.time", first=row["first_at"], last=row["last_at"]),
        place if isinstance(place, str) else said("incidents.several_locations"),
    ]
    advice = said("incidents.advice", fix=said_word(row["right_fix"]), why=said_kind(row["kind"]))
    numbers = said("incidents.numbers", count=row["to_undo"], locked=row["locked"])
    if row["explained"]:
        numbers += " " + said("incidents.explain", count=row["explained"])
    lines = [" · ".join(facts), advice, numbers]
    tone = {"high": "#c0392b", "medium": "#d99a00"}.get(str(row["severity"]), "#8a8f98")
    return _card(str(row["incident"]), lines, tone)


def explanation_card(one: Explanation) -> Shown:
    """One explanation of a count's differences."""
    lines = [said("explanations.items", text=one.where)] if one.where else []
    lines += [said("explanations.orders", text=one.orders)] if one.orders else []
    lines += [said("explanations.sure", percent=one.sure)] if one.sure is not None else []
    lines += [said("explanations.others", text=one.others)] if one.others else []
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
        return say(said("explanations.not_counted"))
    causes = audit.causes
    sizes = causes["units"].abs().groupby(causes["role"]).sum()
    known, rest = int(sizes.get("chosen", 0)), int(sizes.get("rest", 0))
    if known + rest == 0:
        return say(said("explanations.agree"), "good")
    text = said("explanations.found", known=known, all=known + rest, count=rest)
    head = say(text, "warn" if rest else "good")
    found, whole = explanations(audit, most)
    rows = [(one.text, one.where, one.orders, percent(one.sure), one.others, one.rest) for one in found]
    more = whole - len(found)
    note = said("explanations.more", count=more) if more > 0 else ""
    columns = headings("explanation", "items", "orders", "how_sure", "fits_as_well", "unexplained")
    return head + table(columns, rows, note, empty=said("explanations.none"))


def evidence_view(audit: Audit, fulfillments: pd.DataFrame, most: int = ROWS) -> Shown:
    """The fulfillments that most likely never left, with each signal that says so; locked ones are not among them."""
    evidence = audit.evidence
    free = evidence[(evidence["left"].fillna(0) == 0).astype(bool)]
    if free.empty:
        return say(said("evidence.none"), "good")
    first = free.sort_values("points", ascending=False, kind="stable")
    names = fulfillments.set_index("fulfillment_id")["name"]
    shown = first.head(most)
    told = pd.DataFrame(
        {
            "name": shown["fulfillment_id"].map(names),
            "percent": shown["percent"].map(percent),
            "signals": [listed(said_signals(row)) for row in _rows(shown)],
        }
    )
    likely = int((free["percent"] >= 50).sum())
    head = say(said("evidence.found", count=len(free), all=len(evidence), likely=likely))
    columns = {"name": "fulfillment", "percent": "never_left", "signals": "why_points"}
    more = len(free) - len(shown)
    rest = [say(said("evidence.more", count=more))] if more > 0 else []
    return titled(said("evidence.title"), below(head, frame_table(told, columns, most), *rest))


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
