"""The panels for a person in JupyterLab; where nobody sits there, a sentence that says how to do it."""

from typing import Any

from unfulfill.audit import Audit
from unfulfill.model import Plan
from unfulfill.ui.session import is_interactive
from unfulfill.ui.shown import near, say
from unfulfill.words import said
from unfulfill.workbench import Workbench


def marking_panel(wb: Workbench) -> Any:
    """The table with tick boxes, filters and reasons; every edit is saved to marks.csv at once."""
    if not is_interactive():
        return say(said("panels.marking", file=near(wb.run.path("marks.csv"))))
    from unfulfill.ui.marking import MarkingPanel

    return MarkingPanel(wb).widget


def audit_panel(wb: Workbench, audit: Audit) -> Any:
    """Drop a count file, mark an incident or an explanation by one click, look into one item."""
    if not is_interactive():
        return say(said("panels.audit"))
    from unfulfill.ui.auditing import AuditPanel

    return AuditPanel(wb, audit).widget


def connect_panel() -> Any:
    """Check what opens a shop of your own, and store it as a profile: as `unfulfill connect` does in a terminal."""
    if not is_interactive():
        return say(said("panels.connect"))
    from unfulfill.ui.connecting import ConnectPanel

    return ConnectPanel().widget


def apply_panel(wb: Workbench, plan: Plan, *, bulk: bool = False) -> Any:
    """Approve the plan by typing its number of orders, apply it, stop it. `bulk` as in `Workbench.apply`."""
    if not is_interactive():
        return say(said("panels.apply"))
    from unfulfill.ui.applying import ApplyPanel

    return ApplyPanel(wb, plan, bulk=bulk).widget


def first_contact_panel(wb: Workbench) -> Any:
    """Try one order there and back, approved by its name, and see what the shop really does."""
    if not is_interactive():
        return say(said("panels.first_contact"))
    from unfulfill.ui.contacting import FirstContactPanel

    return FirstContactPanel(wb).widget
