"""A few of the orders that still wait get something that a person should see before they ship."""

import json

from sandbox_shop.world import World

# What each of the first waiting web orders gets: a risk, and parts of the address that are taken away.
DOUBTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("CANCEL", ()),
    ("ACCEPT", ("address1",)),
    ("INVESTIGATE", ()),
    ("ACCEPT", ("zip", "city")),
)


def add_doubts(world: World) -> None:
    """Change risk and address of the first orders of the web that nothing was fulfilled of; ids stay as they are."""
    waiting = world.rows(
        """select id, address from "order" where source_name = 'web' and fulfillment_status = 'UNFULFILLED'
        and cancelled_at is null and closed_at is null and address is not null order by id limit ?""",
        len(DOUBTS),
    )
    for row, (risk, missing) in zip(waiting, DOUBTS, strict=False):
        address = {name: value for name, value in json.loads(row["address"]).items() if name not in missing}
        world.update("order", row["id"], risk=risk, address=json.dumps(address, ensure_ascii=False))
