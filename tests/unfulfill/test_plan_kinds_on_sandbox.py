"""Every kind of change on the real sandbox: planned, applied, verified, taken back. The referee is its ledger."""

import uuid
from collections import Counter

import pytest

from unfulfill.errors import ParameterRefused
from unfulfill.model import Result, SetOnHand, VerdictKind
from unfulfill.plan import units_by_line
from unfulfill.sheets import result_rows
from unfulfill.shop.reading import (
    read_fulfillments,
    read_level_states,
    read_open_fulfillment_orders,
    read_orders,
)
from unfulfill.tables import FULFILLMENT_LINES, FULFILLMENTS, INVENTORY_LEVELS, LINE_ITEMS, ORDERS


@pytest.fixture
def run(workbench):
    """A run with an audit, nothing marked."""
    return workbench(with_audit=True)


def sent(sandbox):
    """Root mutations in the order in which they really changed the shop."""
    rows = sandbox.control("request", {})["rows"]
    return [row["mutation"] for row in rows if row["mutation"] and row["effect"]]


def free(run, archived=None):
    """Rows of fulfillments that may be cancelled and taken back, with several units, each of another order."""
    orders = run.run.load_table(ORDERS)
    orders = orders[orders["cancelled_at"].isna() & orders["refunded_at"].isna()]
    if archived is not None:
        orders = orders[orders["closed_at"].notna() == archived]
    marks = run.marks()
    marks = marks[marks["locked"].isna() & marks["order_id"].isin(orders["order_id"])]
    made = run.run.load_table(FULFILLMENTS)
    made = made[made["fulfillment_id"].isin(marks["fulfillment_id"]) & (made["service_type"] == "MANUAL")]
    return made[made["total_quantity"] >= 2].drop_duplicates("order_id")


def lines_of(run, fulfillment_id):
    lines = run.run.load_table(FULFILLMENT_LINES)
    return lines[lines["fulfillment_id"] == fulfillment_id]


def choose_part(run, row, **mark):
    """Mark one unit of the first line; returns the id of that order line."""
    line_id = lines_of(run, row.fulfillment_id)["line_item_id"].iloc[0]
    part = f"{line_id.rsplit('/', 1)[1]}=1"
    run.mark(mark.pop("decision", "unfulfill"), fulfillment_ids=[row.fulfillment_id], part=part, **mark)
    return line_id


def shipped(run, order_id):
    """(order line, tracking, location) → units, over the live fulfillments of an order."""
    (order,) = read_orders(run.shop, [order_id]).values()
    units = Counter()
    for state in read_fulfillments(run.shop, [id_ for id_, _ in order.fulfillments]).values():
        if state.status == "SUCCESS":
            for line_id, quantity in units_by_line(state.lines).items():
                units[line_id, state.tracking, state.location_id] += quantity
    return units


def verdicts(run):
    return {verdict.change_id: verdict for verdict in run.verify().verdicts}


def rows_of(run):
    told = result_rows(run.load_plan(), run.outcomes(), verdicts(run))
    return [(row.decision, row.result) for row in told]


# A part


def test_a_part_is_open_again_the_rest_ships_as_before_and_undo_gives_all_back(run, sandbox):
    row = free(run).iloc[0]
    before = shipped(run, row.order_id)
    line_id = choose_part(run, row)

    applied = run.apply(run.plan().digest)

    assert applied.counts == {"applied": 2}
    assert sent(sandbox) == ["fulfillmentCancel", "fulfillmentCreate"]
    (missing,) = (before - shipped(run, row.order_id)).items()
    assert (missing[0][0], missing[1]) == (line_id, 1)
    assert rows_of(run) == [("unfulfill part", "OK")]
    assert sandbox.control("email", {})["rows"] == []

    undo = run.undo()
    run.undo_workbench().apply(undo.digest).check()

    assert shipped(run, row.order_id) == before
    assert set(run.undo_workbench().verify().counts) == {"confirmed"}


def test_only_the_part_is_held(run, sandbox):
    row = free(run).iloc[0]
    line_id = choose_part(run, row, decision="hold", note="count it again")

    run.apply(run.plan(hold_reason="INVENTORY_OUT_OF_STOCK").digest).check()

    assert sent(sandbox) == ["fulfillmentCancel", "fulfillmentCreate", "fulfillmentOrderHold"]
    opened = read_open_fulfillment_orders(run.shop, [row.order_id])[row.order_id]
    (held,) = [order for order in opened if order.status == "ON_HOLD"]
    assert units_by_line(line for line in held.lines if line.quantity) == {line_id: 1}
    assert [(hold.reason, hold.ours) for hold in held.holds] == [("INVENTORY_OUT_OF_STOCK", True)]
    assert rows_of(run) == [("hold part", "OK")]


