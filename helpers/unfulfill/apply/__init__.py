"""Plan × Shop × Journal → outcomes. The only package that writes to a shop.

The life of one change, in this order (`engine.py`):

    1. look        read what the change touches, just now (`look.py`)
    2. check       done already by someone else? moved since the plan? Then nothing is sent (`kinds.py`)
    3. intent      journal the request, durable
    4. send        once
    5. outcome     journal what the shop answered
    6. settle      where the answer is lost: look for the event itself, wait, look again; never send blindly

Starting again with the same plan is the way to resume: intents without an outcome are settled first.
"""

from unfulfill.apply.approval import check_approval
from unfulfill.apply.engine import Engine
from unfulfill.apply.forecast import ApplyForecast, Situation, forecast_apply
from unfulfill.apply.ours import cancelled_by_workbench, journals_in, made_by_workbench
from unfulfill.apply.outcomes import Applied, outcomes_of
from unfulfill.apply.remembered import by_change, deferred, plans_in_journal

__all__ = [
    "Applied",
    "ApplyForecast",
    "Engine",
    "Situation",
    "by_change",
    "cancelled_by_workbench",
    "check_approval",
    "deferred",
    "forecast_apply",
    "journals_in",
    "made_by_workbench",
    "outcomes_of",
    "plans_in_journal",
]
