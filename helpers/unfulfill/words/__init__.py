"""What an operator reads, in his language: a file of messages a language, numbers and times as it writes them."""

from unfulfill.words.language import LANGUAGES, VARIABLE, language, language_of, locale, store_language
from unfulfill.words.saying import (
    day,
    day_of_year,
    form,
    headings,
    listed,
    moment,
    number,
    said,
    said_word,
    section,
    signed,
    tenths,
)

__all__ = [
    "LANGUAGES",
    "VARIABLE",
    "day",
    "day_of_year",
    "form",
    "headings",
    "language",
    "language_of",
    "listed",
    "locale",
    "moment",
    "number",
    "said",
    "said_word",
    "section",
    "signed",
    "store_language",
    "tenths",
]
