"""Plan × Shop × Journal → outcomes. The only package that writes to a shop.

The life of one change, in this order (`engine.py`):

    1. look        read what the change touches, just now
    2. check       done already by someone else? moved since the plan? Then nothing is sent
    3. intent      journal the request and what was seen, durable
    4. send        once
    5. outcome     journal what the shop answered
    6. read back   where the answer is lost: look for the event itself, wait, look again; never send blindly

Starting again with the same plan is the way to resume: intents without an outcome are read back first.
"""

from unfulfill.apply.engine import Applied, Engine, check_approval, outcomes_of
from unfulfill.apply.ours import cancelled_by_workbench

__all__ = ["Applied", "Engine", "cancelled_by_workbench", "check_approval", "outcomes_of"]
