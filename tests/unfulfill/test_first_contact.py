"""One order there and back over HTTP; the referee is the sandbox's own file and ledger."""

import json
import os
import re
from contextlib import ExitStack

import pytest
from contacts import PERSON, UNTOUCHED, is_archived, mutate, open_order_of, quiet_orders, rows, truth, writes

from unfulfill.errors import (
    FinishedWithRefusals,
    GuardRefused,
    Locked,
    NeedsPerson,
    NotApproved,
    ParameterRefused,
    Paused,
    RunFolderRefused,
)
from unfulfill.journal import read_journal
from unfulfill.lock import lock_folder, shop_lock
from unfulfill.run import JOURNAL, Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop, read_open_fulfillment_orders
from unfulfill.workbench import Workbench

THERE_AND_BACK = ["fulfillmentCancel", "fulfillmentCreate"]
MOVE = """mutation M($id: ID!, $place: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $place) {
  userErrors { message } } }"""


@pytest.fixture
def bench(workbench):
    return workbench("run")


def go(bench, order):
    """Plan and approve."""
    return bench.first_contact(order, bench.first_contact(order).digest)


def answer(contact, words):
    """(expected, seen, agrees) of the one question with these words."""
    found = next(o for o in contact.observations if words in o.question)
    return found.expected, found.seen, found.agrees


def is_stock(observation):
    return re.fullmatch("Stock of .* after the cancel", observation.question)


def record(bench):
    return json.loads(bench.run.path("first_contact.json").read_text(encoding="utf-8"))


# There and back


@pytest.mark.parametrize(("archived", "tracking"), [(False, True), (True, False)])
def test_the_sandbox_as_it_is_does_what_is_expected_and_is_as_before_afterwards(
    bench, sandbox, archived, tracking
):
    order = quiet_orders(sandbox, archived=archived, tracking=tracking)[0]
    sandbox.control("switches", {"auto_archive": archived})
    before = truth(sandbox, order)

    contact = go(bench, order).check()

    assert [o.question for o in contact.disagreements] == []
    assert truth(sandbox, order) == before
    assert is_archived(sandbox, order) is archived
    assert writes(sandbox) == THERE_AND_BACK
    assert sandbox.control("email", {})["rows"] == []
    assert (contact.finished, contact.cancelled, contact.warnings) == (True, True, ())
    assert answer(contact, "May the token") == ("yes", "yes: the shop accepted it", True)
    assert answer(contact, "Name of the new")[1].endswith("-F2")
    assert "raised on hand and committed" in contact.stock
    for step in ("cancel", "undo"):
        seen = answer(contact, f"How long did the {step} take")[1]
        assert re.fullmatch(r"\d+\.\d s, read back after \d+\.\d s more", seen)


def test_stock_is_told_item_by_item_at_its_location_as_the_ledger_has_it(bench, sandbox):
    order = quiet_orders(sandbox, tracking=True)[0]

    contact = go(bench, order)

    moved = {}
    for row in sandbox.control("ledger", {})["rows"]:
        if row["reason"] == "fulfillment_cancelled":
            key = (row["item_id"], row["name"])
            moved[key] = moved.get(key, 0) + row["delta"]
    units = {item: delta for (item, name), delta in moved.items() if name == "committed"}
    told = [o.seen for o in contact.observations if is_stock(o)]
    assert sorted(told) == sorted(f"available ±0, committed +{n}, on hand +{n}" for n in units.values())
    assert told


def test_nothing_is_sent_before_the_digest_is_given(bench, sandbox):
    order = quiet_orders(sandbox)[0]

    contact = bench.first_contact(order)

    assert contact.plan.digest == contact.digest == bench.first_contact_workbench().load_plan().digest
    assert any("Cancel its fulfillment" in step for step in contact.will_happen)
    for wrong in ("yes", contact.digest[:-1], contact.digest.upper()):
        with pytest.raises(NotApproved):
            bench.first_contact(order, wrong)
    assert writes(sandbox) == []
    assert not bench.run.has("first_contact.json")
    assert not bench.run.has("first_contact/journal.sqlite")


