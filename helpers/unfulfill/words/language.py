"""Which language an operator reads: UNFULFILL_LANGUAGE of the environment, else of `.env`, else English.

It is a language or a language of a country: en, fr, fr-CA. The country only decides how numbers and times are written.
"""

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from unfulfill.atomic import write_atomic
from unfulfill.env_file import env_values, with_variable
from unfulfill.errors import SettingsRefused
from unfulfill.home import home

if TYPE_CHECKING:
    from babel import Locale

VARIABLE = "UNFULFILL_LANGUAGE"
LANGUAGES = {"en": "English", "fr": "Français"}  # each has a file of messages
_CODE = re.compile(r"([a-z]{2})(?:[-_]([A-Z]{2}))?(?:\..*)?")


def language() -> str:
    """The language of the messages: one of LANGUAGES."""
    return _parts(_chosen())[0]


def language_of(folder: Path) -> str:
    """The language of the messages for those who work in another folder than this process."""
    return _parts(os.environ.get(VARIABLE) or _stored(folder))[0]


def locale() -> "Locale":
    """How numbers and times are written."""
    return _locale(*_parts(_chosen()))


def is_plain_english() -> bool:
    """English of no country: times are written 2026-10-05 14:30, which nobody can misread."""
    return _parts(_chosen()) == ("en", "")


def store_language(chosen: str) -> None:
    """Use a language from now on, in this process and in all that start in this folder. Raises SettingsRefused."""
    code = _CODE.fullmatch(chosen.strip())
    if code is None or code[1] not in LANGUAGES:
        known = ", ".join(f"{name} ({word})" for name, word in LANGUAGES.items())
        raise SettingsRefused(
            f"“{chosen[:20]}” is no language that is known; choose one of {known}, or such as fr-CA."
        )
    path = home() / ".env"
    try:
        text = path.read_bytes().decode() if path.exists() else ""
        write_atomic(path, lambda file: file.write(with_variable(text, VARIABLE, code[0]).encode()))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{path} cannot be written ({error}); start in a folder of your own.") from None
    os.environ[VARIABLE] = code[0]
    _stored.cache_clear()


def _chosen() -> str:
    return os.environ.get(VARIABLE) or _stored(home())


@cache
def _stored(folder: Path) -> str:
    try:
        text = (folder / ".env").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""  # opening the shop says what is wrong with it
    return env_values(text, lambda name: name == VARIABLE)[0].get(VARIABLE, "")


@cache
def _parts(chosen: str) -> tuple[str, str]:
    """Language and country; English where it is none that is known."""
    code = _CODE.fullmatch(chosen.strip())
    if code is None or code[1] not in LANGUAGES:
        return "en", ""
    return code[1], code[2] or ""


@cache
def _locale(name: str, country: str) -> "Locale":
    from babel import Locale, UnknownLocaleError

    try:
        return Locale(name, country or None)
    except UnknownLocaleError:
        return Locale(name)
