"""A fleet: the same schedule for many shops, on one machine or on many, through Dask.

1. read       fleet.toml, the schedule in it, and the settings files of every shop (`fleet_file`)
2. place      a folder that every worker sees, or a store that takes finished run folders (`place`)
3. hand out   one task a shop; no secret is in it (`job`, `driving`)
4. run        on a worker, in a process of its own with its own secret alone (`worker`, `shop_process`)
5. hold       one attempt at a time in a run folder; the next one goes on, and never beside it (`attempt`)
6. report     one row a shop, what needs a person first (`outcome`)
"""

from unfulfill.fleet.driving import run_fleet
from unfulfill.fleet.fleet_file import Fleet, read_fleet

__all__ = ["Fleet", "read_fleet", "run_fleet"]
