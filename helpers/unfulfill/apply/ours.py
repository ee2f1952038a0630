"""What the workbench itself did to fulfillments, from the journals of a run and of its neighbours."""

from collections.abc import Iterator
from pathlib import Path

from unfulfill.errors import RunFolderRefused
from unfulfill.journal import Event, read_journal
from unfulfill.run import FIRST_CONTACT, FULFIL, JOURNAL, RUN_FILE, UNDO, Run

PARTS = (UNDO, FULFIL, FIRST_CONTACT)  # folders in a run that are runs themselves, one in another
WITHOUT_EFFECT = ("NOT_APPLIED", "REFUSED", "STALE", "ALREADY_DONE", "BLOCKED")


def cancelled_by_workbench(run: Run, shop_id: str) -> frozenset[str]:
    """Ids of the fulfillments cancelled by this run or by another run folder beside it of the same shop.

    A cancel whose outcome is unknown counts. Raises RunFolderRefused where a journal of this run is damaged; a
    damaged one of a neighbour is passed over.
    """
    found = {id_ for path in journals_in(run.folder) for id_ in _cancelled(read_journal(path))}
    for folder in sorted(run.folder.parent.iterdir()):
        if folder == run.folder or not _is_of_shop(folder, shop_id):
            continue
        for path in journals_in(folder):
            try:
                found.update(_cancelled(read_journal(path)))
            except (RunFolderRefused, AttributeError):  # the latter: rows that no journal of ours has
                continue
    return frozenset(found)


def made_by_workbench(folder: Path) -> frozenset[str]:
    """Ids of the fulfillments made by a run and by the runs inside it (undo, undo of the undo, fulfil).

    Raises RunFolderRefused where a journal is damaged.
    """
    return frozenset(
        event.body["created_id"]
        for path in journals_in(folder)
        for event in read_journal(path)
        if event.event == "APPLIED" and event.body.get("created_id")
    )


def journals_in(folder: Path) -> Iterator[Path]:
    """The journals of a run folder and of the run folders inside it, however deep."""
    if (folder / JOURNAL).is_file():
        yield folder / JOURNAL
    for part in PARTS:
        if (folder / part).is_dir() and not (folder / part).is_symlink():
            yield from journals_in(folder / part)


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
