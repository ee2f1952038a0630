"""Fulfillments that look wrong, and stock that does not match the shelf. Pure: tables in, tables out."""

from unfulfill.audit.columns import AUDIT_COLUMNS
from unfulfill.audit.evidence import lock_reason, lock_reasons
from unfulfill.audit.findings import KINDS
from unfulfill.audit.reconcile import Snapshot
from unfulfill.audit.rules import was_cancelled_since
from unfulfill.audit.whole_shop import Audit, audit_shop

__all__ = [
    "AUDIT_COLUMNS",
    "KINDS",
    "Audit",
    "Snapshot",
    "audit_shop",
    "lock_reason",
    "lock_reasons",
    "was_cancelled_since",
]
