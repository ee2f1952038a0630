"""rules.toml: what it may say, and that nothing else is ever read from it."""

import tomllib
from pathlib import Path

import pytest

from unfulfill.errors import SettingsRefused
from unfulfill.home import notebooks_folder
from unfulfill.rules import COLUMNS, parse_rules

UNREAD = "write comparisons such as days_since_fulfilled > 7"
ONLY = "only comparisons, and, or, not, lists and + - * / of numbers are understood"
LISTS = "a list holds only values, no for"
BRACKETS = "square brackets after a name are not understood; they only hold a list after in"
CALLS = "nothing can be called; compare columns with values"
DOTS = "a dot asks for a part of something, and there are none; name columns alone"
THE_COLUMNS = f"the columns are {', '.join(COLUMNS)}"


def rule(when: str, name: str = "mine", decision: str = "unfulfill", reason: str = "why") -> str:
    return f"[[rule]]\nname = \"{name}\"\nwhen = '''{when}'''\ndecision = \"{decision}\"\nreason = \"{reason}\"\n"


def refused(text: str) -> str:
    with pytest.raises(SettingsRefused) as refusal:
        parse_rules(text, "here/rules.toml")
    said = str(refusal.value)
    assert said.startswith("here/rules.toml ")
    return said.removeprefix("here/rules.toml cannot be used: ").removesuffix(".")


def test_the_shipped_rules_are_the_four_cases() -> None:
    rules = parse_rules((notebooks_folder() / "rules.toml").read_text(encoding="utf-8"), "rules.toml")

    assert [(each.name, each.decision) for each in rules] == [
        ("fulfilled too early", "unfulfill"),
        ("customer cancelled", "unfulfill"),
        ("customer changed the order", "hold"),
        ("stock discrepancy", "hold"),
        ("delivery problem", "hold"),
    ]


