"""The marking table as the browser speaks with it, on a real sandbox's run folder."""

import csv
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from unfulfill.audit import KINDS
from unfulfill.sheets import write_marks_sheet
from unfulfill.ui.marking import MarkingPanel
from unfulfill.ui.marking_view import MOST_ROWS_A_MESSAGE
from unfulfill.ui.marking_words import WIDTHS, page_words
from unfulfill.words import section
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]
SCREEN = [0, 100]


class Browser:
    """What the table's JavaScript does, without a browser: it sends, and remembers what came."""

    def __init__(self, wb: Workbench) -> None:
        self.panel = MarkingPanel(wb)
        self.came: list[dict[str, Any]] = []
        self.files: list[bytes] = []
        self.generation = 0
        self.panel.widget.send = self._take
        self.say("hello")
        self.say("choices")

    def _take(self, message: dict[str, Any], buffers: Any = None) -> None:
        self.generation = message.get("generation", self.generation)
        self.came.append(json.loads(json.dumps(message)))  # only what JSON can carry
        self.files += buffers or []

    def say(self, op: str, buffers: Any = (), **more: Any) -> list[dict[str, Any]]:
        """Send a message; what came for it."""
        self.came = []
        message = {"op": op, "place": "here", "window": SCREEN, "generation": self.generation, **more}
        self.panel.widget._handle_custom_msg(message, buffers)
        return self.came

    def show(self, sort: str = "", descending: bool = False, **wanted: str) -> dict[str, Any]:
        return self.say("show", filter=wanted, sort={"name": sort, "descending": descending})[-1]

    def mark(self, op: str, decision: str = "unfulfill", reason: str = "never left", **more: Any) -> Any:
        return self.say(op, **{"decision": decision, "reason": reason, "note": "", **more})

    def last(self, op: str) -> dict[str, Any]:
        return next(message for message in reversed(self.came) if message["op"] == op)

    @property
    def note(self) -> str:
        return str(self.last("note")["text"])

    def column(self, name: str, state: dict[str, Any]) -> list[str]:
        return [row[3 + list(WIDTHS).index(name)] for row in state["rows"]]

    @property
    def locked(self) -> list[int]:
        return [row[0] for row in self.show(lock="locked")["rows"]]

    @property
    def free(self) -> list[int]:
        return [row[0] for row in self.show(lock="free")["rows"]]

    def id_of(self, row: int) -> str:
        return self.panel.book.rows["fulfillment_id"].texts(range(row, row + 1))[0]


@pytest.fixture
def wb(workbench: OpenRun) -> Workbench:
    return workbench(with_audit=True)


@pytest.fixture
def browser(wb: Workbench) -> Browser:
    return Browser(wb)


