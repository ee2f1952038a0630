"""The charts that explain an audit, against small audits whose numbers are known."""

import html

import pandas as pd
import pytest
from builders import NOW, SHOP, WAREHOUSE, fulfillment, gid, level, make_tables, order, quiet

from unfulfill.audit import Audit, audit_shop
from unfulfill.report.chart import Chart
from unfulfill.report.charts import explaining_charts
from unfulfill.report.evidence_charts import evidence_histogram, incidents_by_day
from unfulfill.report.page import draw_chart
from unfulfill.report.stock_charts import explained_steps, variance_by_location
from unfulfill.tables import CAUSES, EVIDENCE, FULFILLMENTS, INCIDENTS, STOCK, make_table


def stock(*rows: tuple[str, int, int | None, int]) -> pd.DataFrame:
    """Rows of (location name, on hand, counted, explained)."""
    return make_table(
        STOCK,
        {
            "inventory_item_id": [gid("InventoryItem", n) for n in range(len(rows))],
            "location_id": [WAREHOUSE] * len(rows),
            "location_name": [row[0] for row in rows],
            "on_hand": [row[1] for row in rows],
            "counted": [row[2] for row in rows],
            "variance": [None if row[2] is None else row[2] - row[1] for row in rows],
            "explained": [row[3] for row in rows],
        },
    )


def causes(*rows: tuple[str, str, int]) -> pd.DataFrame:
    """Rows of (role, cause, units)."""
    roles, words, units = zip(*rows, strict=True)
    return make_table(CAUSES, {"role": roles, "cause": words, "units": units})


def incident(name: str, first: str, last: str, size: int) -> dict[str, object]:
    at = {"first_at": pd.Timestamp(first, tz="UTC"), "last_at": pd.Timestamp(last, tz="UTC")}
    return {"incident": name, "fulfillments": size, **at}


def shown(chart: Chart | None) -> Chart:
    assert chart is not None
    return chart


def test_the_variance_of_a_location_is_split_into_what_is_explained_and_the_rest() -> None:
    table = stock(
        ("Shop", 10, 8, -1), ("Warehouse", 10, 17, 5), ("Warehouse", 5, 5, 0), ("Warehouse", 1, None, 0)
    )

    chart = shown(variance_by_location(table))

    assert chart.rows == (("Shop", "2", "1", "0", "0"), ("Warehouse", "0", "0", "7", "5"))
    assert [(piece.series, piece.title.rsplit(", ", 1)[1]) for piece in chart.pieces] == [
        ("fewer", "explained"),
        ("fewer rest", "unexplained"),
        ("more", "explained"),
        ("more rest", "unexplained"),
    ]
    assert chart.summary == (
        "3 places counted at 2 locations: 2 units fewer and 7 more on the shelf than in the system;"
        " a cause was found for 6 of them."
    )


def test_the_steps_lead_from_the_system_to_the_count_and_alternatives_are_none_of_them() -> None:
    table = stock(("Shop", 10, 7, -2), ("Warehouse", 10, 17, 6))
    found = causes(
        ("chosen", "left_elsewhere", -2), ("chosen", "left_elsewhere", 2), ("chosen", "still_on_shelf", 4),
        ("alternative", "pack_size", 7), ("rest", "unexplained", 1), ("rest", "unexplained", -1),
    )  # fmt: skip

    chart = shown(explained_steps(table, found))

    assert chart.rows == (
        ("in the system", "20"),
        ("fulfilled and still on the shelf", "+4"),
        ("fulfilled from one location and sent from another", "−2"),
        ("fulfilled from one location and sent from another", "+2"),
        ("unexplained", "−1"),
        ("unexplained", "+1"),
        ("counted", "24"),
    )
    assert "causes were found for 8 of 10 units of difference" in chart.summary


def test_both_charts_of_a_count_say_the_same_numbers_where_causes_of_a_place_offset_each_other() -> None:
    table = stock(("Shop", 10, 13, 3), ("Warehouse", 10, 6, -1))
    found = causes(
        ("chosen", "still_on_shelf", 5), ("chosen", "left_elsewhere", -2), ("chosen", "left_elsewhere", -1),
        ("rest", "unexplained", -3),
    )  # fmt: skip

    assert "a cause was found for 4 of them" in shown(variance_by_location(table)).summary
    assert "causes were found for 4 of 7 units of difference" in shown(explained_steps(table, found)).summary


