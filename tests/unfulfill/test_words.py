"""What operators read: every language says the same, every message is used, and no text stands outside the files."""

import ast
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from french import english_words

from unfulfill import Filters, errors, ui, words
from unfulfill.audit import KINDS
from unfulfill.audit.attribution import CAUSE_WORDS
from unfulfill.audit.signals import SIGNALS
from unfulfill.errors import SettingsRefused
from unfulfill.mark import DECISIONS, FIXES, SEVERITIES
from unfulfill.model import Result, VerdictKind
from unfulfill.status import STEPS
from unfulfill.tables import EXPORTED
from unfulfill.words import LANGUAGES, said, said_word, store_language
from unfulfill.words.saying import Message, messages

UI = Path(ui.__file__).parent
BELOW = [path for path in sorted(UI.parent.rglob("*.py")) if UI not in path.parents]
OF_DATA = (
    "word.",
    "kind.",
    "kind_name.",
    "phase.",
    "cause.",
    "signal.",
    "page.",
    "display_status.",
    "notebook.",
    "dialect.",
    "rule_kind.",
)  # their English is in the code
# Sections whose keys are made of a word of the data: a kind of change, a state, a field of the form.
COMPUTED = (
    "change.",
    "undoable.",
    "secret_form.",
    "preflight.state_",
    "applying.type_",
    "plan.",
    "limit.",
    "pace.a_",
    "place.",
    "scope.",
    "marking",
    "lock.",
    "open.",
    "incident.",
    "summary.done_",
    "summary.planned_",
    "tile.",
    "chart.",
)
ERRORS = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
}
EXAMPLE = datetime(2026, 9, 3, 14, 7, tzinfo=UTC)


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))
    monkeypatch.delenv("UNFULFILL_LANGUAGE", raising=False)
    return lambda language: monkeypatch.setenv("UNFULFILL_LANGUAGE", language)


def forms(message: Message) -> Mapping[str, str]:
    if isinstance(message, list):
        return dict(enumerate(message))  # type: ignore[arg-type]
    return {"other": message} if isinstance(message, str) else message


def values_in(message: Message) -> set[str]:
    names = {name for form in forms(message).values() for _, name, _, _ in string.Formatter().parse(form)}
    return {name for name in names if name}


