"""`unfulfill journal`: what was sent to the shop and what came of it, a line an event; and the proof of it.

It reads the journal and, for the names of orders, plan.json beside it; no shop. What was seen before a request was
sent is left out of the lines; it stands in the file, and in the JSON.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unfulfill.errors import RunFolderRefused
from unfulfill.journal.chain import Event, iter_journal, journal_hashes
from unfulfill.redaction import printable, without_secrets
from unfulfill.words import said

JOURNAL = "journal.sqlite"
PLAN = "plan.json"
REPORT = "report.html"
HEAD_IN_REPORT = re.compile(  # by its mark; by its English in reports of earlier versions
    r'(?:<dd id="journal-head">|<dt>Head of the journal</dt><dd>)<code>([0-9a-f]{64})</code>'
)
SAYINGS = {  # what a body may hold, in this order, and how a line says it
    "approved_by": "approved by {}",
    "changes": "{} changes",
    "operation": "{}",
    "evidence": "{}",
    "created_id": "made {}",
    "message": "{}",
}


def journal_lines(folder: Path) -> Iterator[str]:
    """A line an event, safe for a terminal: number, time, order, change, event, words.

    Raises RunFolderRefused at the first row that is not proven by the chain.
    """
    names = _order_names(folder)
    name_width = max(map(len, names.values()), default=0)
    for event in iter_journal(folder / JOURNAL):
        name = names.get((event.plan, event.change), "")
        who = f"{name:<{name_width}}  " if names else ""
        change = event.change or f"plan {event.plan[:8]}"
        yield _safe(f"{event.seq:>6}  {event.at}  {who}{change:<16}  {event.event:<12}  {_words(event)}")


def journal_json(folder: Path) -> Iterator[str]:
    """A JSON object an event, everything in it; ASCII. Raises as journal_lines."""
    names = _order_names(folder)
    for event in iter_journal(folder / JOURNAL):
        yield json.dumps({**vars(event), "order": names.get((event.plan, event.change), "")})


def prove(folder: Path, head: str = "") -> Iterator[str]:
    """What the journal proves, in lines: its rows and its head, and whether the report and `head` are of it.

    Raises RunFolderRefused at the first row that does not fit, and where a head is of none of its rows: then rows
    were cut from its end. A head of an earlier row is a report that was made before the last rows.
    """
    path = folder / JOURNAL
    hashes = journal_hashes(path)
    found = _head_in_report(folder / REPORT)
    heads = {f"{folder / REPORT}": found, "--head": head.strip().lower()}
    rows = {source: _row(path, hashes, wanted, source) for source, wanted in heads.items() if wanted}
    yield f"{path}: {len(hashes):,} rows, chain unbroken, head {hashes[-1] if hashes else 'none'}"
    for source, row in rows.items():
        later = len(hashes) - row
        yield (
            f"{source}: the same head" if not later else f"{source}: of row {row:,}; {later:,} came after it"
        )


def _row(path: Path, hashes: list[str], head: str, source: str) -> int:
    if head not in hashes:
        told = {"head": head[:64], "source": source}
        raise RunFolderRefused(said("journal_error.no_such_head", file=path, count=len(hashes), **told))
    return hashes.index(head) + 1


def _head_in_report(path: Path) -> str:
    try:
        found = HEAD_IN_REPORT.search(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return found[1] if found else ""


def _order_names(folder: Path) -> dict[tuple[str, str], str]:
    """By plan and change, the name of the order. Empty where there is no plan, or it is not as it was made."""
    try:
        plain = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        digest = plain.pop("digest")
        canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if digest != hashlib.sha256(canonical.encode()).hexdigest():
            return {}
        return {(digest, change["id"]): str(change["order_name"]) for change in plain["changes"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _words(event: Event) -> str:
    body: dict[str, Any] = event.body
    words = [saying.format(body[name]) for name, saying in SAYINGS.items() if body.get(name)]
    again = [f"attempt {event.attempt}"] if event.attempt > 1 else []
    return ", ".join([*words, *again])


def _safe(line: str) -> str:
    return without_secrets(printable(line)).rstrip()