def test_a_part_whose_rest_is_refused_is_half_done_until_it_is_applied_again(run, sandbox):
    row = free(run).iloc[0]
    before = shipped(run, row.order_id)
    choose_part(run, row, decision="hold")
    plan = run.plan()
    sandbox.control("faults", {"add": {"kind": "user_error", "field": "fulfillmentCreate", "count": 1}})

    first = run.apply(plan.digest)

    assert first.counts == {"applied": 1}
    assert first.paused.startswith(f"1 order is half done, {plan.changes[0].order_name}: ")
    rest = verdicts(run)["m0001-rest"]
    assert (rest.kind, rest.message[:9]) == (VerdictKind.NOT_APPLIED, "half done")
    assert rows_of(run) == [("hold part", "Failed")]

    second = run.apply(plan.digest)

    assert (second.counts, second.paused) == ({"applied": 3}, "")
    assert sent(sandbox) == ["fulfillmentCancel", "fulfillmentCreate", "fulfillmentOrderHold"]
    assert (before - shipped(run, row.order_id)).total() == 1
    assert rows_of(run) == [("hold part", "OK")]


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_a_rest_whose_answer_was_lost_is_never_shipped_twice(run, sandbox, kind):
    row = free(run).iloc[0]
    before = shipped(run, row.order_id)
    choose_part(run, row)
    sandbox.control("faults", {"add": {"kind": kind, "field": "fulfillmentCreate", "count": 1}})

    run.apply(run.plan().digest).check()

    assert sent(sandbox).count("fulfillmentCreate") == 1
    assert (before - shipped(run, row.order_id)).total() == 1


def test_a_half_done_part_can_be_taken_back(run, sandbox):
    row = free(run).iloc[0]
    before = shipped(run, row.order_id)
    choose_part(run, row)
    sandbox.control("faults", {"add": {"kind": "user_error", "field": "fulfillmentCreate", "count": 1}})
    run.apply(run.plan().digest)

    run.undo_workbench().apply(run.undo().digest).check()

    assert shipped(run, row.order_id) == before


def test_a_part_that_no_line_has_is_a_skip_that_names_the_lines(run):
    row = free(run).iloc[0]
    run.mark("unfulfill", fulfillment_ids=[row.fulfillment_id], part="NO-SUCH-SKU=1")

    (skip,) = run.plan().skips

    assert (skip.fulfillment_id, skip.reason) == (row.fulfillment_id, "part_unclear")
    assert "no SKU or order line “NO-SUCH-SKU”; it has " in skip.message


# Tags and the archive


def test_an_archived_order_ends_archived_and_its_tags_as_they_were_after_an_undo(run, sandbox, staff):
    row = free(run, archived=True).iloc[0]
    staff.write("TagsAdd", id=row.order_id, tags=["Shipped"])
    before = read_orders(run.shop, [row.order_id])[row.order_id]
    assert before.closed
    choose_part(run, row)

    run.apply(run.plan(tag="unfulfilled", untag="shipped", close_again=True).digest).check()

    mutations = ["fulfillmentCancel", "fulfillmentCreate", "tagsAdd", "tagsRemove", "orderClose"]
    assert sent(sandbox) == ["tagsAdd", *mutations]
    after = read_orders(run.shop, [row.order_id])[row.order_id]
    assert after.closed
    assert {*after.tags} == ({*before.tags} - {"Shipped"}) | {"unfulfilled"}
    assert set(run.verify().counts) == {"confirmed"}

    undo = run.undo()
    run.undo_workbench().apply(undo.digest).check()

    again = read_orders(run.shop, [row.order_id])[row.order_id]
    assert (again.closed, again.tags) == (True, before.tags)
    assert undo.skips == ()


def test_a_tag_that_was_there_before_us_is_there_after_an_undo(run, sandbox, staff):
    row = free(run).iloc[0]
    staff.write("TagsAdd", id=row.order_id, tags=["unfulfilled"])
    run.mark("unfulfill", fulfillment_ids=[row.fulfillment_id])

    run.apply(run.plan(tag="unfulfilled", untag="never there").digest).check()
    run.undo_workbench().apply(run.undo().digest).check()

    assert sent(sandbox) == ["tagsAdd", "fulfillmentCancel", "fulfillmentCreate"]
    assert "unfulfilled" in read_orders(run.shop, [row.order_id])[row.order_id].tags