def saved(wb: Workbench, *columns: str) -> dict[str, tuple[str, ...]]:
    if not wb.run.has("marks.csv"):
        return {}
    with wb.run.path("marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["decision"]]
    return {
        row["fulfillment_id"]: tuple(row[name] for name in columns or ("decision", "reason")) for row in rows
    }


def test_no_row_is_in_the_synced_state_which_notebook_files_keep(browser: Browser) -> None:
    browser.mark("mark_shown")
    browser.say("card", row=0)
    state = {
        name: value
        for name, value in browser.panel.widget.get_state().items()
        if name[:4] not in ("_esm", "_css")
    }

    text = json.dumps(state)

    assert set(state["words"]) == set(page_words())
    for name in ("order_name", "items", "fulfillment_id", "location_name"):
        for cell in browser.panel.book.rows[name].texts(range(20)):
            assert not cell or cell not in text


def test_the_first_answer_has_rows_and_counts(wb: Workbench, browser: Browser) -> None:
    state = browser.say("hello")[0]

    assert state["op"] == "state"
    assert state["total"] == len(wb.marks()) == len(state["rows"])
    assert browser.column("order_name", state) == wb.marks()["order_name"].tolist()
    assert (
        state["counts"] == f"0 marked. {len(wb.marks())} of {len(wb.marks())} rows shown. Saved in marks.csv."
    )


def test_columns_that_take_long_to_read_come_after_the_first_rows(wb: Workbench) -> None:
    panel, came = MarkingPanel(wb), []
    panel.widget.send = lambda message, buffers=None: came.append(message)

    panel.receive({"op": "hello", "window": SCREEN})
    assert not panel.book.rows["display_status"].is_at_hand
    panel.receive({"op": "choices", "window": SCREEN})

    status = 3 + list(WIDTHS).index("display_status")
    assert {row[status] for row in came[0]["rows"]} == {""}
    assert {row[status] for row in came[-1]["rows"]} > {""} or all(row[status] for row in came[-1]["rows"])
    assert [message["op"] for message in came] == ["state", "choices", "state"]


def test_a_page_is_never_larger_than_a_message_may_be(browser: Browser) -> None:
    browser.say("rows", start=0, end=10**9)

    assert len(browser.last("rows")["rows"]) <= MOST_ROWS_A_MESSAGE


@pytest.mark.parametrize(
    "message",
    [
        {"op": "mark", "row": 10**6, "on": True, "decision": "unfulfill"},
        {"op": "mark", "row": -1, "on": True, "decision": "unfulfill"},
        {"op": "mark", "row": "0", "on": True},
        {"op": "mark", "row": 0, "on": 1},
        {"op": "rows", "start": -1, "end": 2},
        {"op": "rows", "start": 5, "end": 2},
        {"op": "mark_between", "start": 0, "end": 3, "revision": -1, "decision": "unfulfill"},
        {"op": "card", "row": 10**6},
        {"op": "show", "filter": [], "sort": {}},
        {"op": "import", "name": "marks.xlsx"},
        {"op": "nosuch"},
        {},
    ],
)
def test_a_message_that_makes_no_sense_is_passed_over(
    wb: Workbench, browser: Browser, message: dict[str, Any]
) -> None:
    browser.came = []
    browser.panel.receive({"generation": browser.generation, **message})

    assert (browser.came, saved(wb)) == ([], {})


def test_a_mark_is_shown_then_saved_with_decision_and_reason(wb: Workbench, browser: Browser) -> None:
    row = browser.free[3]

    came = browser.mark("mark", "hold", "out of stock", row=row, on=True)

    assert [message["saved"] for message in came if message["op"] == "state"] == ["saving", "saved"]
    assert "1 marked. " in browser.last("state")["counts"]
    assert saved(wb) == {browser.id_of(row): ("hold", "out of stock")}

    browser.mark("mark", row=row, on=False)

    assert saved(wb) == {}


def test_all_that_pass_the_filter_are_marked_and_the_hidden_are_counted(
    wb: Workbench, browser: Browser
) -> None:
    marks = wb.marks()
    meant = marks[
        marks["findings"].fillna("").str.contains("no_tracking").astype(bool) & marks["locked"].isna()
    ]
    assert browser.show(kind="no_tracking", lock="free")["total"] == len(meant) > 2

    browser.mark("mark_shown")

    assert set(saved(wb)) == set(meant["fulfillment_id"])
    assert browser.note == f"Rows marked: {len(meant)}."
    one = browser.show(text=meant["order_name"].iloc[0], kind="no_tracking")
    hidden = len(meant) - one["total"]
    assert one["counts"].startswith(f"{len(meant)} marked, {hidden} of them hidden by the filter.")

    browser.say("unmark_shown")

    assert len(saved(wb)) == hidden


def test_rows_marked_stay_in_sight_until_the_filter_is_used_again(browser: Browser) -> None:
    state = browser.show(decision="unmarked", lock="free")

    browser.mark("mark", row=state["rows"][0][0], on=True)

    assert browser.last("state")["total"] == state["total"]
    assert browser.show(decision="unmarked", lock="free")["total"] == state["total"] - 1


def test_a_range_of_the_view_is_marked(wb: Workbench, browser: Browser) -> None:
    state = browser.show("order_name", lock="free")

    browser.mark("mark_between", start=1, end=4, revision=state["revision"])

    assert set(saved(wb)) == {browser.id_of(row[0]) for row in state["rows"][1:4]}


def test_locked_rows_are_left_out_where_many_are_marked(wb: Workbench, browser: Browser) -> None:
    locked = browser.locked
    assert locked

    browser.mark("mark_shown")
    assert (browser.note, saved(wb)) == (section("marking")["all_locked"], {})
    browser.show()
    browser.mark("mark_shown")

    assert f"Locked rows left out: {len(locked)};" in browser.note
    assert not {browser.id_of(row) for row in locked} & set(saved(wb))

    browser.mark("mark_shown", "keep")  # which harms no parcel
    assert {browser.id_of(row) for row in locked} <= set(saved(wb))


def test_a_locked_row_asks_for_a_typed_override(wb: Workbench, browser: Browser) -> None:
    row = browser.locked[0]
    told = {
        "row": row,
        "decision": "unfulfill",
        "reason": "came back",
        "note": "",
        "units": units(browser, row),
    }

    browser.mark("mark", row=row, on=True)
    assert browser.last("card")["ask"].startswith("This row is locked: ")
    browser.say("mark_alone", **told, override="  ")
    assert "Type why it is cancelled although it left" in browser.note
    assert saved(wb) == {}

    browser.say("mark_alone", **told, override="it stands in the hall")

    assert browser.note == "Saved."
    assert saved(wb, "decision", "override") == {browser.id_of(row): ("unfulfill", "it stands in the hall")}


def units(browser: Browser, row: int) -> dict[str, int]:
    browser.say("card", row=row)
    return {line["id"]: line["units"] for line in browser.last("card")["lines"] if line["most"]}


def test_some_units_of_a_row_become_its_part_and_are_shown_again(wb: Workbench, browser: Browser) -> None:
    row, wanted = next((row, each) for row in browser.free if sum((each := units(browser, row)).values()) > 1)
    line = next(iter(wanted))
    told = {"row": row, "decision": "unfulfill", "reason": "", "note": "", "override": ""}

    browser.say("mark_alone", **told, units={**dict.fromkeys(wanted, 0), line: 1})

    ((part,),) = saved(wb, "part").values()
    assert part.endswith("=1")
    assert units(browser, row) == {**dict.fromkeys(wanted, 0), line: 1}

    browser.say("mark_alone", **told, units=dict.fromkeys(wanted, 0))
    assert browser.note.startswith("The units cannot be taken: no unit is named")
    browser.say("mark_alone", **told, units={**wanted, line: wanted[line] + 1})
    assert "are asked for and" in browser.note
    assert saved(wb, "part") == {browser.id_of(row): (part,)}

    browser.say("mark_alone", **told, units=wanted)  # all of it is no part
    assert saved(wb, "part") == {browser.id_of(row): ("",)}


def test_units_of_one_item_are_marked_in_all_rows_that_have_them(wb: Workbench, browser: Browser) -> None:
    marks = wb.marks()
    free = marks[marks["locked"].isna()]
    sku = free["items"].str.extract(r"^2 × ([^,]+)$")[0].dropna().iloc[0]
    fits = free["items"].map(
        lambda items: any(n > "1" and s == sku for n, _, s in map(parts, items.split(", ")))
    )

    browser.mark("mark_shown", part=f"{sku}=2")

    assert saved(wb, "part") == dict.fromkeys(free["fulfillment_id"][fits], (f"{sku}=2",))
    assert browser.note == (
        f"Rows marked: {fits.sum()}."
        f" Rows left out, for they have not these units or are locked: {len(marks) - fits.sum()}."
    )
    browser.mark("mark_shown", part="no such=1")
    assert browser.note == section("marking")["none_fits"]
    browser.mark("mark_shown", part=f"{sku}=0")
    assert "is not a number of units" in browser.note
    browser.mark("mark_shown", "keep", part=f"{sku}=2")
    assert browser.note.startswith("Units are for unfulfill or hold")


def parts(item: str) -> tuple[str, str, str]:
    return item.partition(" × ")


def test_severity_is_sorted_by_how_grave_it_is(browser: Browser) -> None:
    words = browser.column("severity", browser.show("severity"))

    assert list(dict.fromkeys(words)) == ["high", "medium", "low", ""]


def test_words_without_a_decision_are_not_lost_unseen(wb: Workbench, browser: Browser) -> None:
    told = {"row": browser.free[0], "decision": "", "reason": "", "note": "seen", "override": "", "units": {}}

    browser.say("mark_alone", **told)

    assert browser.note == "Nothing is decided for this row; choose a decision, then save it."
    browser.mark("mark", row=told["row"], on=True)
    browser.say("mark_alone", **told)  # takes the decision back
    assert (browser.note, saved(wb)) == ("Saved.", {})


def test_marking_many_leaves_their_parts(wb: Workbench, browser: Browser) -> None:
    row = browser.free[0]
    wb.mark("hold", fulfillment_ids=[browser.id_of(row)], part="SKU-1=2")
    browser.say("reload")

    browser.mark("mark_shown")

    assert saved(wb, "decision", "part")[browser.id_of(row)] == ("unfulfill", "SKU-1=2")


def test_what_the_audit_advises_is_marked_and_what_is_locked_or_decided_stays(
    wb: Workbench, browser: Browser
) -> None:
    choices = next(message for message in browser.say("choices") if message["op"] == "choices")
    marks = wb.marks()
    advice = marks["right_fix"].isin(("unfulfill", "hold", "request_cancellation")) & marks["locked"].isna()
    told = wb.last_audit().findings
    for incident, _ in choices["incident"]:
        members = set(told[told["incident"] == incident]["fulfillment_id"])
        rows = marks[marks["fulfillment_id"].isin(members) & advice]
        if len(rows) > 1:
            break
    kept, *others = rows["fulfillment_id"]
    state = browser.show(incident=incident)
    assert (state["total"], state["advised"]) == (len(members & set(marks["fulfillment_id"])), len(rows))
    browser.mark("mark", "keep", "seen", row=int(rows.index[0]), on=True)

    browser.mark("mark_advised", reason="")

    fixes = dict(zip(rows["fulfillment_id"], rows["right_fix"], strict=True))
    assert saved(wb) == {kept: ("keep", "seen"), **{id_: (fixes[id_], incident) for id_ in others}}
    assert browser.last("state")["advised"] == 0


def test_reason_and_note_are_given_to_the_marked_and_a_blank_one_stays(
    wb: Workbench, browser: Browser
) -> None:
    first, second = browser.free[:2]
    browser.mark("mark", "hold", "a", row=first, on=True)
    browser.mark("mark", "unfulfill", "b", row=second, on=True)

    browser.say("reword", reason="", note="see the file")

    assert saved(wb, "decision", "reason", "note") == {
        browser.id_of(first): ("hold", "a", "see the file"),
        browser.id_of(second): ("unfulfill", "b", "see the file"),
    }


def test_edits_are_taken_back_and_done_again_also_in_the_file(wb: Workbench, browser: Browser) -> None:
    states, random_ = [saved(wb, "decision", "reason")], random.Random(7)
    free = browser.free
    browser.show()
    for decision in ("unfulfill", "hold", "keep", ""):
        for row in random_.sample(free, 2):
            browser.mark("mark", decision or "keep", decision, row=row, on=bool(decision))
            if saved(wb, "decision", "reason") != states[-1]:
                states.append(saved(wb, "decision", "reason"))
    assert len(states) > 5

    for state in reversed(states[:-1]):
        assert browser.last("state")["undo"] if browser.came[-1]["op"] == "state" else True
        browser.say("undo")
        assert saved(wb, "decision", "reason") == state
    assert browser.last("state")["undo"] is False
    browser.say("undo")
    assert browser.note == section("marking")["nothing_undone"]
    for state in states[1:]:
        browser.say("redo")
        assert saved(wb, "decision", "reason") == state
    browser.say("redo")
    assert browser.note == section("marking")["nothing_redone"]


def test_what_is_shown_is_what_a_new_table_reads(wb: Workbench, browser: Browser) -> None:
    browser.show(lock="free")
    browser.mark("mark_shown", reason="=1+1 is ‮odd\x07", note="two\nlines")
    browser.mark("mark", "hold", row=browser.free[1], on=True)
    browser.say("reload")

    again = Browser(wb)

    assert again.show()["rows"] == browser.show()["rows"]
    assert len(again.show(decision="hold")["rows"]) == 1


def test_marks_changed_elsewhere_are_told_and_never_written_over(workbench: OpenRun, wb: Workbench) -> None:
    anna, ben = Browser(wb), Browser(workbench("run"))  # two notebooks
    first, second = anna.free[:2]
    ben.mark("mark", "keep", "ben saw it", row=first, on=True)

    assert anna.say("check") == [{"op": "changed", "text": section("marking")["changed"]}]
    assert anna.say("check") == []
    anna.mark("mark", row=second, on=True)
    anna.mark("mark", row=first, on=True)

    assert saved(wb) == {anna.id_of(first): ("keep", "ben saw it")}
    assert anna.last("state")["counts"].endswith(section("marking")["not_saved"])
    assert not any(row[1] for row in anna.last("state")["rows"])

    anna.say("reload")

    assert anna.last("changed")["text"] == ""
    assert anna.note.startswith("Loaded again. Rows that were decided differently elsewhere: 1 (by ")
    anna.mark("mark", row=second, on=True)
    assert set(saved(wb)) == {anna.id_of(first), anna.id_of(second)}


def test_a_number_of_rows_that_were_read_again_meanwhile_marks_nothing(
    wb: Workbench, browser: Browser
) -> None:
    row, seen = browser.free[0], browser.generation
    browser.say("reload")
    assert browser.generation > seen

    for op in ("mark", "mark_shown", "card", "mark_alone"):
        browser.mark(op, row=row, on=True, units={}, override="", generation=seen)
        assert browser.note == section("marking")["stale"]

    assert saved(wb) == {}


def test_marks_csv_edited_by_hand_while_open_is_told(wb: Workbench, browser: Browser) -> None:
    row = browser.free[0]
    browser.mark("mark", row=row, on=True)
    path = wb.run.path("marks.csv")
    path.write_bytes(path.read_bytes().replace(b"never left", b"by hand"))

    browser.mark("mark", row=row, on=False)

    assert browser.last("changed")["text"] == section("marking")["changed"]
    assert saved(wb) == {browser.id_of(row): ("unfulfill", "by hand")}


def test_a_workbook_goes_out_is_edited_and_comes_back(wb: Workbench, browser: Browser, tmp_path: Any) -> None:
    row = browser.free[0]
    browser.mark("mark", row=row, on=True)

    browser.say("export")
    assert browser.last("file")["name"] == "marks.xlsx"
    assert "marks.xlsx" in browser.note
    assert browser.files == [wb.run.path("marks.xlsx").read_bytes()]
    edited = wb.marks()
    edited.loc[1, ["decision", "reason"]] = ("keep", "by Excel")
    write_marks_sheet(tmp_path / "edited.xlsx", edited)
    browser.say("import", [memoryview((tmp_path / "edited.xlsx").read_bytes())], name="../edited.xlsx")

    assert browser.note == "Rows changed as edited.xlsx says: 1."
    expected = {browser.id_of(row): ("unfulfill", "never left"), browser.id_of(1): ("keep", "by Excel")}
    assert saved(wb) == expected
    browser.say("undo")
    assert saved(wb) == {browser.id_of(row): ("unfulfill", "never left")}


def test_a_file_that_cannot_be_used_is_refused_with_its_sentence(wb: Workbench, browser: Browser) -> None:
    browser.say("import", [b"no workbook"], name="marks.xlsx")

    assert "marks.xlsx" in browser.note
    assert (browser.last("note")["tone"], browser.last("note")["place"]) == ("bad", "here")
    assert saved(wb) == {}


def test_an_error_that_nobody_expected_is_shown_with_its_details(
    wb: Workbench, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full shpat_0123456789abcdef0123456789abcdef")

    monkeypatch.setattr(wb.run, "write", broken)
    browser.mark("mark", row=browser.free[0], on=True)

    note = browser.last("note")
    assert "OSError: disk full" in note["text"]
    assert "Traceback" in note["details"]
    assert "shpat_0123" not in note["details"] + note["text"]
    assert browser.last("state")["marked"] == 0
    assert browser.last("state")["counts"].endswith(section("marking")["not_saved"])


def test_a_damaged_marks_csv_is_told(wb: Workbench, browser: Browser) -> None:
    wb.run.path("marks.csv").write_text("no marks\n<b>\n")

    browser.say("reload")

    assert "marks.csv" in browser.note


def test_typed_letters_go_to_an_order(browser: Browser) -> None:
    names = browser.column("order_name", browser.show())

    browser.say("typed", text=names[5].removeprefix("#"), place=0)
    assert browser.last("jump")["to"] == 5
    browser.say("typed", text="dd", place=0)

    assert browser.note == "No order shown begins with “dd”."


def test_a_card_tells_of_lines_time_tracking_stock_and_advice(wb: Workbench, browser: Browser) -> None:
    marks, findings = wb.marks(), wb.last_audit().findings
    row = int(marks.index[marks["right_fix"] == "unfulfill"][0])

    browser.say("card", row=row)

    card = browser.last("card")
    assert card["title"] == f"Order {marks['order_name'].iloc[row]}"
    assert card["advice"] == "Advice: unfulfill."
    told = findings[findings["fulfillment_id"] == marks["fulfillment_id"].iloc[row]]["message"]
    assert [text.split(": ", 1)[1] for text in card["findings"]] == told.tolist()
    assert card["admin_url"] == ""  # a sandbox has none
    items = [f"{line['units']} × " for line in card["lines"] if line["most"]]
    assert len(items) == len(marks["items"].iloc[row].split(", "))
    assert [word for word, _ in card["events"]][:1] == ["Ordered"]
    assert "Fulfilled" in dict(card["events"])
    assert card["stock"]


def test_filters_offer_what_there_is_with_its_number(wb: Workbench, browser: Browser) -> None:
    marks = wb.marks()
    choices = next(message for message in browser.say("choices") if message["op"] == "choices")

    for name, wanted in (("location", "location"), ("kind", "kind"), ("status", "status"), ("app", "app")):
        assert choices[name]
        for value, text in choices[name]:
            assert text.endswith(f"({browser.show(**{wanted: value})['total']})")
    assert sum(browser.show(location=value)["total"] for value, _ in choices["location"]) == len(marks)
    assert {value for value, _ in choices["kind"]} <= set(KINDS)


def test_days_that_are_none_filter_nothing(browser: Browser) -> None:
    assert browser.show(since="yesterday", until="2026-13-40")["total"] == len(browser.panel.book.rows)


def test_every_key_of_the_texts_is_used_and_every_one_used_is_there() -> None:
    from unfulfill.ui.grid import Grid

    script = Grid._esm if isinstance(Grid._esm, str) else str(Grid._esm)
    named = {name for name in page_words() if f"words.{name}" in script or f'"{name}"' in script}
    prefixed = {name for name in page_words() if name.startswith(("choice_", "filter_"))}

    assert set(page_words()) - named - prefixed == set()
    assert prefixed >= {f"choice_{name}" for name in ("marked", "free", "sure", "undecided", "keep")}


def test_its_text_is_the_same_in_every_run(browser: Browser) -> None:
    assert repr(browser.panel.widget) == "Grid()"
