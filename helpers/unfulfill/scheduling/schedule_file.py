"""A schedule: one TOML file that says what runs, on which shop, with which parameters.

shop = "example"                       # a profile, a domain, or sandbox
runs = "runs"                          # each run gets a folder in it, named after this file and the time
hook = ["/usr/local/bin/tell-us"]      # gets the summary as JSON on its standard input

[export]                               # parameters of the notebook 1_export; since is "last" unless said
[audit]                                # of 2_audit
[mark]                                 # of 3_mark; mark_by_rules is true unless said
[plan]                                 # of 4_plan_and_apply, but for approve
[verify]                               # of 5_verify_and_report
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfulfill.errors import ParameterRefused, SettingsRefused
from unfulfill.home import home
from unfulfill.notebook_runner import find_notebook
from unfulfill.parameters import Value, check_parameters, declared_parameters, load_notebook

STEPS: Mapping[str, str] = {
    "export": "1_export",
    "audit": "2_audit",
    "mark": "3_mark",
    "plan": "4_plan_and_apply",
    "verify": "5_verify_and_report",
}
DEFAULTS: Mapping[str, Mapping[str, Value]] = {"export": {"since": "last"}, "mark": {"mark_by_rules": True}}
SAID_ELSEWHERE = {
    "run": "each run makes a folder of its own",
    "shop": "say shop once, above the tables",
    "approve": "no schedule approves a plan; policy.toml may, by unattended_up_to",
}


@dataclass(frozen=True)
class Schedule:
    """What runs. `parameters` are checked against the notebooks, by step."""

    name: str
    shop: str
    runs: Path
    parameters: Mapping[str, Mapping[str, Value]]
    hook: tuple[str, ...] = ()


def read_schedule(path: Path) -> Schedule:
    """The schedule in a file, with every parameter checked. Raises SettingsRefused or ParameterRefused."""
    values = read_toml(path, "a schedule such as nightly.toml")
    problems = [_problem(name, value) for name, value in values.items()]
    if "shop" not in values:
        problems.append('it names no shop; write shop = "example"')
    if any(problems):
        raise SettingsRefused(f"{path} cannot be used: {'; '.join(filter(None, problems))}.")
    parameters = {
        step: checked_step(step, {**DEFAULTS.get(step, {}), **values.get(step, {})}, f"{path}: [{step}]")
        for step in STEPS
    }
    hook, runs = tuple(values.get("hook", ())), Path(values.get("runs", "runs"))
    return Schedule(path.stem, values["shop"], runs, parameters, hook)


def read_toml(path: Path, example: str) -> dict[str, Any]:
    """The values of a TOML file. Raises SettingsRefused; `example` says what to give instead."""
    if (home() / path).exists() and not (home() / path).is_file():
        raise SettingsRefused(f"{path} is a folder, a pipe or a device; give {example}.")
    try:
        return tomllib.loads((home() / path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsRefused(f"{path}: there is no such file; give {example}.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsRefused(f"{path} cannot be read as TOML ({error}).") from None


def _problem(name: str, value: Any) -> str:
    """What is wrong with one key, as part of a sentence; blank: nothing."""
    if name in STEPS:
        return "" if isinstance(value, dict) else f"[{name}] must be a table of parameters"
    if name == "hook":
        return hook_problem(value)
    if name in ("shop", "runs"):
        return "" if isinstance(value, str) and value.strip() else f"{name} must be a text"
    return f"there is no key {name!r:.60}; there are shop, runs, hook and the tables {', '.join(STEPS)}"


def hook_problem(value: Any) -> str:
    """Why this is no command for a hook; blank where it is one."""
    is_command = isinstance(value, list) and value and all(isinstance(part, str) and part for part in value)
    return "" if is_command else 'hook must be a command such as ["/usr/local/bin/tell-us"]'


def checked_step(step: str, given: Mapping[str, object], where: str) -> Mapping[str, Value]:
    """The parameters of a step in the types of its notebook. Raises ParameterRefused; `where` begins its message."""
    for name, why in SAID_ELSEWHERE.items():
        if name in given:
            raise ParameterRefused(f"{where} has {name}; {why}.")
    notebook = STEPS[step]
    declared = declared_parameters(load_notebook(find_notebook(notebook)), f"{where}, {notebook}")
    return check_parameters(declared, given, f"{where}, {notebook}")
