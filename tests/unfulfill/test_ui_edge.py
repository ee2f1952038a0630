"""What nobody foresaw: a sentence beside the button, details behind one click, and a line in the log."""

import logging

import pytest

from unfulfill.errors import InputRefused
from unfulfill.ui.edge import tried
from unfulfill.ui.shown import Shown

TOKEN = "shp" + "at_" + "0123456789abcdef" * 2


def broken() -> Shown:
    raise RuntimeError(f"<b>the disk</b> is gone, asked with {TOKEN}")


def test_an_error_that_nobody_foresaw_is_a_sentence_with_its_details_folded_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        shown = tried(broken)

    assert isinstance(shown, Shown)
    sentence, _, rest = shown.markup.partition("<details>")
    assert "This failed, and it is not your fault: RuntimeError: &lt;b&gt;the disk" in sentence
    assert "in broken" in rest and "Traceback" in rest and "<b>" not in rest
    assert "in broken" in caplog.text
    assert TOKEN not in shown.markup + shown.text + caplog.text


def test_a_refusal_is_its_sentence_alone() -> None:
    def refused() -> Shown:
        raise InputRefused("count.csv is empty; count again.")

    shown = tried(refused)

    assert isinstance(shown, Shown)
    assert (shown.text, "<details>" in shown.markup) == ("count.csv is empty; count again.", False)


def test_what_works_is_given_back() -> None:
    assert tried(lambda: 7) == 7
