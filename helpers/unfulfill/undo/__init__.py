"""What was applied, and a fresh reading → an ordinary Plan that takes it back. Pure.

It restores what ships (lines, quantities, tracking, location, no e-mail), not the old ids: a cancelled
fulfillment stays cancelled, a new one takes its place. What cannot be given back is a skip that says why.
"""

from unfulfill.undo.joining import join_plans
from unfulfill.undo.obstacles import hold_reasons, since_obstacle
from unfulfill.undo.planning import plan_undo

__all__ = ["hold_reasons", "join_plans", "plan_undo", "since_obstacle"]
