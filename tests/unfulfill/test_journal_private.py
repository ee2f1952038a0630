"""No journal of a whole run holds a token or anything of a customer, whatever kinds of changes were made."""

import json

import requests
from contacts import quiet_orders, rows

from unfulfill.journal import read_journal

EVERY_KIND = {
    "FulfillmentCancel",
    "FulfillmentOrderHold",
    "TagsAdd",
    "FulfillmentOrderReleaseHold",
    "FulfillmentCreate",
    "TagsRemove",
    "OrderClose",
}
PEOPLE = 'select customer_name, email, note from "order"'
THINGS = 'select l.name, o.tags from line l join "order" o on o.id = l.order_id'  # may be in a journal


def test_no_journal_of_a_whole_run_holds_a_token_or_anything_of_a_customer(workbench, sandbox):
    bench = workbench(with_audit=True)
    sandbox.control("switches", {"auto_archive": False})
    names = [*quiet_orders(sandbox, archived=True)[:2], *quiet_orders(sandbox, tracking=True)[:2]]
    contact = bench.first_contact(names[0])
    bench.first_contact(names[0], contact.digest)
    marks = bench.marks()
    chosen = marks.loc[marks["order_name"].isin(names[1:]), "fulfillment_id"].tolist()
    bench.mark("hold", fulfillment_ids=chosen, reason="never left")
    bench.apply(bench.plan(tag="unfulfilled").digest)
    for field in (
        "fulfillmentCreate",
        "tagsRemove",
    ):  # so that a refusal and an unknown outcome are written too
        sandbox.control("faults", {"add": {"kind": "reset_after", "field": field, "count": 1}})
    sandbox.control(
        "faults",
        {"add": {"kind": "user_error", "field": "fulfillmentOrderReleaseHold", "count": 1, "message": "no"}},
    )
    bench.undo_workbench().apply(bench.undo().digest)

    journals = sorted(bench.run.folder.rglob("journal.sqlite"))
    held = "".join(path.read_bytes().decode(errors="replace") for path in journals)

    events = [event for path in journals for event in read_journal(path)]
    assert len(journals) == 4
    assert {event.body.get("operation") for event in events} - {None} == EVERY_KIND
    assert {event.event for event in events} >= {"PLAN", "INTENT", "APPLIED", "UNKNOWN", "REFUSED"}
    assert all(name in held for name in names)  # so would a customer be found
    things = str(rows(sandbox, THINGS))
    people = {text for row in rows(sandbox, PEOPLE) for text in row if text and text not in things}
    assert len(people) > 100
    assert [
        text for text in people if text in held or json.dumps(text, ensure_ascii=False)[1:-1] in held
    ] == []
    assert sandbox.token not in held
    assert requests.utils.quote(sandbox.token) not in held
