"""Every fault of the failure model at every kind of change, once and (one of each behaviour) from then on.

What each stands for is in README.md.
"""

from itertools import product

import pytest
from operators import Troubles
from situations import fresh_operator, situations
from sweeps import finish
from wire_faults import FAULTS, TYPICAL

NAMES = [name for name in FAULTS if name != "ok"]
KINDS = situations()


@pytest.mark.parametrize("situation", KINDS, ids=lambda situation: situation.name)
def test_a_fault_of_the_wire_loses_and_doubles_nothing(situation, disk):
    broken = {}
    for name in NAMES:
        once = Troubles(write_faults=(situation.operation, [name]))
        lasting = Troubles(lasting=(situation.operation, name))
        for how, troubles in (("once", once), *([("from then on", lasting)] if name in TYPICAL else [])):
            if violations := ended(situation, troubles, disk):
                broken[name, how] = violations

    assert broken == {}


@pytest.mark.parametrize("situation", KINDS, ids=lambda situation: situation.name)
def test_a_full_disk_loses_and_doubles_nothing(situation, disk):
    broken = {}
    for row, stays in product(("INTENT", "an outcome"), (False, True)):
        troubles = Troubles(full_on=(f"before recording {row} of {situation.change}", stays))
        if violations := ended(situation, troubles, disk):
            broken[row, stays] = violations

    assert broken == {}


def ended(situation, troubles, folder):
    """What is wrong after one troubled run and calm ones."""
    shop = situation.shop()
    operator = fresh_operator(shop, folder)
    since = len(shop.ledger.requests)
    end = operator.run(situation.plan, troubles)
    return finish(situation, operator, end, since).violations
