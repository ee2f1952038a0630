"""What one task of a fleet is told: everything but secrets, for it passes through Dask's scheduler."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from unfulfill.parameters import Value
from unfulfill.scheduling.schedule_file import Schedule
from unfulfill.scheduling.summary import Summary


@dataclass(frozen=True)
class Job:
    """One shop in one night of a fleet."""

    fleet: str
    crew: str  # the name of this fleet's processes on a worker, which other fleets may use too
    night: str  # the name of its run folder: the same one for every attempt
    profile: str
    home: str  # what relative paths count from
    runs: str  # a folder, or the address of a store
    is_store: bool
    parameters: Mapping[str, Mapping[str, Value]]
    settings: Mapping[str, str]  # text of policy.toml, rules.toml, messages.toml
    may_apply: bool  # whether a plan that policy.toml allows is applied without a person

    @property
    def schedule(self) -> Schedule:
        """The schedule of this one shop."""
        return Schedule(self.fleet, self.profile, Path(self.runs) / self.profile, self.parameters)

    @property
    def folder(self) -> Path:
        """Its run folder, where runs stand in a folder."""
        return Path(self.home) / self.runs / self.profile / self.night

    def to_json(self) -> str:
        """As one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> "Job":
        """What `to_json` gave."""
        plain: dict[str, Any] = json.loads(line)
        return cls(**plain)

    def ended(self, status: int, text: str, run: str = "") -> Summary:
        """A summary of a night of which nothing more is known."""
        return Summary(
            self.fleet, self.profile, run or f"{self.runs}/{self.profile}/{self.night}", "", 0.0, status, text
        )