def test_a_rule_says_what_it_asks_about() -> None:
    (found,) = parse_rules(rule("units > 1 and\n  carrier == 'DHL'  # both"), "rules.toml")

    assert (found.name, found.decision, found.reason, found.note) == ("mine", "unfulfill", "why", "")
    assert found.when.columns == {"units", "carrier"}


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        # what would be code
        ("order_name.upper() == 'X'", CALLS),
        ("order_name.__class__ == 'X'", DOTS),
        ("().__class__.__bases__[0].__subclasses__() == 1", CALLS),
        ("__import__('os').system('true') == 0", CALLS),
        ("eval('1') == units", CALLS),
        ("units == open", f"there is no column open; {THE_COLUMNS}"),
        ("__builtins__ is None", f"there is no column __builtins__; {THE_COLUMNS}"),
        ("units[0] == 1", BRACKETS),
        ("'abc'[0] == carrier", BRACKETS),
        ("(lambda: True)", "lambda is not understood"),
        ("[unit for unit in tags]", LISTS),
        ("units in [unit for unit in (1, 2)]", LISTS),
        ("{unit for unit in tags}", LISTS),
        ("(unit for unit in tags)", LISTS),
        ("{1: 2} == units", "braces with colons are not understood"),
        ("f'{units}' == carrier", "a text in quotes has no f before it"),
        ("(units := 3) > 2", ":= is not understood; compare by =="),
        ("units in [*tags]", "* before a name is not understood"),
        ("is_tracked if is_locked else test", "if … else is not understood; join comparisons by and, or"),
        ("is_tracked & is_locked", "& is not understood; write and"),
        ("is_tracked | is_locked", "| is not understood; write or"),
        ("~is_tracked", "~ is not understood; write not"),
        ("units @ units == 1", "@ is not understood; name columns as they are"),
        ("units ** 2 > 1", ONLY),
        ("units // 2 > 1", ONLY),
        ("units % 2 == 0", ONLY),
        ("units << 2 == 4", ONLY),
        ("await units", ONLY),
        ("(yield units)", ONLY),
        ("units == b'1'", ONLY),
        ("units == 1j", ONLY),
        ("units == ...", ONLY),
        ("is_tracked, is_locked", ONLY),
        # what cannot be read
        ("@units > 1", "“@units > 1” cannot be read; name columns without @"),
        ("`units` > 1", "“`units` > 1” cannot be read; name columns without backticks"),
        ("units = 1", "“units = 1” cannot be read; two things are compared by =="),
        ("units > 1 && test", "“units > 1 && test” cannot be read; write and in place of &&"),
        ("import os", f"“import os” cannot be read; {UNREAD}"),
        ("units > 1; test", f"“units > 1; test” cannot be read; {UNREAD}"),
        ("units >", f"“units >” cannot be read; {UNREAD}"),
        ("(((units > 1", f"“(((units > 1” cannot be read; {UNREAD}"),
        (r"carrier == '\d'", rf"“carrier == '\d'” cannot be read; {UNREAD}"),
        ("(" * 400 + "test" + ")" * 400, f"“{'(' * 60}” cannot be read; {UNREAD}"),
        ("not " * 40 + "test", "when is nested more than 25 deep; divide it into several rules"),
        ("-" * 1500 + "units > 1", None),
        ("units > 1 and " * 200 + "test", "when has 2,804 characters; divide it into rules of up to 2,000"),
        ("  ", "when is blank; write what a row must be like"),
        # what does not fit
        ("unit > 1", f"there is no column unit; {THE_COLUMNS}"),
        ("order_name > 5", "order_name is a text and cannot be compared with the number 5"),
        ("units == '5'", 'units is a number and cannot be compared with the text "5"'),
        ("units == True", "units is a number and cannot be compared with the flag True"),
        ("is_tracked == 'yes'", 'is_tracked is a flag and cannot be compared with the text "yes"'),
        ("is_tracked > False", "is_tracked is a flag, which has no order; compare it by == or !="),
        ("carrier < 'DHL'", "carrier is a text, which has no order; compare it by == or !="),
        ("paid_at > 5", "paid_at is a time and cannot be compared with the number 5"),
        ("paid_at > 'yesterday'", 'paid_at is a time, and "yesterday" is none; write "2026-11-01"'),
        ("paid_at > '2026-02-30'", 'paid_at is a time, and "2026-02-30" is none; write "2026-11-01"'),
        ("paid_at > '2026-11-01T08:30'", 'paid_at is a time, and "2026-11-01T08:30" is none; write "2026-11-01"'),
        ("paid_at - 1 > 1", "the time paid_at cannot be reckoned with; only numbers can"),
        ("units + '1' > 1", 'the text "1" cannot be reckoned with; only numbers can'),
        ("units", "units alone is neither true nor false; compare it with something"),
        ("True", "True asks nothing of a row; compare a column with it"),
        ("1 < 2", "1 and 2 are both values; one side must be a column"),
        ("1 + 1 == 2", "what is reckoned and 2 are both values; one side must be a column"),
        ("units > 1e99", "a number has at most 15 digits, unlike 1e+99"),
        (f"units > {10**40}", f"a number has at most 15 digits, unlike {str(10**40)[:37]}…"),
        ("paid_at == None", "None stands only after is; write … is None or … is not None"),
        ("paid_at is 5", "is goes only with None; write =="),
        ("5 is None", "only a column can be None, and 5 is none"),
        ("carrier == ''", "carrier is never blank but missing; write carrier is None"),
        ("'' in carrier", 'before in carrier stands a text in quotes, not ""'),
        ("units in []", "a list has 1 to 1,000 values, not 0"),
        ("units in [1, 'a']", 'units is a number and cannot be compared with the text "a"'),
        ("units in [units]", "a list holds only values, not units"),
        ("1 in [1, 2]", "1 is no column; write a column before in"),
        ("units in 5", "after in stands a list such as [1, 2], tags or findings, not 5"),
        ("units in tags", "before in tags stands a text in quotes, not units"),
        ("'a, b' in tags", 'no word of tags has a comma, unlike "a, b"; ask for one after another'),
        ("tags == 'vip'", 'tags holds several words; write "…" in tags'),
        ("tags in ['vip']", 'tags holds several words; write "a" in tags or "b" in tags'),
        ("'brst' in findings", f'findings is never "brst"; it is one of {", ".join(COLUMNS["findings"].values)}'),
        ("severity == 'worst'", 'severity is never "worst"; it is one of high, medium, low'),
        (
            "service_type in ['manual', 'other']",
            'service_type is never "other"; it is one of GIFT_CARD, MANUAL, THIRD_PARTY',
        ),
    ],
)  # fmt: skip
def test_a_criterion_that_says_anything_else_is_refused_by_the_name_of_its_rule(
    when: str, problem: str | None
) -> None:
    said = refused(rule(when))

    assert said.startswith("rule “mine”: ")
    assert problem is None or said == f"rule “mine”: {problem}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it holds no rule; write [[rule]] and below it name, when, decision, reason, note"),
        ("# later\n", "it holds no rule; write [[rule]] and below it name, when, decision, reason, note"),
        ("rule = 5", "it holds no rule; write [[rule]] and below it name, when, decision, reason, note"),
        ("rule = [1]", "it holds no rule; write [[rule]] and below it name, when, decision, reason, note"),
        ("strict = true\n" + rule("test"), "there is no key 'strict', only [[rule]]"),
        (rule("test", decision="cancel"), "rule “mine”: “cancel” is not a decision; write unfulfill, hold, "
         "request_cancellation, keep"),
        (rule("test", reason=" "), "rule “mine”: reason is blank; say it in a few words"),
        (rule("test", name=""), "rule 1: name is blank; say it in a few words"),
        (rule("test", name="x" * 61), f"rule “{'x' * 60}”: name has 61 characters; at most 60 are shown"),
        (rule("test", name="a\\u202eb"), "rule 1: name holds a control character; type it again"),
        (rule("test") + "weight = 3\n", "rule “mine”: there is no key 'weight', the keys are name, when, decision, "
         "reason, note"),
        (rule("test") + "note = 3\n", "rule “mine”: note must be a text in quotes, not 3"),
        ("[[rule]]\nname = 'a'\nreason = 'b'\ndecision = 'keep'\n", "rule “a”: when is missing"),
        ("[[rule]]\nname = 'a'\nwhen = true\nreason = 'b'\ndecision = 'keep'\n", "rule “a”: when must be a text in "
         "quotes, not True"),
        (rule("test", name="A") + rule("test", name="a"), "2 rules are named “a”; give each a name of its own"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_of_rules_is_refused(text: str, problem: str) -> None:
    assert refused(text) == problem


@pytest.mark.parametrize("text", ["no toml", "[[rule]", "a = " + "[" * 5000, "name = 'a\0b'"])
def test_what_is_no_toml_is_refused(text: str) -> None:
    assert refused(text).startswith("here/rules.toml is no TOML file (")


def test_every_problem_of_a_file_stands_in_one_message() -> None:
    text = rule("units > 'a' or foo", name="one", decision="x") + rule("test.y", name="two")

    assert refused(text) == (
        "rule “one”: “x” is not a decision; write unfulfill, hold, request_cancellation, keep; "
        'rule “one”: units is a number and cannot be compared with the text "a"; '
        f"rule “one”: there is no column foo; {THE_COLUMNS}; rule “two”: {DOTS}"
    )


def test_every_column_says_what_it_means() -> None:
    assert [name for name, column in COLUMNS.items() if not column.meaning.strip()] == []


def test_the_shipped_file_names_every_operator_that_rules_have() -> None:
    text = (Path(notebooks_folder()) / "rules.toml").read_text(encoding="utf-8")
    examples = [
        line.lstrip("# ") for line in text.splitlines() if line.startswith("#     ") and "   " in line[6:]
    ]
    said = [part for line in examples for part in line.split("     ")[1:] if part.strip()]

    whens = [part.strip() for part in said if any(name in part for name in COLUMNS)]
    found = parse_rules("".join(rule(when, name=str(n)) for n, when in enumerate(whens)), "x")

    assert len(found) >= 8
    assert tomllib.loads(text).keys() == {"rule"}
