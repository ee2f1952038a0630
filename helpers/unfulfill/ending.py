"""How a step ended, said by a notebook's cell to the program that ran the notebook.

A notebook that shows a plan and waits for approval has not failed, yet a scheduler must know. So the last
thing that a step shows carries its ending in a MIME type of its own; JupyterLab ignores it, the runner reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MIME = "application/vnd.unfulfill.ending+json"


@dataclass(frozen=True)
class Ending:
    """Exit status (see errors.py; 5: finished with refusals or mismatches) and one sentence."""

    exit_status: int
    text: str


DONE = Ending(0, "")


def last_ending(notebook: Mapping[str, Any]) -> Ending:
    """The ending that the last cell with one showed; DONE where none did."""
    ending = DONE
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            said = output.get("data", {}).get(MIME)
            if said is not None:
                ending = Ending(int(said["exit_status"]), str(said["text"]))
    return ending
