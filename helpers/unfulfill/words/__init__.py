"""What an operator reads, in his language: a file of messages a language, numbers and times as it writes them."""

from unfulfill.words.language import LANGUAGES, VARIABLE, language, language_of, locale, store_language
from unfulfill.words.saying import headings, moment, number, said, said_word, section, signed

__all__ = [
    "LANGUAGES",
    "VARIABLE",
    "headings",
    "language",
    "language_of",
    "locale",
    "moment",
    "number",
    "said",
    "said_word",
    "section",
    "signed",
    "store_language",
]
