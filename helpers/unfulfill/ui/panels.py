"""The panels for a person in JupyterLab; where nobody sits there, a sentence that says how to do it."""

from typing import Any

from unfulfill.audit import Audit
from unfulfill.model import Plan
from unfulfill.ui.session import is_interactive
from unfulfill.ui.shown import say
from unfulfill.workbench import Workbench


def marking_panel(wb: Workbench) -> Any:
    """The table with tick boxes, filters and reasons; every edit is saved to marks.csv at once."""
    if not is_interactive():
        return say(f"In JupyterLab the rows are ticked here. Without it: edit {wb.run.path('marks.csv')}.")
    from unfulfill.ui.marking import MarkingPanel

    return MarkingPanel(wb).widget


def audit_panel(wb: Workbench, audit: Audit) -> Any:
    """Drop a count file, mark an incident or an explanation by one click, look into one item."""
    if not is_interactive():
        return say("In JupyterLab a count is dropped here. Without it: give it as the parameter stock_count.")
    from unfulfill.ui.auditing import AuditPanel

    return AuditPanel(wb, audit).widget


def connect_panel() -> Any:
    """Check what opens a shop of your own, and store it as a profile: as `unfulfill connect` does in a terminal."""
    if not is_interactive():
        return say(
            "In JupyterLab a shop is connected here. Without it: run `unfulfill connect` in a terminal."
        )
    from unfulfill.ui.connecting import ConnectPanel

    return ConnectPanel().widget


def apply_panel(wb: Workbench, plan: Plan, *, bulk: bool = False) -> Any:
    """Approve the plan by typing its number of orders, apply it, stop it. `bulk` as in `Workbench.apply`."""
    if not is_interactive():
        return say(
            "In JupyterLab the plan is approved here. Without it: give its digest as the parameter approve."
        )
    from unfulfill.ui.applying import ApplyPanel

    return ApplyPanel(wb, plan, bulk=bulk).widget


def first_contact_panel(wb: Workbench) -> Any:
    """Try one order there and back, approved by its name, and see what the shop really does."""
    if not is_interactive():
        return say(
            "In JupyterLab one order is tried here. Without it: unfulfill run 0_start --run RUN -p first_contact "
            '"#1001" shows what would happen and a digest; the same with -p approve DIGEST does it.'
        )
    from unfulfill.ui.contacting import FirstContactPanel

    return FirstContactPanel(wb).widget
