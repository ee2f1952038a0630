"""A fleet: one TOML file that says which shops run which schedule, and where their runs stand.

schedule = "nightly.toml"              # the tables [export] to [verify] of a schedule, for every shop
runs = "runs"                          # a folder that every worker sees, or a store such as s3://bucket/runs
hook = ["/usr/local/bin/tell-us"]      # gets the fleet's summary as JSON on its standard input
shops = ["north", "south"]             # profiles; the secret of each is looked up where it runs

[[shop]]                               # a shop with something of its own
profile = "west"
settings = "shops/west"                # a folder whose policy.toml, rules.toml and messages.toml go first
audit.stock_count = "counts/west.csv"  # a parameter of a step, in place of the schedule's
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfulfill.errors import SettingsRefused, WorkbenchError
from unfulfill.home import home
from unfulfill.parameters import Value
from unfulfill.policy import POLICY, parse_policy
from unfulfill.profiles import profile_name_problems
from unfulfill.redaction import SECRET, without_secrets
from unfulfill.report.wordings import MESSAGES_FILE, read_wordings
from unfulfill.rules import RULES, parse_rules
from unfulfill.scheduling.schedule_file import DEFAULTS, STEPS, checked_step, hook_problem, read_toml

KEYS = ("schedule", "runs", "hook", "shops", "shop")
SANDBOX = "sandbox"
# Settings file → what reads it, and the folder of the workspace that it stands in.
SETTINGS: Mapping[str, tuple[Callable[[str, str], object], str]] = {
    POLICY: (parse_policy, ""),
    RULES: (parse_rules, "notebooks"),
    MESSAGES_FILE: (read_wordings, ""),
}

Steps = Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True)
class FleetShop:
    """One shop. `settings` are the texts of its settings files, by name."""

    profile: str
    parameters: Steps
    settings: Mapping[str, str]

    @property
    def is_unattended(self) -> bool:
        """Whether its policy.toml lets some plan be applied without a person."""
        return bool(parse_policy(self.settings.get(POLICY, ""), POLICY).unattended_up_to)


@dataclass(frozen=True)
class Fleet:
    """What runs; everything in it is checked."""

    name: str
    runs: str
    shops: tuple[FleetShop, ...]
    hook: tuple[str, ...] = ()


def read_fleet(path: Path) -> Fleet:
    """The fleet in a file, with its schedule and settings. Raises SettingsRefused with every problem in one message."""
    return _Reader(path).read()


class _Reader:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []
        self._settings: dict[str, Mapping[str, str]] = {}  # by folder

    def read(self) -> Fleet:
        values = read_toml(self.path, "a file such as fleet.toml")
        self.problems += [
            f"there is no key {name!r:.60}; there are {', '.join(KEYS)}"
            for name in values
            if name not in KEYS
        ]
        runs = self._text(values.get("runs", "runs"), "runs")
        hook = values.get("hook", [])
        if "hook" in values and (problem := hook_problem(hook)):
            self.problems.append(problem)
        tables = self._tables(values)
        self._refuse_doubles([table.get("profile") for table in tables])
        steps = self._schedule(values)
        shops = [self._shop(table, steps) for table in tables]
        if self.problems:
            told = without_secrets("; ".join(self.problems))
            raise SettingsRefused(f"{self.path} cannot be used: {told}.")
        return Fleet(self.path.stem, runs, tuple(shop for shop in shops if shop is not None), tuple(hook))

    def _text(self, value: Any, what: str) -> str:
        if isinstance(value, str) and value.strip():
            return value
        self.problems.append(f"{what} must be a text")
        return ""

    def _tables(self, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Every shop as a table, those of the list first."""
        listed, own = values.get("shops", []), values.get("shop", [])
        if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            self.problems.append('shops must be a list of profiles such as ["north", "south"]')
            listed = []
        if not isinstance(own, list) or not all(isinstance(table, dict) for table in own):
            self.problems.append("a shop with something of its own begins with the line [[shop]]")
            own = []
        if not listed and not own and not self.problems:
            self.problems.append('it names no shop; write shops = ["north", "south"]')
        return [*({"profile": name} for name in listed), *own]

    def _refuse_doubles(self, profiles: Sequence[Any]) -> None:
        counts = Counter(name for name in profiles if isinstance(name, str))
        self.problems += [
            f"the shop {name} is named {many} times" for name, many in counts.items() if many > 1
        ]

    def _schedule(self, values: Mapping[str, Any]) -> Steps | None:
        """The parameters of every step, or None where they cannot be read."""
        if "schedule" not in values:
            self.problems.append('it names no schedule; write schedule = "nightly.toml"')
            return None
        name = self._text(values["schedule"], "schedule")
        if not name:
            return None
        before = len(self.problems)
        tables: Mapping[str, Any] = self._tried(read_toml, Path(name), "a file such as nightly.toml") or {}
        for key in tables:
            if key in ("shop", "runs", "hook"):
                self.problems.append(f"the schedule {name} has {key}, which a fleet says in its own file")
            elif key not in STEPS:
                self.problems.append(
                    f"the schedule {name} has {key!r:.60}; it has the tables {', '.join(STEPS)}"
                )
        steps = self._steps(tables, {step: DEFAULTS.get(step, {}) for step in STEPS}, name)
        return steps if len(self.problems) == before else None

    def _shop(self, table: Mapping[str, Any], steps: Steps | None) -> FleetShop | None:
        profile = table.get("profile")
        if not isinstance(profile, str):
            self.problems.append('a [[shop]] names no profile; write profile = "west"')
            return None
        if profile != SANDBOX:
            self.problems += [f"{profile!r:.70}: {problem}" for problem in profile_name_problems(profile)]
        known = ("profile", "settings", *STEPS)
        self.problems += [
            f"the shop {profile} has {key!r:.60}; it may have {', '.join(known)}"
            for key in table
            if key not in known
        ]
        folder = (
            self._text(table["settings"], f"settings of the shop {profile}") if "settings" in table else ""
        )
        settings = self._settings_in(folder)
        if steps is None:
            return None
        return FleetShop(profile, self._steps(table, steps, f"{self.path}: the shop {profile}"), settings)

    def _steps(self, tables: Mapping[str, Any], base: Steps, where: str) -> Steps:
        """The parameters of `base` with those of the tables in their place."""
        if not any(step in tables for step in STEPS):
            return base
        found = dict(base)
        for step in STEPS:
            given = tables.get(step, {})
            if not isinstance(given, dict):
                self.problems.append(f"{where}: [{step}] must be a table of parameters")
                continue
            checked = self._tried(checked_step, step, given, f"{where}: [{step}]")
            found[step] = {**base[step], **(checked or {})}
        return found

    def _settings_in(self, folder: str) -> Mapping[str, str]:
        """The settings files of a folder; of the workspace where the folder, or it, lacks one."""
        if folder not in self._settings:
            self._settings[folder] = self._read_settings(folder)
        return self._settings[folder]

    def _read_settings(self, folder: str) -> Mapping[str, str]:
        own = home() / Path(folder).expanduser()
        if folder and not any((own / name).is_file() for name in SETTINGS):
            self.problems.append(f"settings: {folder} is no folder with one of {', '.join(SETTINGS)}")
        found: dict[str, str] = {}
        for name, (parse, inside) in SETTINGS.items():
            path = own / name if folder and (own / name).is_file() else home() / inside / name
            if path.is_file():
                found[name] = self._tried(_sound, path, parse) or ""
        return found

    def _tried(self, read: Callable[..., Any], *given: object) -> Any:
        """What is read; None, with the problem noted, where it cannot be."""
        try:
            return read(*given)
        except WorkbenchError as error:
            self.problems.append(str(error).rstrip("."))
            return None


def _sound(path: Path, parse: Callable[[str, str], object]) -> str:
    """The text of a settings file that can be used and holds no secret: it travels to the workers."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{path} cannot be read as UTF-8 text ({error}).") from None
    if SECRET.search(text):
        raise SettingsRefused(f"{path} holds what looks like an access token; take it out.")
    parse(text, str(path))
    return text
