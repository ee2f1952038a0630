"""report.html: one page without scripts or anything from elsewhere, readable offline and on paper."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from unfulfill.audit import KINDS, Audit
from unfulfill.audit.findings import SEVERITIES, UNDOING
from unfulfill.report.cases import Case, make_cases
from unfulfill.report.chart import Chart
from unfulfill.report.charts import make_charts, words
from unfulfill.report.data import AUDITED, ReportData
from unfulfill.report.evidence_texts import evidence_texts
from unfulfill.report.explanations import explanations
from unfulfill.report.follow_up import counted, follow_up
from unfulfill.report.redacting import FULL, INITIALS, NONE, Cut, cutting
from unfulfill.report.speaking import Speaking, on_page
from unfulfill.report.summary import make_headline, make_tiles, result_counts, skip_groups
from unfulfill.words import language, moment, number, said, said_word, signed

# Bytes of the long tables, so that the page stays under 3 MB; results.xlsx has every row.
MOST_ROWS = 2_720_000  # of all of them: ten thousand changes as they are usual
MOST_SKIPS = MOST_STOCK = 350_000  # of these, so that changes have most of the page
MOST_INCIDENTS = 100
MOST_VARIANCES = 30
MOST_EXPLANATIONS = 30
MOST_TASKS = 200

LEVEL_TEXTS = {
    NONE: "Customers: none is named here, and of tracking numbers only the last four characters are shown.",
    INITIALS: "Customers: by their initials; of tracking numbers only the last four characters are shown.",
    FULL: "Customers: by name and city, with tracking numbers in full. This page is not for sharing.",
}


@dataclass(frozen=True)
class KindRow:
    """Findings of one kind."""

    kind: str
    meaning: str
    findings: int
    advised: int  # fulfillments that should be taken back or asked for
    left: int  # findings about parcels that left, or without a fix
    severity: str  # the worst


def render_report(data: ReportData) -> str:
    """The page's HTML. Whatever comes from the shop is escaped; of customers it says what `data.customers` has."""
    cut = None if data.customers.level == FULL else Cut(_tracking_numbers(data))
    if cut is not None and data.incidents is not None:  # before charts shorten them
        data = replace(data, incidents=data.incidents.assign(incident=data.incidents["incident"].map(cut)))
    cases = make_cases(data.plan, data.outcomes, data.verdicts, evidence_texts(data)) if data.plan else []
    audit = _audit(data)
    explained, explained_in_all = explanations(audit, MOST_EXPLANATIONS) if audit else ([], 0)
    tasks = follow_up(data)
    rows: Any = (
        page_environment().get_template("rows.html.j2").make_module({"cut": cut, "customers": data.customers})
    )
    skip_rows = _fitting(rows.skip_row, data.plan.skips if data.plan else (), MOST_SKIPS)
    stock_rows = _fitting(rows.stock_row, data.stock_moved or (), MOST_STOCK)
    taken = sum(len(row.encode()) for row in (*skip_rows, *stock_rows))
    return _template().render(
        data=data,
        cut=cut,
        level_text=on_page(LEVEL_TEXTS[data.customers.level]),
        tasks=tasks[:MOST_TASKS],
        task_count=len(tasks),
        task_groups=counted(tasks),
        headline=make_headline(data, cases),
        tiles=make_tiles(data, cases),
        kinds=_kinds(data.findings),
        incidents=_incidents(data.incidents),
        incident_count=len(data.incidents) if data.incidents is not None else 0,
        explanations=explained,
        explanation_count=explained_in_all,
        charts=make_charts(audit, data.fulfillments),
        variances=_variances(data.stock),
        rows=rows,
        case_rows=_fitting(rows.case_row, cases, MOST_ROWS - taken),
        case_count=len(cases),
        skip_rows=skip_rows,
        skip_groups=skip_groups(data.plan.skips) if data.plan else [],
        results=result_counts(data),
        stock_rows=stock_rows,
        stock_count=len(data.stock_moved or ()),
        stock_off=sum(not row.agrees for row in data.stock_moved or ()),
        reversibility=_reversibility(cases),
    )


def _fitting(draw: Callable[[Any], Markup], rows: Sequence[Any], most_bytes: int) -> list[Markup]:
    """The first rows as HTML, as many as fit."""
    drawn: list[Markup] = []
    for row in map(draw, rows):
        most_bytes -= len(row.encode())
        if most_bytes < 0:
            break
        drawn.append(row)
    return drawn


