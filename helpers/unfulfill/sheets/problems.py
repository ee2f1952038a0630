"""All problems of a file in one refusal."""

from collections.abc import Sequence
from pathlib import Path

from unfulfill.errors import SheetRefused

SHOWN = 50


def refuse(path: Path, problems: Sequence[str]) -> None:
    """Raise SheetRefused with the first 50 problems and their number, unless there are none."""
    if not problems:
        return
    if len(problems) == 1:
        raise SheetRefused(f"{path.name}: {problems[0]}. Nothing was read; mend it and try again.")
    listed = "".join(f"\n  {problem}" for problem in problems[:SHOWN])
    rest = f"\n  and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    raise SheetRefused(
        f"{path.name} has {len(problems)} problems; nothing was read. Mend them and try again:{listed}{rest}"
    )