def test_a_digest_approves_only_the_order_that_was_shown(bench, sandbox):
    first, second = quiet_orders(sandbox)[:2]
    digest = bench.first_contact(first).digest

    with pytest.raises(NotApproved, match=f"is for {first}, not for {second}"):
        bench.first_contact(second, digest)
    with pytest.raises(NotApproved):
        Workbench(bench.shop, Run(bench.run.folder.parent / "other"), lock="x").first_contact(first, digest)

    assert writes(sandbox) == []


def test_the_record_is_private_and_holds_no_token_customer_or_tracking_number(bench, sandbox):
    order = quiet_orders(sandbox, tracking=True)[0]
    ((customer, email, tracking),) = rows(sandbox, PERSON, order)

    go(bench, order)

    text = bench.run.path("first_contact.json").read_text(encoding="utf-8")
    numbers = [entry["number"] for entry in json.loads(tracking)]
    assert numbers
    assert not [secret for secret in (sandbox.token, customer, email, *numbers) if secret and secret in text]
    folder = bench.run.folder
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))} == {0}
    assert record(bench).keys() >= {
        "shop", "shop_id", "api_version", "taken_at", "order_id", "order_name", "fulfillment_id", "digest",
        "undo_digest", "observations", "finished", "warnings", "earlier",
    }  # fmt: skip


def test_the_plan_and_journal_of_the_run_itself_are_not_touched(bench, sandbox):
    bench.ensure("plan")
    before = bench.run.path("plan.json").read_bytes()
    planned = {change.order_name for change in bench.load_plan().changes}
    order = next(name for name in quiet_orders(sandbox) if name not in planned)

    go(bench, order).check()

    assert bench.run.path("plan.json").read_bytes() == before
    assert not bench.run.has(JOURNAL)
    assert bench.apply(bench.load_plan().digest).check()


# What this shop does, and not what is expected


@pytest.mark.parametrize(
    ("switches", "question", "seen"),
    [
        ({"cancel_stock": "available"}, "Stock of", r"available \+1, committed ±0, on hand \+1"),
        ({"closed_fo": "reopen"}, "Fulfillment order in which", "the same one as before, 1 unit"),
        ({"closed_fo": "reopen"}, "old, closed", "is not closed any more, 1 unit to do again"),
        ({"cancel_touches_order": False}, "count as changed", "no: its time of last change stayed the same"),
        ({"names_count_cancelled": False}, "Name of the new", "#[0-9]+-F1"),
        ({"reopen_on_cancel": False}, "open again by itself", "no: it stayed archived"),
        ({"auto_archive": False}, "archived again by itself", "not by itself: we archived it, as planned"),
    ],
)
def test_the_other_side_of_a_switch_is_told_as_seen_and_as_different(
    bench, sandbox, switches, question, seen
):
    orders = quiet_orders(sandbox, archived=True)
    order = next(name for name in orders if units_of(sandbox, name) == [1])
    before = truth(sandbox, order)
    sandbox.control("switches", switches)

    contact = go(bench, order).check()

    _, found, agrees = answer(contact, question)
    assert re.fullmatch(seen, found)
    assert agrees is False
    assert truth(sandbox, order) == before
    assert is_archived(sandbox, order)
    assert ("did something else" in contact.stock) is ("cancel_stock" in switches)


def units_of(sandbox, name):
    query = 'select l.quantity from line l join "order" o on o.id = l.order_id where o.name = ?'
    return [quantity for (quantity,) in rows(sandbox, query, name)]


def test_an_open_order_that_the_shop_archives_after_the_undo_is_told(bench, sandbox):
    order = quiet_orders(sandbox, archived=False)[0]

    contact = go(bench, order).check()

    assert answer(contact, "still open after the undo") == ("open", "archived by the shop", False)
    assert answer(contact, "Does an archived order open again")[2] is None


