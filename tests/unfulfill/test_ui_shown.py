"""What notebooks show: every text of a shop is text, in HTML and in a terminal."""

from html.parser import HTMLParser

import pandas as pd

from unfulfill.ending import MIME, Ending
from unfulfill.ui.shown import frame_table, plain, say, table

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></tr></table><iframe src=javascript:alert(1)>",
    "{{7*7}}",
)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_hostile_text_stays_text_in_cells_headings_notes_and_sentences() -> None:
    shown = table(HOSTILE, [HOSTILE], note=HOSTILE[0]) + say(HOSTILE[1])

    tags = Tags()
    tags.feed(shown.markup)

    assert tags.tags == {"table", "thead", "tbody", "tr", "th", "td", "p", "small"}
    assert tags.attributes == {"style", "scope"}


def test_values_read_as_people_write_them() -> None:
    values = [None, pd.NA, pd.NaT, float("nan"), True, 1234567, pd.Timestamp("2026-10-01T08:30Z"), "x"]

    assert [plain(value) for value in values] == ["", "", "", "", "yes", "1,234,567", "2026-10-01 08:30", "x"]


def test_a_table_is_readable_as_plain_text() -> None:
    shown = table(["Order", "Units"], [("#1001", 12), ("#1002", None)], note="… and 1 more rows.")

    assert repr(shown) == "Order  Units\n#1001  12\n#1002\n… and 1 more rows."


def test_a_long_frame_is_cut_and_says_so() -> None:
    frame = pd.DataFrame({"a": range(30), "b": "x"})

    shown = frame_table(frame, {"a": "order"}, most=20)

    assert shown.markup.count("<tr>") == 21
    assert "… and 10 more rows." in shown.text


def test_an_empty_table_says_what_that_means() -> None:
    assert (
        "Nothing differs."
        in frame_table(pd.DataFrame({"a": []}), {"a": "order"}, empty="Nothing differs.").text
    )


def test_the_later_ending_counts_and_travels_in_a_type_of_its_own() -> None:
    shown = say("a", ending=Ending(3, "waits")) + say("b")

    bundle = shown._repr_mimebundle_()

    assert bundle[MIME] == {"exit_status": 3, "text": "waits"}
    assert MIME not in say("b")._repr_mimebundle_()
