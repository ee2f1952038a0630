"""How incidents, explanations and evidence are told, and that no name of a shop becomes markup."""

import re

import pandas as pd
import pytest
from builders import NOW, SHOP, WAREHOUSE, gid, level, make_tables, order, quiet

from unfulfill import ui
from unfulfill.audit import Audit, audit_shop
from unfulfill.ui.place_view import place_view

HOSTILE = "<script>alert(1)</script>"


def audited(count: tuple[int, ...] = (13, 9), **names: str) -> tuple[Audit, pd.DataFrame]:
    """Three cancelled orders that the count still has on the shelf; elsewhere one unit is missing."""
    of_location = {key: name for key, name in names.items() if key == "location_name"}
    tables = make_tables(
        level(1, **names), level(2, location_id=SHOP),
        *(order(n, cancelled_at="2026-10-01") for n in (1, 2, 3)),
        *(quiet(n, lines={1: 1}, **of_location) for n in (1, 2, 3)),
    )  # fmt: skip
    places = {
        "inventory_item_id": [gid("InventoryItem", n) for n in (1, 2)],
        "location_id": [WAREHOUSE, SHOP],
    }
    counted = pd.DataFrame({**places, "counted": count}) if count else None
    return audit_shop(tables, now=NOW, counted=counted), tables["fulfillments"]


def test_a_card_says_how_large_an_incident_is_what_is_advised_and_what_it_explains() -> None:
    audit, _ = audited()

    text = ui.incidents_view(audit).text

    assert "3 cancelled orders fulfilled at Warehouse, 2 Oct" in text
    assert "high severity · 3 fulfillments of 3 orders, 3 units" in text
    assert "Advised: unfulfill, because: fulfilled although the order is cancelled." in text
    assert "3 to take back, 0 locked. They explain 3 units" in text


def test_an_explanation_says_what_it_explains_how_sure_it_is_and_the_rest() -> None:
    audit, _ = audited()

    shown = ui.explanations_view(audit)

    text = shown.text
    assert "Causes were found for 3 of 4 units of difference; 1 have no explanation." in text
    assert "3 fulfillments explain 3 of 3 units: fulfilled and still on the shelf." in shown.markup
    assert re.search(r"#1001, #1002, #1003 +\d+%", text)


def test_without_a_count_and_where_all_agrees_nothing_is_explained() -> None:
    assert "Nothing was counted" in ui.explanations_view(audited(count=())[0]).text
    assert "agree" in ui.explanations_view(audited(count=(10, 10))[0]).text


def test_every_signal_of_a_suspicious_fulfillment_is_told_with_its_points() -> None:
    audit, fulfillments = audited()

    shown = ui.evidence_view(audit, fulfillments)

    text = shown.text
    assert "3 of 3 fulfillments have no carrier's event" in text
    assert "+18 the order was cancelled, refunded, on hold or unpaid when it was fulfilled" in shown.markup


def test_an_audit_without_anything_says_so() -> None:
    tables = make_tables()
    audit = audit_shop(tables, now=NOW)

    assert "each stands alone" in ui.incidents_view(audit).text
    assert "nothing to suspect" in ui.evidence_view(audit, tables["fulfillments"]).text
    assert "nothing to draw" in ui.audit_charts(audit).text


@pytest.mark.parametrize("column", ["sku", "location_name"])
def test_a_hostile_name_stays_text_in_every_view_and_chart(column: str) -> None:
    audit, fulfillments = audited(**{column: HOSTILE})

    views = (
        ui.incidents_view(audit),
        ui.explanations_view(audit),
        ui.evidence_view(audit, fulfillments),
        place_view(audit, audit.stock.iloc[0]),
        ui.audit_charts(audit, fulfillments),
    )

    assert any(HOSTILE in view.text for view in views)
    assert [view.markup for view in views if "<script" in view.markup] == []


def test_the_charts_are_drawn_without_anything_from_elsewhere_and_told_as_text() -> None:
    audit, fulfillments = audited()

    shown = ui.audit_charts(audit, fulfillments)

    assert shown.markup.count('role="img"') == 4
    assert "url(" not in shown.markup and "http" not in shown.markup
    assert re.search(r"fulfilled and still on the shelf +\+3\n", shown.text)


def test_an_item_is_told_with_its_numbers_its_causes_and_the_rest() -> None:
    audit, _ = audited()
    more, fewer = (audit.stock[audit.stock["variance"] == units].iloc[0] for units in (3, -1))

    text = place_view(audit, more).text

    assert re.search(r"Shop says on hand +10\n", text)
    assert re.search(r"Difference +3\n", text)
    assert re.search(r"fulfilled and still on the shelf +#1001 +1 +\d+%", text)
    assert "1 unit has no explanation" in place_view(audit, fewer).text
