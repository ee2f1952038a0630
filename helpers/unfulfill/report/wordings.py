"""What drafts of messages say, by language: shipped in four, and as a merchant changes them in messages.toml.

A file of words has a text for each part of a draft; `{order}` in it is the order's name. A merchant's messages.toml has
a table for each language with the texts that shall be others, such as

    default = "de"        # where an order has no language, or one that nobody wrote texts for

    [de]
    closing = "Herzliche Grüße, Ihr Team"
    [de.held]
    subject = "Noch ein wenig Geduld: {order}"
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from unfulfill.errors import SettingsRefused
from unfulfill.words import listed, said

MESSAGES_FILE = "messages.toml"
LANGUAGES = ("en", "fr", "de", "es")
DRAFTS = ("unfulfilled", "held", "not_shipped", "fulfilled_again")
FOLDER = Path(__file__).with_name("templates") / "messages"
_BRACES = re.compile(r"\{[^{}]*\}|[{}]")

Words = Mapping[str, str]  # "held.subject" → its text


@dataclass(frozen=True)
class Wordings:
    """The texts of every language, and the language of orders that have none of these."""

    texts: Mapping[str, Words]
    default: str = "en"

    def language_of(self, locale: str) -> str:
        """The language for a locale as Shopify has it: "fr-ca" for "fr-CA" where there are such texts, else "fr"."""
        whole = locale.strip().lower().replace("_", "-")
        return next((name for name in (whole, whole.split("-")[0]) if name in self.texts), self.default)


def read_wordings(text: str = "", where: str = MESSAGES_FILE) -> Wordings:
    """The shipped texts, and those of a messages.toml in their place.

    Raises SettingsRefused with every problem of the file in one sentence.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(said("run_error.messages_no_toml", file=where, error=error)) from None
    default = given.pop("default", "en")
    shipped = {language: _shipped(language) for language in LANGUAGES}
    names = set(shipped["en"])
    texts, problems = dict(shipped), []
    for language, table in given.items():
        told = dict(_flat(table)) if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            problems.append(said("run_error.messages_no_table", language=language))
        problems += [_problem(language, name, value, names) for name, value in told.items()]
        texts[language.lower()] = {**texts.get(language.lower(), {}), **told}
        missing = sorted(names - set(texts[language.lower()]))
        if missing and isinstance(table, dict):
            first, more = missing[0], len(missing) - 1
            problems.append(said("run_error.messages_missing", language=language, name=first, more=more))
    if default not in texts:
        known = ", ".join(texts)
        problems.append(said("run_error.messages_default", language=str(default), known=known))
    if any(problems):
        raise SettingsRefused(said("run_error.unusable", file=where, problems=listed(filter(None, problems))))
    return Wordings(texts, default)


def _problem(language: str, name: str, value: object, names: set[str]) -> str:
    if name not in names:
        known = ", ".join(sorted(names))
        return said("run_error.messages_unknown", language=language, name=name, known=known)
    if not isinstance(value, str) or not value.strip():
        return said("run_error.messages_no_text", language=language, name=name)
    strange = [found for found in _BRACES.findall(value) if found != "{order}"]
    if strange:
        told = {"braces": strange[0], "order": "{order}"}
        return said("run_error.messages_braces", language=language, name=name, **told)
    return ""


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


@cache
def _shipped(language: str) -> Words:
    return dict(_flat(tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))))
