"""Unfulfill Workbench: find, cancel and prove Shopify fulfillments that were made by mistake.

`open_workbench` gives the workbench for a shop and a run folder; its methods are the verbs export, audit,
mark, plan, apply, verify, report and undo.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unfulfill.errors import WorkbenchError
    from unfulfill.export import Filters, Manifest
    from unfulfill.model import Decision, Limits, Mark, Outcome, Plan, Result, Verdict
    from unfulfill.workbench import Workbench, open_workbench

__all__ = [
    "Decision",
    "Filters",
    "Limits",
    "Manifest",
    "Mark",
    "Outcome",
    "Plan",
    "Result",
    "Verdict",
    "Workbench",
    "WorkbenchError",
    "open_workbench",
]

_HOMES = {
    "WorkbenchError": "unfulfill.errors",
    "Filters": "unfulfill.export",
    "Manifest": "unfulfill.export",
    "Workbench": "unfulfill.workbench",
    "open_workbench": "unfulfill.workbench",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import unfulfill` costs next to nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'unfulfill' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "unfulfill.model")), name)