@pytest.mark.parametrize(
    ("switch", "seen", "agrees"), [("grow", "the same one as before", True), ("new", "a new one", False)]
)
def test_in_a_partly_fulfilled_order_the_same_fulfillment_order_is_expected_to_grow(
    bench, sandbox, staff, switch, seen, agrees
):
    order = fulfil_one_unit(sandbox, staff)
    sandbox.control("switches", {"partial_fo": switch})
    before = truth(sandbox, order)

    contact = go(bench, order).check()

    assert answer(contact, "Fulfillment order in which") == (
        "the same one as before, 1 unit",
        f"{seen}, 1 unit",
        agrees,
    )
    assert answer(contact, "Status of the order after the undo") == (
        "PARTIALLY_FULFILLED",
        "PARTIALLY_FULFILLED",
        True,
    )
    assert truth(sandbox, order) == before


def fulfil_one_unit(sandbox, staff):
    """Fulfil one unit of an order of more; its name."""
    id_, name = rows(sandbox, UNTOUCHED)[0]
    gid = f"gid://shopify/Order/{id_}"
    (opened,) = read_open_fulfillment_orders(staff, [gid])[gid]
    entry = {
        "fulfillmentOrderId": opened.id,
        "fulfillmentOrderLineItems": [{"id": opened.lines[0].id, "quantity": 1}],
    }
    payload = staff.write("FulfillmentCreate", fulfillment={"lineItemsByFulfillmentOrder": [entry]})
    assert payload["userErrors"] == []
    return name


# Orders that are no good


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("", ""),
        ("update fulfillment set status = 'CANCELLED' where order_id = :id", "nothing of it is fulfilled"),
        ("update fulfillment set delivered_at = '2026-10-01T08:00:00Z' where order_id = :id", "seems to have left"),
        ("update fulfillment set display_status = 'IN_TRANSIT' where order_id = :id", "seems to have left"),
        ("update fulfillment set display_status = 'LABEL_PRINTED' where order_id = :id", "shipping label"),
        ("update fulfillment set service_id = (select id from service where type = 'THIRD_PARTY') where order_id = :id",
         "only that service can do it again"),
        ("update fulfillment set service_id = (select id from service where type = 'GIFT_CARD') where order_id = :id",
         "gift card"),
        ("update \"order\" set cancelled_at = '2026-10-01T08:00:00Z' where id = :id", "it is cancelled"),
        ("update \"order\" set financial_status = 'PARTIALLY_REFUNDED' where id = :id", "is partially refunded"),
        ("update \"order\" set return_status = 'IN_PROGRESS' where id = :id", "a return is open"),
    ],
)  # fmt: skip
def test_an_order_that_is_no_good_is_refused_with_a_reason(bench, sandbox, change, words):
    order = quiet_orders(sandbox)[0]
    if not change:
        assert bench.first_contact(order).digest
        return
    edit(sandbox, change, order)

    with pytest.raises(GuardRefused, match=f"{order} is no good for a first contact: .*{words}"):
        bench.first_contact(order)

    assert writes(sandbox) == []


def edit(sandbox, change, order):
    import sqlite3

    ((id_,),) = rows(sandbox, 'select id from "order" where name = ?', order)
    with sqlite3.connect(sandbox.world) as connection:
        connection.execute(change, {"id": id_})
    connection.close()


def test_an_order_with_two_live_fulfillments_is_refused(bench, sandbox):
    ((order,),) = rows(
        sandbox,
        "select o.name from \"order\" o join fulfillment f on f.order_id = o.id where f.status = 'SUCCESS' and "
        "o.financial_status = 'PAID' and o.cancelled_at is null group by o.id having count(*) > 1 limit 1",
    )

    with pytest.raises(GuardRefused, match="2 live fulfillments"):
        bench.first_contact(order)