# A request to a service


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "the service was asked and has not answered yet"),
        ("accept", "the service has agreed to stop"),
        ("reject", "the service was asked and refuses to stop"),
    ],
)
def test_a_service_is_asked_to_stop_and_its_answer_is_told(run, sandbox, answer, words):
    made = run.run.load_table(FULFILLMENTS)
    (working,) = made.loc[made["status"].isin(["PENDING", "OPEN"]), "fulfillment_id"]
    sandbox.control("switches", {"service_answer": answer})
    proposed = run.propose()
    assert proposed.set_index("fulfillment_id").loc[working, "decision"] == "request_cancellation"
    others = proposed.loc[proposed["fulfillment_id"] != working, "fulfillment_id"]
    run.mark("", fulfillment_ids=list(others))

    run.apply(run.plan(tag="asked").digest).check()

    assert sent(sandbox) == ["fulfillmentOrderSubmitCancellationRequest", "tagsAdd"]
    verdict = verdicts(run)["m0001-request"]
    assert (verdict.kind, verdict.message) == (VerdictKind.CONFIRMED, words)
    assert rows_of(run) == [("request_cancellation", "OK")]
    undo = run.undo()
    assert [skip.reason for skip in undo.skips] == ["not_by_us"]
    assert [change.kind for change in undo.changes] == ["TagOrder"]


def test_what_was_asked_already_is_not_asked_again(run, workbench):
    made = run.run.load_table(FULFILLMENTS)
    (working,) = made.loc[made["status"].isin(["PENDING", "OPEN"]), "fulfillment_id"]
    run.mark("request_cancellation", fulfillment_ids=[working])
    run.apply(run.plan().digest).check()
    second = workbench("second")
    second.export()
    second.audit()
    second.mark("request_cancellation", fulfillment_ids=[working])

    (skip,) = second.plan().skips

    assert (skip.reason, "was asked already" in skip.message) == ("not_requestable", True)


# Counted stock


class Shelf:
    """Two items that are in a marked fulfillment, and one that is not, at one location each."""

    def __init__(self, run, tmp_path):
        self.run = run
        self.file = tmp_path / "count.csv"
        levels = run.run.load_table(INVENTORY_LEVELS)
        levels = levels[levels["tracked"].fillna(False) & levels["sku"].notna()]
        levels = levels.drop_duplicates(["sku", "location_id"], keep=False)
        self.levels = levels.set_index(["inventory_item_id", "location_id"])
        items = run.run.load_table(LINE_ITEMS).set_index("line_item_id")["inventory_item_id"]
        self.chosen, self.units = {}, {}
        for row in free(run).itertuples():
            lines = lines_of(run, row.fulfillment_id)
            places = {(items[line], row.location_id) for line in lines["line_item_id"]}
            if places <= {*self.levels.index} and not places & {*self.units} and len(self.chosen) < 2:
                self.chosen[row.fulfillment_id] = min(places)
                for line in lines.itertuples():
                    place = (items[line.line_item_id], row.location_id)
                    self.units[place] = self.units.get(place, 0) + line.quantity
        assert len(self.chosen) == 2
        self.wrong, self.explained = self.chosen.values()
        self.other = next(place for place in self.levels.index if place not in self.units)

    def count(self, **counted):
        """Audit with a count of these places, by their name here; units beside what is on hand now."""
        lines = ["SKU,Location,Counted"]
        for name, more in counted.items():
            level = self.levels.loc[getattr(self, name)]
            lines.append(f"{level.sku},{level.location_name},{level.on_hand + more}")
        self.file.write_text("\n".join(lines) + "\n")
        self.run.audit(stock_count=self.file)

    def on_hand(self, name):
        place = getattr(self, name)
        return read_level_states(self.run.shop, [place[0]])[place].on_hand - self.levels.loc[place].on_hand

    def move(self, staff, name, delta):
        """Somebody else sets the stock."""
        item, location = place = getattr(self, name)
        now = read_level_states(self.run.shop, [item])[place].on_hand
        quantity = {"inventoryItemId": item, "locationId": location, "quantity": now + delta}
        staff.write(
            "InventorySetQuantities",
            input={
                "name": "on_hand",
                "reason": "correction",
                "quantities": [{**quantity, "changeFromQuantity": now}],
            },
            key=str(uuid.uuid4()),
        )


@pytest.fixture
def shelf(run, tmp_path):
    return Shelf(run, tmp_path)


def test_stock_is_set_to_the_count_after_the_cancels_and_taken_back_before_them(run, sandbox, shelf):
    explained, wrong = (shelf.units[place] for place in (shelf.explained, shelf.wrong))
    shelf.count(explained=explained, wrong=wrong + 3, other=2)
    run.mark("unfulfill", fulfillment_ids=list(shelf.chosen))
    plan = run.plan(set_on_hand=True)
    assert sorted(c.action.cancelled_units for c in plan.changes if isinstance(c.action, SetOnHand)) == [
        0,
        wrong,
    ]

    run.apply(plan.digest).check()

    assert sent(sandbox) == ["fulfillmentCancel"] * 2 + ["inventorySetQuantities"] * 2
    names = ("explained", "wrong", "other")
    assert [shelf.on_hand(name) for name in names] == [explained, wrong + 3, 2]
    assert set(run.verify().counts) == {"confirmed"}
    assert rows_of(run)[2:] == [("set on hand", "OK")] * 2
    run.report()

    undo = run.undo()
    run.undo_workbench().apply(undo.digest).check()

    assert [change.kind for change in undo.changes[:2]] == ["SetOnHand", "SetOnHand"]
    assert [shelf.on_hand(name) for name in names] == [0, 0, 0]
    again = run.undo_workbench().undo()
    run.undo_workbench().undo_workbench().apply(again.digest).check()
    assert [shelf.on_hand(name) for name in names] == [explained, wrong + 3, 2]