# The files


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_each_language_has_the_same_messages_with_the_same_values(language: str) -> None:
    english, other = messages("en"), messages(language)

    assert {key for key in other if not key.startswith(OF_DATA)} == set(english)
    assert {key: values_in(other[key]) for key in english} == {
        key: values_in(english[key]) for key in english
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_for_a_number_has_the_forms_one_and_other_and_each_is_filled(language: str) -> None:
    for key, message in messages(language).items():
        assert all(form.strip() for form in forms(message).values()), key
        if isinstance(message, dict):
            assert (set(message), "count" in values_in(message)) == ({"one", "other"}, True), key


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_each_language_has_every_word_of_the_data(language: str) -> None:
    told = [
        *DECISIONS, *FIXES, *SEVERITIES, *STEPS, *(table.name for table in EXPORTED),
        *(field.name for field in fields(Filters)), *(word.value for word in (*Result, *VerdictKind)),
    ]  # fmt: skip

    other = messages(language)
    assert [word for word in told if word and f"word.{word}" not in other] == []
    assert {key.removeprefix("kind.") for key in other if key.startswith("kind.")} == set(KINDS)
    assert {key.removeprefix("kind_name.") for key in other if key.startswith("kind_name.")} == set(KINDS)
    assert {key.removeprefix("cause.") for key in other if key.startswith("cause.")} == set(CAUSE_WORDS)
    assert {key.removeprefix("signal.") for key in other if key.startswith("signal.")} == set(SIGNALS)


def test_french_has_no_blank_before_a_sign_at_which_a_line_may_break() -> None:
    wrong = [
        (key, form)
        for key, message in messages("fr").items()
        for form in forms(message).values()
        if any(f" {sign}" in form for sign in ":;?!%»") or "« " in form
    ]

    assert wrong == []


def test_no_french_message_has_an_english_word() -> None:
    found = {
        key: english_words(re.sub(r"\{\w+\}", "", form))
        for key, message in messages("fr").items()
        for form in forms(message).values()
    }

    assert {key: words for key, words in found.items() if words} == {
        "profile.yes": ["yes"],  # an answer that is taken, too
        "rule_error.a_for": ["for"],  # Python's
    }


# Their use


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(UI.glob("*.py")):
        yield path.name, ast.parse(path.read_text(encoding="utf-8"))


def test_every_message_that_is_asked_for_is_there_and_every_one_is_asked_for() -> None:
    asked: set[str] = set()
    trees = [tree for _, tree in modules()] + [ast.parse(path.read_text(encoding="utf-8")) for path in BELOW]
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                asked.add(node.value)
    english = messages("en")
    sections = {key.partition(".")[0] for key in english}

    keys = {
        text
        for text in asked
        if text.partition(".")[0] in sections and text.count(".") == 1 and " " not in text
    }
    files = {
        text
        for text in keys
        if text.endswith((".html", ".toml", ".json", ".xlsx", ".csv", ".parquet", ".js", ".css", "."))
    }
    headings = {key for key in english if key.startswith("column.") and key.removeprefix("column.") in asked}
    computed = {key for key in english if key.startswith(COMPUTED)}
    assert keys - files - set(english) - {text for text in keys if text.startswith(COMPUTED)} == set()
    assert set(english) - keys - headings - computed == set()


# What these say is read in a terminal or a log, by whoever wrote the command; `language` is below `said`.
IN_A_TERMINAL = (
    "cli.py",
    "cli_files.py",
    "cli_shop.py",
    "demo.py",
    "lab.py",
    "fleet",
    "scheduling",
    "language.py",
)


def test_no_sentence_of_an_error_stands_outside_the_files_of_messages() -> None:
    found = {
        path: sentences_of_errors(ast.parse(path.read_text(encoding="utf-8")))
        for path in UI.parent.rglob("*.py")
    }
    spoken = {path: lines for path, lines in found.items() if not set(path.parts) & set(IN_A_TERMINAL)}

    assert {path.name: lines for path, lines in spoken.items() if lines} == {}
    assert sum(map(len, found.values())) > 30  # those in a terminal


def sentences_of_errors(tree: ast.Module) -> list[int]:
    """Lines in which an error of the workbench is made with a text that stands there."""
    made = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    ours = [node for node in made if node.func.id in ERRORS and node.args]
    return [node.lineno for node in ours if isinstance(node.args[0], ast.Constant | ast.JoinedStr)]


def test_every_call_gives_its_message_all_values_that_are_in_it() -> None:
    wrong, checked = [], 0
    for path in sorted(UI.parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for key, given in said_by(node):
                key = key if "." in key else f"marking.{key}"  # ui/marking_words.said
                checked += 1
                if not values_in(messages("en")[key]) <= given:
                    wrong.append((path.name, getattr(node, "lineno", 0), key))

    assert wrong == [] and checked > 300


def said_by(node: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Key and names of the values of a call of `said`; not where either is only known when it runs."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "said"):
        return
    if all(keyword.arg for keyword in node.keywords):
        choices = (
            [node.args[0].body, node.args[0].orelse] if isinstance(node.args[0], ast.IfExp) else node.args
        )
        for key in choices:
            if isinstance(key, ast.Constant):
                yield key.value, {str(keyword.arg) for keyword in node.keywords}


def is_text(node: ast.AST) -> bool:
    """Whether a constant would be read as words: two words, or one that begins with a capital."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return False
    text = node.value.strip()
    if any(mark in text for mark in ("<", ">", "{", ";", "px", "=")):  # HTML and its styles
        return False
    letters = text.replace(" ", "").replace("'", "").replace(",", "").replace(".", "")
    has_words = " " in text and letters.isalpha() and len(letters) > 3
    return has_words or (text[:1].isupper() and text[1:].islower() and text.isalpha() and len(text) > 2)


def unread(tree: ast.Module) -> set[int]:
    """Constants that nobody reads: docstrings, what is logged, names of types, and where a text is compared."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                skipped.add(id(first.value))
        is_log = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("LOG.")
        parts = [node] if is_log or isinstance(node, ast.Compare | ast.arg | ast.AnnAssign) else []
        if isinstance(node, ast.FunctionDef) and node.returns:
            parts.append(node.returns)
        skipped |= {id(each) for part in parts for each in ast.walk(part)}
    return skipped


def texts_outside(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and text of each constant, or f-string with words in it, that would be read."""
    skipped = unread(tree)
    found = [
        (node, node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant) and is_text(node)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            plain = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
            is_key = re.fullmatch(r"[a-z]*[._][a-z_.]*", plain)
            if re.search("[a-zA-Z]{2}", plain) and not is_key and not re.search("[<>;#]|px|/", plain):
                found.append((node, plain))
    return [(node.lineno, text) for node, text in found if id(node) not in skipped]


def test_no_text_for_operators_stands_outside_the_files_of_messages() -> None:
    assert [(name, *found) for name, tree in modules() for found in texts_outside(tree)] == []


@pytest.mark.parametrize(
    "code",
    [
        'say("Nothing to do.")', 'button(description="Stop")', 'say(f"{done} of {total}")', 'head = ["Order", "why"]',
        'x = "in the shop" if y else ""', 'say(f"The order {name}")', 'def f():\n """A."""\n return "not yet done"',
    ],
)  # fmt: skip
def test_a_text_outside_the_files_would_be_found(code: str) -> None:
    assert len(texts_outside(ast.parse(code))) >= 1


def test_the_form_of_the_browser_has_its_texts_from_the_files() -> None:
    script = (UI / "secret_form.js").read_text(encoding="utf-8")

    used = {
        part.split(";")[0].split(",")[0].split(")")[0].split("]")[0].split(" ")[0]
        for part in script.split("words.")[1:]
    }
    assert {f"secret_form.{name}" for name in used} == {
        key for key in messages("en") if key.startswith("secret_form.")
    }


# Choosing a language


def test_english_is_spoken_where_no_language_is_chosen(speak) -> None:  # type: ignore[no-untyped-def]
    assert (words.language(), said("shown.yes"), said_word("count_again")) == ("en", "yes", "count again")


@pytest.mark.parametrize(
    ("chosen", "language"),
    [("fr", "fr"), ("fr-CA", "fr"), ("fr_FR.UTF-8", "fr"), ("en-GB", "en"), ("xx", "en"), ("klingon", "en"),
     ("fr-QQ", "fr")],
)  # fmt: skip
def test_the_environment_chooses_the_language(speak, chosen: str, language: str) -> None:  # type: ignore[no-untyped-def]
    speak(chosen)

    assert (words.language(), said("shown.yes")) == (language, {"fr": "oui", "en": "yes"}[language])


def test_a_language_that_is_chosen_once_is_kept_beside_what_else_is_in_the_file(
    speak, tmp_path, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / ".env").write_text("UNFULFILL_SHOP=acme.myshopify.com\n# mine\n")

    store_language("fr-CA")

    assert (tmp_path / ".env").read_text().endswith("# mine\nUNFULFILL_LANGUAGE=fr-CA\n")
    monkeypatch.delenv("UNFULFILL_LANGUAGE")
    assert said("shown.no") == "non"


def test_a_language_that_is_not_known_is_refused_and_nothing_is_written(speak, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SettingsRefused, match="“de” is no language that is known; choose one of en"):
        store_language("de")

    assert list(tmp_path.iterdir()) == []


def test_the_panel_stores_what_is_chosen_and_says_so_in_that_language(speak, tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert ui.language_panel().text == "Language: English"

    assert "parle désormais français" in ui.language_panel("fr").text

    assert ui.language_panel().text == "Langue\u00a0: Français"


# Numbers and times


@pytest.mark.parametrize(
    ("language", "number", "time"),
    [
        ("en", "1,234,567", "2026-09-03 14:07"),
        ("fr", "1\u202f234\u202f567", "03/09/2026 14:07"),
        ("fr-CA", "1\u00a0234\u00a0567", "2026-09-03 14 h 07"),
        ("en-GB", "1,234,567", "03/09/2026, 14:07"),
    ],
)
def test_numbers_and_times_are_written_as_the_language_does(
    speak, language: str, number: str, time: str
) -> None:  # type: ignore[no-untyped-def]
    speak(language)

    assert words.number(1_234_567) == number == words.number(np.int64(1_234_567))
    assert words.moment(EXAMPLE) == time == words.moment(pd.Timestamp(EXAMPLE))


def test_one_and_many_have_forms_of_their_own(speak) -> None:  # type: ignore[no-untyped-def]
    english = [said("plan.orders", count=count) for count in (0, 1, 2, np.int64(1_000))]
    speak("fr")
    french = [said("plan.orders", count=count) for count in (0, 1, 2, 1_000_000)]

    assert english == ["0 orders", "1 order", "2 orders", "1,000 orders"]
    assert french == ["0 commande", "1 commande", "2 commandes", "1\u202f000\u202f000 commandes"]


def test_a_value_is_never_taken_for_a_message(speak) -> None:  # type: ignore[no-untyped-def]
    assert said("connecting.asking", domain="{count} {0} %s") == "Asking {count} {0} %s …"
