"""A message by its key, with values in it."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from numbers import Real
from typing import Any

from unfulfill.words.language import is_plain_english, locale
from unfulfill.words.language import language as spoken

Message = (
    str | Mapping[str, str] | list[str]
)  # forms of a plural by their names: one, other; or a list of texts


def said(key: str, /, **values: Any) -> str:
    """The message of a key such as plan.digest, with numbers and times written as the language does.

    Where it has forms for one and for many, the value `count` chooses among them.
    """
    return form(key, values.get("count")).format_map({name: _shown(value) for name, value in values.items()})


def form(key: str, count: Any = None) -> str:
    """The message of a key as it stands in the file, with nothing filled in; of its forms that of `count`."""
    message = messages(spoken())[key]
    if isinstance(message, list):
        raise TypeError(f"{key} is a list")
    return message if isinstance(message, str) else message.get(locale().plural_form(count), message["other"])


def said_word(word: str, english: str = "", of: str = "word", language: str = "") -> str:
    """One of the words of our data, such as a decision, a fix or a severity.

    Its English is in the code: `english`, else the word itself. The files of the other languages have it in a section
    of their own, `of`. `language` is another than the operator's.
    """
    message = messages(language or spoken()).get(f"{of}.{word}")
    return message if isinstance(message, str) else english or word.replace("_", " ")


def section(name: str) -> dict[str, Any]:
    """All messages of a section by their keys, as they stand in the file: for a page that fills them itself."""
    found = messages(spoken()).items()
    return {key.removeprefix(f"{name}."): message for key, message in found if key.startswith(f"{name}.")}


def headings(*names: str) -> list[str]:
    """Headings of columns."""
    return [said(f"column.{name}") for name in names]


def listed(texts: Iterable[str]) -> str:
    """Several texts as one, set apart by semicolons as the language writes them."""
    return ("\u00a0; " if spoken() == "fr" else "; ").join(texts)


def tenths(value: float) -> str:
    """1.5 or 1,5: always with one decimal."""
    from babel.numbers import format_decimal

    return format_decimal(value, "0.0", locale=locale())


def number(value: Any) -> str:
    """1,234.5 or 1 234,5."""
    from babel.numbers import format_decimal

    return format_decimal(value, locale=locale())


def signed(value: int) -> str:
    """+3, −3 or ±0."""
    return f"{'+' if value > 0 else '−'}{number(abs(value))}" if value else "±0"


def moment(at: Any) -> str:
    """A day and its time to the minute."""
    if is_plain_english():
        return str(at.strftime("%Y-%m-%d %H:%M"))
    from babel.dates import format_datetime

    return format_datetime(at, "short", locale=locale())


def day(at: Any) -> str:
    """A day with its year."""
    if is_plain_english():
        return str(at.strftime("%Y-%m-%d"))
    from babel.dates import format_date

    return format_date(at, "short", locale=locale())


def day_of_year(at: Any) -> str:
    """ "3 Oct", or "3 oct."."""
    if is_plain_english():
        return f"{at.day} {at:%b}"
    from babel.dates import format_skeleton

    text = format_skeleton("MMMd", at, locale=locale())
    return text.replace("1", "1er", 1) if spoken() == "fr" and at.day == 1 else text


@cache
def messages(name: str) -> Mapping[str, Message]:
    """Key → message of one language."""
    text = files("unfulfill.words").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    sections = tomllib.loads(text)
    return {
        f"{section}.{key}": message for section, part in sections.items() for key, message in part.items()
    }


def _shown(value: object) -> str:
    if isinstance(value, Real):
        return number(value)
    return moment(value) if hasattr(value, "strftime") else str(value)