def test_an_order_is_found_by_name_with_or_without_its_sign_and_by_id(bench, sandbox):
    order = quiet_orders(sandbox)[0]
    ((number,),) = rows(sandbox, 'select id from "order" where name = ?', order)

    asked = [f" {order} ", order.removeprefix("#"), str(number), f"gid://shopify/Order/{number}"]

    assert [bench.first_contact(text).order_name for text in asked] == [order] * 4


@pytest.mark.parametrize(
    "asked", ["", "#99999", "99999", "gid://shopify/Order/1", "gid://shopify/Order/x", '"', "#1 OR 2"]
)
def test_an_order_that_the_shop_does_not_show_is_refused(bench, asked):  # fmt: skip
    with pytest.raises(ParameterRefused, match="such as #1001"):
        bench.first_contact(asked)


def test_a_name_that_two_orders_have_is_refused_with_their_ids(bench, sandbox):
    first, second = quiet_orders(sandbox)[:2]
    edit(sandbox, f"update \"order\" set name = '{first}' where id = :id", second)

    with pytest.raises(ParameterRefused, match="2 orders are called"):
        bench.first_contact(first)


def test_an_order_without_tracked_items_is_tried_with_a_warning(bench, sandbox):
    order = quiet_orders(sandbox)[0]
    edit(
        sandbox,
        "update item set tracked = 0 where id in (select item_id from line where order_id = :id)",
        order,
    )

    contact = go(bench, order).check()

    assert "nothing about stock" in contact.warnings[0]
    assert contact.stock == ""
    assert not [o for o in contact.observations if "Stock" in o.question]


# Interrupted, lost, refused


class Killed(BaseException):
    """As if the process had ended here."""


@pytest.mark.parametrize("step", [2, 3, 4, 5])
def test_killed_anywhere_the_same_call_goes_on_and_nothing_is_cancelled_twice(
    bench, workbench, sandbox, step
):
    order = quiet_orders(sandbox, tracking=True)[0]
    before, digest = truth(sandbox, order), bench.first_contact(order).digest

    def die(done, total, text=""):
        if done == step:
            raise Killed

    with pytest.raises(Killed):
        bench.first_contact(order, digest, progress=die)
    again = workbench("run")
    if step > 2:
        shown = again.first_contact(order)
        assert (shown.digest, shown.finished) == (digest, False)
        assert "was interrupted" in shown.will_happen[0]
    contact = again.first_contact(order, digest).check()

    assert contact.finished
    assert truth(sandbox, order) == before
    assert writes(sandbox) == THERE_AND_BACK


def test_until_the_undo_is_done_the_record_says_so(bench, sandbox):
    order = quiet_orders(sandbox)[0]
    digest = bench.first_contact(order).digest

    def die(done, total, text=""):
        if done == 4:
            raise Killed

    with pytest.raises(Killed):
        bench.first_contact(order, digest, progress=die)

    kept = bench.last_first_contact()
    assert (kept.finished, kept.cancelled) == (False, True)
    assert answer(kept, "Can the cancel be undone?")[2] is False
    with pytest.raises(Paused, match="undo is not done yet"):
        kept.check()


def test_no_other_order_is_tried_while_one_is_half_done(bench, sandbox):
    first, second = quiet_orders(sandbox)[:2]
    digest = bench.first_contact(first).digest

    def die(done, total, text=""):
        if done == 3:
            raise Killed

    with pytest.raises(Killed):
        bench.first_contact(first, digest, progress=die)

    for approve in ("", digest):
        with pytest.raises(GuardRefused, match=f"with {first} is not finished"):
            bench.first_contact(second, approve)


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_answers_that_are_lost_are_read_back_and_nothing_is_done_twice(bench, sandbox, kind):
    order = quiet_orders(sandbox, tracking=True)[0]
    before = truth(sandbox, order)
    for field in THERE_AND_BACK:
        sandbox.control("faults", {"add": {"kind": kind, "field": field, "count": 1}})

    contact = go(bench, order).check()

    assert contact.disagreements == () or [o.question for o in contact.disagreements] == [
        "Is the order still open after the undo, as before?"
    ]
    assert truth(sandbox, order) == before
    assert writes(sandbox) == THERE_AND_BACK
    assert sandbox.control("email", {})["rows"] == []