def draw_chart(chart: Chart) -> str:
    """One chart as HTML with inline SVG, escaped; its colours are those of the page around it."""
    made = page_environment().get_template("chart.html.j2").make_module()
    return str(made.draw(chart))  # type: ignore[attr-defined]


def _template() -> jinja2.Template:
    return page_environment().get_template("report.html.j2")


def page_environment(spoken: str = "") -> jinja2.Environment:
    """The templates of pages, in the operator's language or another: whatever comes from the shop is escaped."""
    return _environment(spoken or language())


@cache
def _environment(spoken: str) -> jinja2.Environment:
    folder = Path(__file__).with_name("templates")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=cutting,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Speaking],
    )
    environment.extend(spoken=spoken)
    environment.filters["reasons"] = lambda reason: ", ".join(words(part) for part in reason.split(", "))
    environment.filters |= {
        "word": partial(said_word, language=spoken),
        "page": partial(on_page, language=spoken),
        "number": lambda value: number(value) if spoken == language() else f"{value:,}",
    }
    environment.filters["signed"] = lambda value: signed(value) if value else "0"
    environment.filters["percent"] = lambda value: said("limit.percent", number=value)
    environment.filters["moment"] = lambda at: f"{moment(at)} UTC"
    return environment


def _kinds(findings: pd.DataFrame | None) -> list[KindRow]:
    if findings is None:
        return []
    rows = []
    for kind, group in findings.groupby("kind", sort=False):
        advised = group["right_fix"].isin(UNDOING) & group["fulfillment_id"].notna()
        rows.append(
            KindRow(
                kind=words(str(kind)),
                meaning=said_word(str(kind), KINDS.get(str(kind), ""), of="kind"),
                findings=len(group),
                advised=int(advised.sum()),
                left=int((~advised).sum()),
                severity=min(group["severity"], key=SEVERITIES.index),
            )
        )
    return rows


def _audit(data: ReportData) -> Audit | None:
    """What the audit found, as far as the run has it."""
    if data.findings is None or data.stock is None:
        return None
    found = {name: part for name in AUDITED if (part := getattr(data, name)) is not None}
    return Audit(**found)


def _incidents(incidents: pd.DataFrame | None) -> list[dict[Any, Any]]:
    """The first rows of INCIDENTS, with kind and fix in words."""
    if incidents is None:
        return []
    rows: list[dict[Any, Any]] = incidents.head(MOST_INCIDENTS).to_dict("records")
    return [{**row, "kind": words(row["kind"]), "right_fix": said_word(row["right_fix"])} for row in rows]


def _variances(stock: pd.DataFrame | None) -> list[dict[Any, Any]]:
    """The largest differences between count and system."""
    if stock is None:
        return []
    off = stock[(stock["variance"].fillna(0) != 0).astype(bool)]
    largest = off["variance"].astype("int64").abs().sort_values(ascending=False, kind="stable")
    shown = off.loc[largest.index[:MOST_VARIANCES]]
    shown = shown.assign(
        item=shown["sku"].fillna("").mask(shown["sku"].fillna("") == "", shown["item_name"].fillna("?"))
    )
    columns = [
        "item",
        "location_name",
        "on_hand",
        "counted",
        "variance",
        "fulfilled_units",
        "units_in_question",
    ]
    rows: list[dict[Any, Any]] = shown[columns].to_dict("records")
    return rows


def _tracking_numbers(data: ReportData) -> Iterator[str]:
    """The numbers that the page may have to say, as written and as the audit compares them."""
    for change in data.plan.changes if data.plan else ():
        for state in (change.before, change.action):
            yield from getattr(getattr(state, "tracking", None), "numbers", ())
    if data.fulfillments is not None and data.findings is not None:
        found = data.fulfillments["fulfillment_id"].isin(data.findings["fulfillment_id"].dropna())
        for numbers in data.fulfillments.loc[found, "tracking_numbers"].dropna():
            for number in str(numbers).split(","):
                yield from (number, re.sub(r"[\s-]", "", number.upper()))


def _reversibility(cases: list[Case]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for case in cases:
        counts[case.reversibility] = counts.get(case.reversibility, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])
