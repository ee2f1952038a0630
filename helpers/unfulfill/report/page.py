"""report.html: one page without scripts or anything from elsewhere, readable offline and on paper."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from unfulfill.audit import KINDS
from unfulfill.audit.findings import SEVERITIES, UNDOING
from unfulfill.report.cases import Case, make_cases
from unfulfill.report.charts import make_charts, words
from unfulfill.report.data import ReportData
from unfulfill.report.summary import make_headline, make_tiles, result_counts, skip_groups

MOST_ROWS = 2_000  # of a table; browsers stay quick, and results.xlsx has every row
MOST_INCIDENTS = 100
MOST_VARIANCES = 30


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
    """The page's HTML. Whatever comes from the shop is escaped; personal data is not in it."""
    cases = make_cases(data.plan, data.outcomes, data.verdicts) if data.plan else []
    return _template().render(
        data=data,
        headline=make_headline(data, cases),
        tiles=make_tiles(data, cases),
        kinds=_kinds(data.findings),
        incidents=_incidents(data.findings),
        charts=make_charts(data.findings, data.stock, data.fulfillments),
        variances=_variances(data.stock),
        cases=cases[:MOST_ROWS],
        case_count=len(cases),
        skips=list(data.plan.skips[:MOST_ROWS]) if data.plan else [],
        skip_groups=skip_groups(data.plan.skips) if data.plan else [],
        results=result_counts(data),
        stock_rows=data.stock_moved or (),
        stock_off=sum(not row.agrees for row in data.stock_moved or ()),
        reversibility=_reversibility(cases),
        most_rows=MOST_ROWS,
    )


@cache
def _template() -> jinja2.Template:
    folder = Path(__file__).with_name("templates")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["reasons"] = lambda reason: ", ".join(words(part) for part in reason.split(", "))
    environment.filters["signed"] = lambda number: f"{number:+,d}" if number else "0"
    environment.filters["moment"] = lambda at: f"{at:%Y-%m-%d %H:%M} UTC"
    return environment.get_template("report.html.j2")


def _kinds(findings: pd.DataFrame | None) -> list[KindRow]:
    if findings is None:
        return []
    rows = []
    for kind, group in findings.groupby("kind", sort=False):
        advised = group["right_fix"].isin(UNDOING) & group["fulfillment_id"].notna()
        rows.append(
            KindRow(
                kind=words(str(kind)),
                meaning=KINDS.get(str(kind), ""),
                findings=len(group),
                advised=int(advised.sum()),
                left=int((~advised).sum()),
                severity=min(group["severity"], key=SEVERITIES.index),
            )
        )
    return rows


def _incidents(findings: pd.DataFrame | None) -> list[tuple[str, str, int, int]]:
    """(incident, kind, fulfillments, of those to be taken back), the largest first."""
    if findings is None:
        return []
    named = findings[findings["incident"].notna()]
    named = named.assign(advised=named["right_fix"].isin(UNDOING).astype(int))
    sizes = named.groupby(["incident", "kind"]).agg(size=("finding_id", "size"), advised=("advised", "sum"))
    sizes = sizes.sort_values(["advised", "size"], ascending=False, kind="stable").head(MOST_INCIDENTS)
    return [
        (str(incident), words(str(kind)), int(size), int(advised))
        for (incident, kind), size, advised in sizes.itertuples(name=None)
    ]


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


def _reversibility(cases: list[Case]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for case in cases:
        counts[case.reversibility] = counts.get(case.reversibility, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])