def test_a_refusal_of_the_cancel_is_recorded_in_shopifys_words_and_another_order_may_be_tried(bench, sandbox):
    first, second = quiet_orders(sandbox)[:2]
    before = truth(sandbox, first)
    words = "The label must be voided first"
    fault = {"kind": "user_error", "field": "fulfillmentCancel", "count": 1, "message": words}
    sandbox.control("faults", {"add": fault})

    refused = go(bench, first)

    with pytest.raises(FinishedWithRefusals, match=words):
        refused.check()
    assert words in answer(refused, "May the token")[1]
    assert answer(refused, "May the token")[2] is False
    assert (refused.finished, refused.cancelled, truth(sandbox, first)) == (True, False, before)
    assert go(bench, second).check().finished
    assert [old["order_name"] for old in record(bench)["earlier"]] == [first]
    assert bench.run.has("first_contact.1/journal.sqlite")


def test_a_token_that_may_not_cancel_is_told_and_the_same_call_goes_on_with_a_better_one(bench, sandbox):
    order = quiet_orders(sandbox)[0]
    scopes = ["read_orders", "read_all_orders", "read_merchant_managed_fulfillment_orders", "read_inventory",
              "read_locations", "read_products"]  # fmt: skip
    token = sandbox.control("tokens", {"scopes": scopes})["token"]
    with Shop(sandbox_settings(sandbox.url, token), sleep=lambda s: None) as poor:
        weak = Workbench(poor, bench.run, lock="poor", sleep=lambda s: None)
        contact = go(weak, order)

    with pytest.raises(Paused, match="Access denied for fulfillmentCancel field"):
        contact.check()
    assert "Access denied for fulfillmentCancel field" in answer(contact, "May the token")[1]
    assert (contact.finished, writes(sandbox)) == (False, [])
    assert bench.first_contact(order, contact.digest).check().finished


def test_a_rerouted_order_cannot_be_undone_by_us_until_a_person_moves_it_back(bench, sandbox):
    order = quiet_orders(sandbox, tracking=True)[0]
    before = truth(sandbox, order)
    (home,) = {location for *_, location in before["shipped"]}
    ((other,),) = rows(
        sandbox,
        "select id from location where id != ? and active = 1 and fulfills_online = 1 limit 1",
        home,
    )
    sandbox.control("switches", {"reroute_to": f"gid://shopify/Location/{other}"})

    contact = go(bench, order)

    with pytest.raises(NeedsPerson, match="A person must act in Shopify's admin"):
        contact.check()
    assert (contact.finished, contact.cancelled) == (False, True)
    assert answer(contact, "Location at which")[2] is False
    assert answer(contact, "Can the cancel be undone?")[1].startswith("not so far: it would ship from")
    assert len([o for o in contact.disagreements if is_stock(o)]) >= 2

    mutate(sandbox, MOVE, id=open_order_of(sandbox, order), place=f"gid://shopify/Location/{home}")
    finished = bench.first_contact(order, contact.digest).check()

    assert finished.finished
    assert answer(finished, "Can the cancel be undone?")[2] is True
    assert truth(sandbox, order) == before
    assert writes(sandbox) == ["fulfillmentCancel", "fulfillmentOrderMove", "fulfillmentCreate"]


