"""How a first contact looks: what would happen, and then what this shop did; no decision in any of it."""

from unfulfill.ending import DONE, Ending
from unfulfill.errors import WorkbenchError
from unfulfill.first_contact import FirstContact
from unfulfill.ui.shown import Shown, below, say, table
from unfulfill.words import headings, said


def first_contact_view(contact: FirstContact | None) -> Shown:
    """The plan of a first contact with its digest, or its record; None: no order was named."""
    if contact is None:
        return say(said("contact.none"))
    return _planned(contact) if contact.plan is not None else _recorded(contact)


def _planned(contact: FirstContact) -> Shown:
    key = "contact.in_the_middle" if contact.cancelled else "contact.would"
    head = say(said(key, order=contact.order_name, shop=contact.shop), "warn")
    steps = table(headings("step", "what_happens"), list(enumerate(contact.will_happen, 1)))
    parts = [steps, *(say(text, "warn") for text in contact.warnings)]
    if contact.observations:
        parts.append(_observations(contact))
    ending = Ending(3, said("contact.awaits_approval", order=contact.order_name, digest=contact.digest))
    return below(head, *parts, say(said("plan.digest", digest=contact.digest), ending=ending))


def _recorded(contact: FirstContact) -> Shown:
    ending, tone = DONE, "good"
    text = said("contact.done", order=contact.order_name)
    try:
        contact.check()
    except WorkbenchError as error:
        ending, tone, text = Ending(error.exit_status, str(error)), "bad", str(error)
    parts = [say(text, tone, ending)]
    if contact.disagreements:
        parts.append(say(said("contact.disagrees", count=len(contact.disagreements)), "warn"))
    parts += [say(warning, "warn") for warning in contact.warnings]
    return below(*parts, _observations(contact))


def _observations(contact: FirstContact) -> Shown:
    agrees = {True: said("shown.yes"), False: said("contact.different"), None: "–"}
    rows = [(seen.question, seen.expected, seen.seen, agrees[seen.agrees]) for seen in contact.observations]
    return table(headings("question", "expected", "what_shop_did", "as_expected"), rows, said("contact.note"))
