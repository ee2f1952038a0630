"""What a report is made from. Any part may be missing: a run that was only audited has a report too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from unfulfill.audit import Audit
from unfulfill.first_contact import FirstContact
from unfulfill.model import Outcome, Plan, ShopIdentity, Verdict
from unfulfill.report.redacting import Customers
from unfulfill.verify import StockRow

AUDITED = ("findings", "stock", "evidence", "causes", "incidents")  # what an audit fills


def parts_of(audit: Audit) -> dict[str, Any]:
    """An audit as fields of ReportData."""
    return {name: getattr(audit, name) for name in AUDITED}


@dataclass(frozen=True)
class ReportData:
    """Everything that one report shows."""

    run: str
    shop: ShopIdentity
    made_at: datetime  # the shop's clock
    manifest: Mapping[str, Any] = field(default_factory=dict)  # of the export, as JSON
    findings: pd.DataFrame | None = None  # FINDINGS
    stock: pd.DataFrame | None = None  # STOCK
    evidence: pd.DataFrame | None = None  # EVIDENCE
    causes: pd.DataFrame | None = None  # CAUSES
    incidents: pd.DataFrame | None = None  # INCIDENTS
    fulfillments: pd.DataFrame | None = None  # FULFILLMENTS
    marks: pd.DataFrame | None = None  # MARKS
    plan: Plan | None = None
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)  # by change id
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)  # by change id
    stock_moved: Sequence[StockRow] | None = None  # as it should and did, where it was read before and after
    journal_head: str = ""
    undone: Mapping[str, int] = field(default_factory=dict)  # changes of the undo by result; empty: none
    first_contact: FirstContact | None = None  # what one order showed before the others
    customers: Customers = field(default_factory=Customers)
