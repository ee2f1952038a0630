"""rules.toml over the marks of a run folder. No shop is asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from unfulfill.errors import ParameterRefused, SettingsRefused
from unfulfill.export import load_complete_manifest
from unfulfill.home import home, notebooks_folder
from unfulfill.mark import CHANGING
from unfulfill.rules import (
    COLUMNS,
    REVIEWED_COLUMNS,
    RULES,
    RuleCount,
    Ruled,
    apply_rules,
    make_review,
    parse_rules,
)
from unfulfill.run import MARKS_FILE, Run
from unfulfill.sheets.run_marks import load_marks, save_marks
from unfulfill.tables import FINDINGS
from unfulfill.words import said

LARGEST_FILE = 1 << 20  # bytes


@dataclass(frozen=True)
class RulesCounted:
    """What the rules of one file say of the marks of a run."""

    file: Path
    rows: int  # live fulfillments
    counts: tuple[RuleCount, ...]

    @property
    def marked(self) -> int:
        """How many rows they mark, or would mark."""
        return sum(count.marked for count in self.counts)


def find_rules(run: Run, path: str | Path = "") -> Path:
    """The rules.toml that counts: the one named, else that of the run folder, else that of the notebooks.

    Raises ParameterRefused where there is none of that name.
    """
    if path:
        named = home() / Path(path).expanduser()
        if not named.is_file():
            raise ParameterRefused(said("rule_error.no_file", file=named))
        return named
    folders = (run.folder, home() / "notebooks", notebooks_folder())
    found = [folder / RULES for folder in folders if (folder / RULES).is_file()]
    if not found:
        raise ParameterRefused(said("rule_error.no_rules", file=RULES, folder=run.folder))
    return found[0]


def count_by_rules(run: Run, path: str | Path = "") -> RulesCounted:
    """What the rules would mark; nothing is written. Raises SettingsRefused with every problem of the file."""
    file, ruled = _apply(run, path)
    return RulesCounted(file, ruled.rows, ruled.counts)


def mark_by_rules(run: Run, path: str | Path = "") -> tuple[RulesCounted, pd.DataFrame]:
    """Mark by the rules, and save; what was marked, and table MARKS. Decided rows stay as they are."""
    file, ruled = _apply(run, path)
    return RulesCounted(file, ruled.rows, ruled.counts), save_marks(run, ruled.marks)


def rules_lines(counted: RulesCounted, run: Run, is_marked: bool) -> Iterable[str]:
    """What to tell about it, for a terminal."""
    yield f"{counted.file}, over {counted.rows:,} live fulfillments:"
    yield f"  {'matches':>9} {'earlier':>9} {'decided':>9} {'locked':>9} {'marks':>9}  rule → decision"
    for count in counted.counts:
        numbers = (count.matches, count.earlier, count.decided, count.locked, count.marked)
        yield f"  {' '.join(f'{number:>9,}' for number in numbers)}  {count.rule} → {count.decision}"
    changing = sum(count.marked for count in counted.counts if count.decision in CHANGING)
    if is_marked:
        yield f"{counted.marked:,} rows are marked in {run.folder / MARKS_FILE}, {changing:,} of them to be changed."
    else:
        yield f"{counted.marked:,} rows would be marked, {changing:,} of them to be changed; --mark does it."


def column_lines() -> Iterable[str]:
    """Every column that a rule may ask about, its kind and what it means."""
    for name, column in COLUMNS.items():
        values = f": {', '.join(column.values)}" if column.values else ""
        yield f"{name:<21} {column.kind:<7} {column.meaning}{values}"


def _apply(run: Run, path: str | Path) -> tuple[Path, Ruled]:
    file = find_rules(run, path)
    rules = parse_rules(_text(file), str(file))
    manifest, marks = load_complete_manifest(run), load_marks(run)
    tables, findings = run.load_tables(REVIEWED_COLUMNS), run.load_table(FINDINGS)
    return file, apply_rules(rules, marks, make_review(tables, marks, findings, manifest.taken_at))


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise SettingsRefused(said("rule_error.large", file=file, number=LARGEST_FILE >> 20))
        return content.decode("utf-8-sig")  # as editors on Windows save it
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(said("run_error.not_utf8", file=file, error=error)) from None
