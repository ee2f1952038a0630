"""The journal: every intent before its call, every outcome after it; append-only, in one SQLite file.

Each row carries the hash of the row before it, so that a cut or an edit shows (`chain.py`). What was recorded is on
disk and survives a power cut; rows that several threads record at the same time share one write (`writing.py`).
It never holds a token or anything of a customer. `unfulfill journal` shows it (`view.py`).
"""

from unfulfill.journal.chain import (
    ENDS,
    Event,
    iter_journal,
    journal_hashes,
    journal_head,
    read_journal,
    verify_journal,
)
from unfulfill.journal.writing import Entry, Journal

__all__ = [
    "ENDS",
    "Entry",
    "Event",
    "Journal",
    "iter_journal",
    "journal_hashes",
    "journal_head",
    "read_journal",
    "verify_journal",
]
