"""How a first contact looks: what would happen, and then what this shop did; no decision in any of it."""

from unfulfill.ending import DONE, Ending
from unfulfill.errors import WorkbenchError
from unfulfill.first_contact import FirstContact
from unfulfill.ui.shown import Shown, below, say, table

AGREES = {True: "yes", False: "NO, different", None: "–"}
NOTE = (
    "Expected is what we infer; Shopify documents none of it. Sales of the same seconds are in the stock numbers. "
    "The same table stands in report.html."
)


def first_contact_view(contact: FirstContact | None) -> Shown:
    """The plan of a first contact with its digest, or its record; None: no order was named."""
    if contact is None:
        return say("No order was tried: the parameter first_contact is blank.")
    return _planned(contact) if contact.plan is not None else _recorded(contact)


def _planned(contact: FirstContact) -> Shown:
    text = (
        f"Order {contact.order_name} of {contact.shop} would be cancelled and undone at once, to see what the shop "
        "does. Nothing was sent for it yet."
    )
    if contact.cancelled:
        text = f"Order {contact.order_name} of {contact.shop} is in the middle of its first contact."
    head = say(text, "warn")
    steps = table(["Step", "What happens"], list(enumerate(contact.will_happen, 1)))
    parts = [steps, *(say(text, "warn") for text in contact.warnings)]
    if contact.observations:
        parts.append(_observations(contact))
    ending = Ending(
        3, f"The first contact with {contact.order_name} awaits approval: its digest is {contact.digest}."
    )
    return below(head, *parts, say(f"Digest of this plan: {contact.digest}", ending=ending))


def _recorded(contact: FirstContact) -> Shown:
    ending, tone = DONE, "good"
    text = f"First contact with {contact.order_name}: done, and its units are fulfilled again."
    try:
        contact.check()
    except WorkbenchError as error:
        ending, tone, text = Ending(error.exit_status, str(error)), "bad", str(error)
    parts = [say(text, tone, ending)]
    if contact.disagreements:
        number = len(contact.disagreements)
        text = "1 answer is not as expected: it says NO below."
        if number > 1:
            text = f"{number} answers are not as expected: they say NO below."
        parts.append(say(text, "warn"))
    parts += [say(warning, "warn") for warning in contact.warnings]
    return below(*parts, _observations(contact))


def _observations(contact: FirstContact) -> Shown:
    rows = [(seen.question, seen.expected, seen.seen, AGREES[seen.agrees]) for seen in contact.observations]
    return table(["Question", "Expected", "What this shop did", "As expected"], rows, NOTE)
