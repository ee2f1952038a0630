"""The first contact with a shop: one order cancelled, read, undone and read again, by the ordinary apply.

What is read and concluded stands in `unfulfill.first_contact` (pure); here are the steps, and what they keep:

    first_contact.json        the record: newest first contact, earlier ones below it
    first_contact/            a run folder of its own: plan.json, journal.sqlite, undo/ …
        before.json           the order before the cancel
        between.json          … after it
        after.json            … after the undo
        seconds.json          how long the steps took

Killed anywhere, the same call goes on: the journals say what was sent, and nothing is cancelled twice.
"""

from unfulfill.contacting.going import Surroundings
from unfulfill.contacting.kept import load_first_contact
from unfulfill.contacting.steps import run_first_contact

__all__ = ["Surroundings", "load_first_contact", "run_first_contact"]