def test_a_plan_of_stock_alone_is_shown_and_applied(run, sandbox, shelf):
    shelf.count(other=-1)

    run.apply(run.plan(set_on_hand=True).digest).check()

    assert sent(sandbox) == ["inventorySetQuantities"]
    assert shelf.on_hand("other") == -1
    assert set(run.verify().counts) == {"confirmed"}


def test_stock_that_moved_after_the_plan_is_stale_and_before_it_a_skip(run, sandbox, shelf, staff):
    shelf.count(wrong=5, other=2)
    shelf.move(staff, "other", -1)
    plan = run.plan(set_on_hand=True)
    shelf.move(staff, "wrong", -1)

    applied = run.apply(plan.digest)

    assert [skip.reason for skip in plan.skips] == ["moved_since_count"]
    assert [outcome.result for outcome in applied.outcomes] == [Result.STALE]
    assert "sold or counted since" in applied.outcomes[0].message
    assert sent(sandbox) == ["inventorySetQuantities"] * 2  # both theirs


def test_stock_whose_answer_was_lost_is_set_once(run, sandbox, shelf):
    shelf.count(other=4)
    sandbox.control("faults", {"add": {"kind": "reset_after", "field": "inventorySetQuantities", "count": 1}})

    run.apply(run.plan(set_on_hand=True).digest).check()

    assert sent(sandbox) == ["inventorySetQuantities"]
    assert shelf.on_hand("other") == 4


def test_stock_whose_answer_was_lost_and_that_is_then_refused_needs_a_person(run, sandbox, shelf):
    shelf.count(other=4)
    for kind in ("reset_after", "user_error"):
        sandbox.control("faults", {"add": {"kind": kind, "field": "inventorySetQuantities", "count": 1}})

    applied = run.apply(run.plan(set_on_hand=True).digest)

    (outcome,) = applied.outcomes
    assert outcome.result is Result.NEEDS_PERSON
    assert "on hand was 3, should be 7, is 7" in outcome.message


def test_stock_waits_while_an_order_is_half_done(run, sandbox, shelf):
    first = next(iter(shelf.chosen))
    row = free(run).set_index("fulfillment_id", drop=False).loc[first]
    shelf.count(wrong=7)
    choose_part(run, row)
    plan = run.plan(set_on_hand=True)
    sandbox.control("faults", {"add": {"kind": "user_error", "field": "fulfillmentCreate", "count": 1}})

    half = run.apply(plan.digest)
    whole = run.apply(plan.digest)

    assert (half.counts, whole.counts) == ({"applied": 1}, {"applied": 3})
    assert sent(sandbox) == ["fulfillmentCancel", "fulfillmentCreate", "inventorySetQuantities"]
    assert shelf.on_hand("wrong") == 7


def test_a_rest_that_is_refused_in_three_runs_is_handed_to_a_person(run, sandbox, shelf):
    first = next(iter(shelf.chosen))
    row = free(run).set_index("fulfillment_id", drop=False).loc[first]
    shelf.count(wrong=7)
    choose_part(run, row)
    plan = run.plan(set_on_hand=True)
    sandbox.control("faults", {"add": {"kind": "user_error", "field": "fulfillmentCreate", "count": None}})

    ended = [run.apply(plan.digest) for _ in range(3)]

    assert [applied.counts for applied in ended[:2]] == [{"applied": 1}] * 2
    assert ended[2].paused == ""
    rest = next(outcome for outcome in ended[2].outcomes if outcome.change_id == "m0001-rest")
    assert rest.result is Result.NEEDS_PERSON
    assert rest.message.endswith("; tried in 3 runs: fulfil the rest of the order in the admin")
    assert verdicts(run)["m0001-rest"].message.startswith("half done")
    assert len(ended[2].outcomes) == len(plan.changes)


def test_without_a_count_no_stock_can_be_set(workbench, sandbox):
    sandbox.world.with_name(sandbox.world.name + ".count.csv").unlink()
    run = workbench("uncounted")
    run.export()
    run.audit()

    with pytest.raises(ParameterRefused, match="needs a count"):
        run.plan(set_on_hand=True)
