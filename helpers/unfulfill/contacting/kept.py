"""What a first contact keeps in the run folder, each file written whole or not at all."""

from pathlib import Path
from typing import Any

from unfulfill.errors import RunFolderRefused
from unfulfill.first_contact import FirstContact, Glimpse, record_from_json, record_to_json
from unfulfill.journal import Event, read_journal
from unfulfill.model import from_json, to_json
from unfulfill.run import FIRST_CONTACT_FILE, JOURNAL, Run
from unfulfill.words import said

BEFORE, BETWEEN, AFTER = "before.json", "between.json", "after.json"
SECONDS = "seconds.json"
EARLIER = "earlier"
NO_EFFECT = ("REFUSED", "STALE", "ALREADY_DONE", "BLOCKED")


def load_first_contact(run: Run) -> FirstContact | None:
    """The newest first contact of a run; None where there was none. Raises RunFolderRefused for a damaged file."""
    if not run.has(FIRST_CONTACT_FILE):
        return None
    plain = _loaded(run, FIRST_CONTACT_FILE)
    try:
        return record_from_json({name: value for name, value in plain.items() if name != EARLIER})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        path = run.path(FIRST_CONTACT_FILE)
        raise RunFolderRefused(said("contact_error.record_damaged", path=path, why=error)) from None


def save_first_contact(run: Run, contact: FirstContact) -> FirstContact:
    """Write first_contact.json. Another plan's record that stands there is kept under "earlier"."""
    old: dict[str, Any] = _loaded(run, FIRST_CONTACT_FILE) if run.has(FIRST_CONTACT_FILE) else {}
    earlier = old.pop(EARLIER, [])
    if old and old.get("digest") != contact.digest:
        earlier = [old, *earlier]
    run.save_json(FIRST_CONTACT_FILE, {**record_to_json(contact), EARLIER: earlier})
    return contact


def load_glimpse(run: Run, name: str) -> Glimpse | None:
    """A reading that was kept; None where there is none."""
    if not run.has(name):
        return None
    try:
        return from_json(Glimpse, _loaded(run, name))
    except (KeyError, TypeError, ValueError) as error:
        message = said("contact_error.reading_damaged", path=run.path(name), why=error)
        raise RunFolderRefused(message) from None


def save_glimpse(run: Run, name: str, glimpse: Glimpse) -> Glimpse:
    """Keep a reading."""
    run.save_json(name, to_json(glimpse))
    return glimpse


def load_seconds(run: Run) -> dict[str, float]:
    """How long the steps took, as far as they were measured."""
    return dict(_loaded(run, SECONDS)) if run.has(SECONDS) else {}


def set_aside(folder: Path) -> None:
    """Move a folder out of the way under the first free number: first_contact.1, .2, …"""
    number = 1
    while (target := folder.with_name(f"{folder.name}.{number}")).exists():
        number += 1
    folder.rename(target)


def may_be_in_effect(run: Run) -> bool:
    """Whether a change of the run's plan was applied, or may have been: its last row does not say that it was not."""
    if not run.has(JOURNAL):
        return False
    digest = run.load_plan().digest
    last: dict[str, Event] = {}
    for event in read_journal(run.path(JOURNAL)):
        if event.plan == digest and event.change:
            last[event.change] = event
    return any(not _had_no_effect(event) for event in last.values())


def _loaded(run: Run, name: str) -> Any:
    return run.load_json(name, said("contact_error.anew"))


def _had_no_effect(event: Event) -> bool:
    return event.event in NO_EFFECT or (event.event == "NOT_APPLIED" and not event.body.get("lost"))
