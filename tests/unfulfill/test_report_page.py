import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest
from builders import NOW, SHOP, WAREHOUSE, Rows, fulfillment, gid, level, make_tables, order, quiet
from plans_made import AT, IDENTITY, cancel, ended, hold, plan_of, read_back, recreate, skip

from unfulfill.audit import audit_shop
from unfulfill.mark import make_marks
from unfulfill.model import Result, VerdictKind
from unfulfill.report import ReportData, render_report
from unfulfill.report.redacting import Customers
from unfulfill.tables import CAUSES, EVIDENCE, make_table
from unfulfill.verify import Moved, StockRow, stock_rows
from unfulfill.verify.stock import Quantity

HOSTILE = [
    "<script>window.__xss = 1</script>", "\"><img src=x onerror=alert(1)>", "</td></tr></table><h1>x", "{{ 7 * 7 }}",
    "</title><script>1</script>", "' onmouseover='alert(1)", "<svg onload=alert(1)>", "&lt;script&gt;", "]]><x>",
]  # fmt: skip


class Tags(HTMLParser):
    """Every element and attribute of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names[tag] += 1
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def report(*parts: Rows, counted: pd.DataFrame | None = None, **more: Any) -> str:
    tables = make_tables(*parts)
    audit = audit_shop(tables, now=NOW, counted=counted)
    data = ReportData(
        "run one", IDENTITY, AT, findings=audit.findings, stock=audit.stock, fulfillments=tables["fulfillments"],
        evidence=audit.evidence, causes=audit.causes, incidents=audit.incidents, marks=make_marks(tables, audit),
        **more,
    )  # fmt: skip
    return render_report(data)


def said(page: str) -> str:
    return re.sub(r"\s+", " ", Tags(page).text)


def verdict_of(**parts: Any) -> str:
    page = render_report(ReportData("run one", IDENTITY, AT, **parts))
    found = re.search(r'class="verdict (\w+)"[^>]*><strong>(.*?)</strong>', page)
    assert found is not None
    return f"{found[1]}: {found[2]}"


def test_a_run_without_anything_has_a_report() -> None:
    assert verdict_of() == "plain: Nothing was audited yet."


def test_an_incomplete_export_is_the_first_thing_said() -> None:
    verdict = verdict_of(manifest={"complete": False, "reasons": ["600 of 601"]})

    assert verdict == "bad: The export is not complete; nothing can be planned from it."


def test_an_audit_without_findings_is_good_news() -> None:
    findings = audit_shop(make_tables(fulfillment(1)), now=NOW).findings

    assert verdict_of(findings=findings) == "good: Nothing looks wrong. Nothing was changed."


def test_a_plan_that_was_not_applied_says_that_nothing_was_changed() -> None:
    assert verdict_of(plan=plan_of(cancel(1))) == (
        "plain: Planned and not applied: 1 fulfillment to be cancelled. Nothing was changed."
    )


@pytest.mark.parametrize(
    ("outcomes", "verdicts", "verdict"),
    [
        (ended(cancel(1), cancel(2)), {}, "warn: 2 of 2 fulfillments cancelled, not verified yet."),
        (
            ended(cancel(1), cancel(2)),
            read_back(cancel(1), cancel(2)),
            "good: 2 of 2 fulfillments cancelled, each confirmed by reading the shop again.",
        ),
        (ended(cancel(1)), {}, "warn: 1 of 2 fulfillments cancelled; the rest was not sent."),
        (
            ended(cancel(1)) | ended(cancel(2), result=Result.REFUSED),
            {},
            "bad: 1 of 2 fulfillments cancelled; 1 needs a look.",
        ),
        (
            ended(cancel(1), cancel(2)),
            read_back(cancel(1)) | read_back(cancel(2), kind=VerdictKind.NOT_APPLIED),
            "bad: 2 of 2 fulfillments cancelled; 1 needs a look.",
        ),
    ],
)
def test_the_verdict_says_the_worst_that_is_true(outcomes: Any, verdicts: Any, verdict: str) -> None:
    assert verdict_of(plan=plan_of(cancel(1), cancel(2)), outcomes=outcomes, verdicts=verdicts) == verdict


def test_the_report_shows_what_was_found_changed_left_and_how_to_undo() -> None:
    plan = plan_of(cancel(1), hold(1), skips=(skip(2, "already_cancelled"),))

    text = said(
        report(
            order(1, cancelled_at="2026-10-01"), quiet(1), plan=plan, outcomes=ended(*plan.changes),
            verdicts=read_back(*plan.changes, message="its units are open again at Warehouse"), journal_head="a1b2",
            undone={"applied": 2},
        )
    )  # fmt: skip

    for words in (
        "fulfilled after cancel", "#1001", "2 × TEE", "cancel the fulfillment: applied", "order fulfilled, archived",
        "its units are open again at Warehouse", "undoable, new ids", "already cancelled", "6_undo", "d" * 64, "a1b2",
        "An undo was applied: 2 applied",
    ):  # fmt: skip
        assert words in text, words


def test_stock_shows_what_should_have_moved_beside_what_did() -> None:
    before = make_tables(level(1), level(2), level(3))["inventory_levels"]
    after = make_tables(level(1, on_hand=12, committed=2), level(2), level(3, on_hand=9, available=9))
    should = {(gid("InventoryItem", 1), WAREHOUSE): Moved(on_hand=2, committed=2)}
    moved = stock_rows(before, after["inventory_levels"], should)

    text = said(render_report(ReportData("r", IDENTITY, AT, plan=plan_of(), stock_moved=moved)))

    assert "1 of 2 places moved otherwise than expected" in text
    assert "10 → 12 (+2)+2–0 → 2 (+2)+2–100–" in text.replace(" +2", "+2").replace(" ", " ")
    assert "10 → 9 (−1)0−1" in text
    assert "SKU-2" not in text


def test_a_case_that_is_half_done_comes_first_and_is_the_verdict() -> None:
    plan = plan_of(cancel(1), cancel(2), recreate(2))

    page = render_report(ReportData("r", IDENTITY, AT, plan=plan, outcomes=ended(cancel(1), cancel(2))))

    text = said(page)
    assert "1 of 2 fulfillments cancelled; 1 case half done, the rest not fulfilled again yet." in text
    assert text.index("#1002") < text.index("#1001")
    assert "open: half done" in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_of_the_shop_is_shown_and_never_becomes_markup(hostile: str) -> None:
    plan = plan_of(cancel(1, name=hostile, reason=hostile, location_name=hostile), skips=(skip(2, hostile),))
    outcomes = ended(*plan.changes, message=hostile)
    parts = (
        order(1, name=hostile, cancelled_at="2026-10-01"),
        quiet(1, location_name=hostile, tracking_numbers=hostile, tracking_company=hostile),
        level(1, sku=hostile, item_name=hostile, location_name=hostile, on_hand=-1),
    )
    counted = pd.DataFrame(
        {"inventory_item_id": [gid("InventoryItem", 1)], "location_id": [WAREHOUSE], "counted": [3]}
    )

    usual = order(1, cancelled_at="2026-10-01"), quiet(1), level(1, on_hand=-1)
    done = {"plan": plan_of(cancel(1), skips=(skip(2),)), "outcomes": ended(cancel(1), message="x")}
    known, hostile_name = (Customers("full", {gid("Order", 1): name}) for name in ("x", hostile))
    plain = Tags(report(*usual, counted=counted, **done, manifest={"warnings": ["x"]}, customers=known))
    more = {"manifest": {"warnings": [hostile]}, "customers": hostile_name}
    page = Tags(report(*parts, counted=counted, plan=plan, outcomes=outcomes, **more))

    assert set(page.names) <= set(plain.names)
    assert (page.names["h1"], page.names["body"], page.names["style"]) == (1, 1, 1)
    assert not {name for name in page.attributes if name.startswith("on")}
    assert hostile in page.text


def test_the_page_holds_no_script_and_nothing_from_elsewhere() -> None:
    page = report(order(1, cancelled_at="2026-10-01"), quiet(1), plan=plan_of(cancel(1)))

    assert "default-src 'none'" in page
    assert {"script", "link", "img", "iframe", "a", "object", "form"}.isdisjoint(Tags(page).names)
    assert "url(" not in page


def test_only_web_addresses_of_carriers_are_shown_and_only_as_text() -> None:
    full = Customers("full")
    text = said(render_report(ReportData("r", IDENTITY, AT, plan=plan_of(cancel(1)), customers=full)))

    assert "https://carrier.example/JD01" in text
    assert "javascript:" not in text


def test_every_chart_says_its_numbers_in_words_and_as_a_table() -> None:
    counted = pd.DataFrame(
        {"inventory_item_id": [gid("InventoryItem", 1)], "location_id": [SHOP], "counted": [4]}
    )

    page = report(level(1, location_id=SHOP), order(1, cancelled_at="2026-10-01"), quiet(1), counted=counted)

    assert (
        len(re.findall(r'role="img" aria-labelledby="(kinds|days|evidence|variance|steps)-title"', page)) == 5
    )
    assert page.count("The numbers as a table") == 5
    assert "1 live fulfillment since 2026-10-02, 1 in question" in said(page)


def test_every_row_says_who_decided_it_and_on_what_evidence() -> None:
    change = replace(
        cancel(1, display_status="IN_TRANSIT"), marked_by="anna", override="it came back on Monday"
    )
    evidence = make_table(EVIDENCE, {"fulfillment_id": [gid("Fulfillment", 1)], "percent": [7]})
    cause = {"cause_id": ["c"], "role": ["chosen"], "cause": ["still_on_shelf"], "percent": [97]}
    causes = make_table(CAUSES, {**cause, "fulfillment_id": [gid("Fulfillment", 1)]})

    text = said(
        render_report(ReportData("r", IDENTITY, AT, plan=plan_of(change), evidence=evidence, causes=causes))
    )

    told = (
        "burst by anna by the count 97% sure that it is on the shelf without a count 7% likely that it never left"
        " against it: in transit override: it came back on Monday"
    )
    assert told.replace(" ", "") in text.replace(" ", "")


@pytest.mark.parametrize("rows", [10_000, pytest.param(50_000, marks=pytest.mark.gate)])
def test_the_page_of_many_rows_is_cut_below_three_megabytes_and_says_so(rows: int) -> None:
    long = {
        "location_name": "Warehouse & Co. of the north-west <1>",
        "reason": "burst, fulfilled_after_cancel",
    }
    plan = plan_of(
        *(cancel(number, **long) for number in range(1, rows + 1)), skips=tuple(map(skip, range(rows)))
    )
    one = Quantity(10, 12, 2)
    moved = [
        StockRow(gid("InventoryItem", n), SHOP, f"SKU-{n}", "Warehouse", one, one, one) for n in range(rows)
    ]

    page = render_report(
        ReportData("r", IDENTITY, AT, plan=plan, outcomes=ended(*plan.changes), stock_moved=moved)
    )

    assert 2_000_000 < len(page.encode()) < 3_000_000
    cut = re.findall(rf"<caption>The first ([\d,]+) of {rows:,}; results.xlsx has every row.</caption>", page)
    assert len(cut) == 3
    assert f"#{1000 + int(cut[0].replace(',', ''))}" in page
    assert f"#{1001 + int(cut[0].replace(',', ''))}<" not in page
