"""Our lines of a `.env` file: NAME=value, with `export`, quotes and comments. Lines of others are left alone. Pure."""

import re
from collections.abc import Callable

PREFIX = "UNFULFILL_"


def env_values(text: str, is_known: Callable[[str], bool]) -> tuple[dict[str, str], list[int]]:
    """Our variables by name, and the numbers (from 1) of lines of ours that are not NAME=value with a known name."""
    values: dict[str, str] = {}
    wrong: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        name, equals, value = _parts(line)
        if not name.startswith(PREFIX):
            continue
        if equals and is_known(name):
            values[name] = _value(value.strip())
        else:
            wrong.append(number)
    return values, wrong


def with_variable(text: str, name: str, value: str | None) -> str:
    """The text with this variable set once, at its old place or at the end; without it where the value is None.

    The value must need no quotes. Every other line stays as it is.
    """
    new = [] if value is None else [f"{name}={value}\n"]
    kept: list[str] = []
    for line in text.splitlines(keepends=True):
        if _parts(line)[0] == name:
            kept += new
            new = []
        else:
            kept.append(line)
    if new and kept and not kept[-1].endswith("\n"):
        kept.append("\n")
    return "".join([*kept, *new])


def _parts(line: str) -> tuple[str, str, str]:
    name, equals, value = line.strip().removeprefix("export ").partition("=")
    return name.strip(), equals, value


def _value(text: str) -> str:
    if text[:1] in ("'", '"'):
        return text[1:].partition(text[0])[0]
    return re.split(r"\s#", text, maxsplit=1)[0].strip()
