"""The façade that notebooks and widgets call: one method a verb, each reading and writing the run folder.

    export → audit → mark → plan → apply → verify → report        undo → plan → apply → …

A method reads what earlier steps wrote, does its step, writes its file and returns what it wrote. Any of
them can be called again; nothing but `apply` writes to a shop, and only with the digest of the plan.
"""

from unfulfill.workbench.opening import SANDBOX, open_workbench, start_sandbox
from unfulfill.workbench.workbench import Workbench

__all__ = ["SANDBOX", "Workbench", "open_workbench", "start_sandbox"]