def test_an_undo_that_shopify_refuses_needs_a_person_and_what_the_person_did_ends_it(bench, sandbox, staff):
    order = quiet_orders(sandbox)[0]
    words = "Not now"
    fault = {"kind": "user_error", "field": "fulfillmentCreate", "count": 1, "message": words}
    sandbox.control("faults", {"add": fault})

    contact = go(bench, order)

    with pytest.raises(NeedsPerson, match=words):
        contact.check()
    entry = {"fulfillmentOrderId": open_order_of(sandbox, order)}
    payload = staff.write("FulfillmentCreate", fulfillment={"lineItemsByFulfillmentOrder": [entry]})
    assert payload["userErrors"] == []
    ended = bench.first_contact(order, contact.digest)
    with pytest.raises(FinishedWithRefusals, match="Somebody else fulfilled"):
        ended.check()
    assert ended.finished
    assert bench.first_contact(order, contact.digest) == ended
    assert writes(sandbox) == THERE_AND_BACK


def test_an_order_that_could_not_be_archived_again_is_said(bench, sandbox):
    order = quiet_orders(sandbox, archived=True)[0]
    sandbox.control("switches", {"auto_archive": False})
    fault = {"kind": "user_error", "field": "orderClose", "count": 1, "message": "Not now"}
    sandbox.control("faults", {"add": fault})

    contact = go(bench, order)

    with pytest.raises(FinishedWithRefusals, match=r"not archived, as it was before: .*Not now"):
        contact.check()
    assert contact.finished
    assert answer(contact, "archived again by itself")[1:] == ("no: it is open", False)


def test_an_order_that_changed_since_the_plan_is_not_cancelled(bench, sandbox, staff):
    order = quiet_orders(sandbox)[0]
    contact = bench.first_contact(order)
    staff.write("TagsAdd", id=contact.order_id, tags=["called the customer"])

    stale = bench.first_contact(order, contact.digest)

    with pytest.raises(FinishedWithRefusals, match="order last changed was"):
        stale.check()
    assert answer(stale, "May the token")[2] is None
    assert writes(sandbox) == ["tagsAdd"]
    assert go(bench, order).check().finished


def test_an_order_that_somebody_cancelled_since_the_plan_is_refused(bench, sandbox, staff):
    contact = bench.first_contact(quiet_orders(sandbox)[0])
    staff.write("FulfillmentCancel", id=contact.fulfillment_id)

    with pytest.raises(GuardRefused, match="changed since the plan was made"):
        bench.first_contact(contact.order_name, contact.digest)


# Again


def test_while_somebody_else_applies_the_undo_waits_and_the_same_call_goes_on(bench, sandbox):
    order = quiet_orders(sandbox)[0]
    digest = bench.first_contact(order).digest
    held = ExitStack()

    def take_the_lock(done, total, text=""):
        if done == 4:
            held.enter_context(shop_lock(lock_folder(os.environ), bench._lock, "somebody"))

    with held, pytest.raises(Locked, match="somebody"):
        bench.first_contact(order, digest, progress=take_the_lock)

    assert bench.first_contact(order, digest).check().finished
    assert writes(sandbox) == THERE_AND_BACK


def test_what_went_well_is_shown_again_and_not_done_again(bench, workbench, sandbox):
    first, second = quiet_orders(sandbox)[:2]
    done = go(bench, first).check()
    events = len(read_journal(bench.run.path("first_contact/journal.sqlite")))

    shown = [workbench("run").first_contact(first, approve) for approve in ("", done.digest)]

    assert shown == [done, done] == [bench.last_first_contact()] * 2
    assert len(read_journal(bench.run.path("first_contact/journal.sqlite"))) == events
    assert writes(sandbox) == THERE_AND_BACK

    go(bench, second).check()

    assert record(bench)["order_name"] == second
    assert [old["order_name"] for old in record(bench)["earlier"]] == [first]


def test_a_damaged_record_is_refused_with_what_to_do(bench, sandbox):
    go(bench, quiet_orders(sandbox)[0])
    bench.run.path("first_contact.json").write_text('{"shop": 1}')

    with pytest.raises(RunFolderRefused, match="move it away"):
        bench.last_first_contact()
