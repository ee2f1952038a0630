"""Which fulfillments the workbench itself cancelled, from the journals of a run and of its neighbours."""

from collections.abc import Iterator
from pathlib import Path

from unfulfill.errors import RunFolderRefused
from unfulfill.journal import Event, read_journal
from unfulfill.run import JOURNAL, RUN_FILE, Run

PARTS = ("", "undo", "first_contact")  # folders of a run that have a journal of their own
WITHOUT_EFFECT = ("NOT_APPLIED", "REFUSED", "STALE", "ALREADY_DONE", "BLOCKED")


def cancelled_by_workbench(run: Run, shop_id: str) -> frozenset[str]:
    """Ids of the fulfillments cancelled by this run or by another run folder beside it of the same shop.

    A cancel whose outcome is unknown counts. Raises RunFolderRefused where a journal of this run is damaged; a
    damaged one of a neighbour is passed over.
    """
    found = {id_ for path in _journals(run.folder) for id_ in _cancelled(read_journal(path))}
    for folder in sorted(run.folder.parent.iterdir()):
        if folder == run.folder or not _is_of_shop(folder, shop_id):
            continue
        for path in _journals(folder):
            try:
                found.update(_cancelled(read_journal(path)))
            except (RunFolderRefused, AttributeError):  # the latter: rows that no journal of ours has
                continue
    return frozenset(found)


def _journals(folder: Path) -> Iterator[Path]:
    return (path for part in PARTS if (path := folder / part / JOURNAL).is_file())


def _is_of_shop(folder: Path, shop_id: str) -> bool:
    try:
        return bool(Run(folder).load_json(RUN_FILE, "export").get("shop_id") == shop_id)
    except (RunFolderRefused, AttributeError):
        return False


def _cancelled(events: list[Event]) -> set[str]:
    """What was asked to be cancelled and, as far as the journal knows, may have been."""
    asked: dict[tuple[str, str], str] = {}
    last: dict[tuple[str, str], str] = {}
    for event in events:
        change = (event.plan, event.change)
        last[change] = event.event
        if event.event == "INTENT" and event.body.get("operation") == "FulfillmentCancel":
            asked[change] = str(event.body.get("variables", {}).get("id"))
    return {id_ for change, id_ in asked.items() if last[change] not in WITHOUT_EFFECT}