def test_what_attribution_did_not_look_at_is_unexplained_and_the_steps_still_meet_the_count() -> None:
    chart = shown(explained_steps(stock(("Shop", 1000, 1004, 0)), make_table(CAUSES)))

    assert chart.rows == (("in the system", "1,000"), ("unexplained", "+4"), ("counted", "1,004"))
    assert "The bars begin at 999 units." in chart.summary


def test_evidence_is_counted_in_tens_and_locked_fulfillments_stand_apart() -> None:
    evidence = make_table(
        EVIDENCE,
        {
            "fulfillment_id": [gid("Fulfillment", n) for n in range(5)],
            "percent": [0, 0, 9, 55, 100],
            "left": [-60, 0, 0, 0, 0],
        },
    )

    chart = shown(evidence_histogram(evidence))

    told = dict(chart.rows)
    assert {name: number for name, number in told.items() if number != "0"} == {
        "locked: it left": "1",
        "0 to 9%": "2",
        "50 to 59%": "1",
        "90 to 100%": "1",
    }
    assert "1 are locked" in chart.summary


def test_incidents_are_drawn_below_the_days_from_first_to_last() -> None:
    tables = make_tables(*(fulfillment(n, created_at=f"2026-10-0{n} 10:00") for n in (1, 2, 4)))
    incidents = make_table(
        INCIDENTS, pd.DataFrame([incident("late", "2026-10-02 10:00", "2026-10-04 11:00", 2)])
    )

    chart = shown(incidents_by_day(tables["fulfillments"], incidents))

    bars, lanes = chart.pieces[:-1], chart.pieces[-1]
    a_day = (720 - 40) / 4
    assert [bar.title for bar in bars] == [f"2026-10-0{n}: 1 fulfillment" for n in (1, 2, 4)]
    assert (lanes.x, lanes.width) == (40 + a_day, 3 * a_day)
    assert chart.rows == (("late", "2026-10-02", "2026-10-04", "2"),)


def test_many_days_are_drawn_by_week() -> None:
    tables = make_tables(*(fulfillment(n, created_at=f"2026-0{n}-01 10:00") for n in range(1, 8)))
    incidents = make_table(
        INCIDENTS, pd.DataFrame([incident("long", "2026-01-01 10:00", "2026-07-01 11:00", 2)])
    )

    chart = shown(incidents_by_day(tables["fulfillments"], incidents))

    assert chart.title == "Incidents in time, and fulfillments by week"
    assert all(0 <= piece.x <= 720 and piece.x + piece.width <= 720.1 for piece in chart.pieces)


@pytest.mark.parametrize(
    "chart",
    [
        incidents_by_day(make_table(FULFILLMENTS), make_table(INCIDENTS)),
        variance_by_location(stock(("Shop", 1, None, 0))),
        explained_steps(stock(("Shop", 1, None, 0)), make_table(CAUSES)),
        evidence_histogram(make_table(EVIDENCE)),
    ],
)
def test_where_there_is_nothing_to_draw_there_is_no_chart(chart: Chart | None) -> None:
    assert chart is None


def counted_audit() -> tuple[Audit, pd.DataFrame]:
    """Three cancelled orders, still on the shelf by the count, and another location that is one short."""
    tables = make_tables(
        level(1), level(2, location_id=SHOP),
        *(order(n, cancelled_at="2026-10-01") for n in (1, 2, 3)),
        *(quiet(n, lines={1: 1}) for n in (1, 2, 3)), fulfillment(4, lines={2: 1}, location_id=SHOP),
    )  # fmt: skip
    count = {"inventory_item_id": [gid("InventoryItem", n) for n in (1, 2)], "location_id": [WAREHOUSE, SHOP]}
    return audit_shop(tables, now=NOW, counted=pd.DataFrame({**count, "counted": [13, 9]})), tables[
        "fulfillments"
    ]


def test_an_audit_of_a_counted_shop_has_all_four() -> None:
    audit, fulfillments = counted_audit()

    charts = explaining_charts(audit, fulfillments)

    assert list(charts) == ["incidents", "variance", "steps", "evidence"]
    assert charts["steps"].rows[0] == ("in the system", "20")
    assert charts["steps"].rows[-1] == ("counted", "22")


def test_names_of_the_shop_are_escaped_by_the_template() -> None:
    hostile = "<script>alert(1)</script>"

    drawn = draw_chart(shown(variance_by_location(stock((hostile, 10, 17, 5)))))

    assert "<script" not in drawn
    assert html.escape(hostile) in drawn
