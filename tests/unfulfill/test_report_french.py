"""The report, the audit's page and the list for people in French: no English of ours is left in them."""

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from french import english_pieces

from unfulfill.audit import KINDS
from unfulfill.audit.signals import SIGNALS
from unfulfill.report.evidence_texts import BY_COUNT, LIKELY, LIKELY_BESIDE
from unfulfill.report.page import LEVEL_TEXTS, page_environment
from unfulfill.report.speaking import spoken
from unfulfill.words.saying import messages
from unfulfill.workbench import Workbench

TEMPLATES = ("report.html.j2", "rows.html.j2", "chart.html.j2")
OpenRun = Callable[..., Workbench]


@pytest.fixture(autouse=True)
def _in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "fr")


def visible(markup: str) -> str:
    """What a page says, also to screen readers and on pointing at something, without its style."""
    plain = re.sub(r"<style>.*?</style>", "", markup, flags=re.DOTALL)
    labels = " ".join(re.findall(r'(?:aria-label|title)="([^"]*)"', plain))
    return html.unescape(re.sub(r"<[^>]*>", " ", plain)) + " " + html.unescape(labels)


def english_words_of_data() -> set[str]:
    """English of our data, three words and longer, which the French file says otherwise."""
    french = messages("fr")
    told = {**{f"kind.{name}": text for name, text in KINDS.items()}, **SIGNALS}
    told |= {key: key.removeprefix("page.") for key in french if key.startswith("page.")}
    return {text for key, text in told.items() if text.count(" ") > 1 and text != french.get(key)}


def pieces_of(template: str) -> set[str]:
    """Texts between the tags of a template, as they stand there."""
    environment = page_environment()
    source, _, _ = environment.loader.get_source(environment, template)  # type: ignore[union-attr]
    tokens = environment.lex(source)
    plain = "".join(text if kind == "data" else "\0" for _, kind, text in tokens)
    texts = re.split(r"[\0\n]", re.sub(r"<[^>]*>", "\0", plain))
    return {text.strip() for text in texts if re.search("[A-Za-z]{2}", text)} - {"6_undo", "UTC"}


def test_the_pages_of_a_finished_run_are_french(workbench: OpenRun) -> None:
    wb = workbench(with_audit=True)
    wb.audit()
    wb.propose()
    wb.apply(wb.plan().digest)
    wb.verify()

    pages = [Path(path).read_text(encoding="utf-8") for path in (wb.audit_report(), wb.report())]

    for page in pages:
        text = visible(page)
        assert '<html lang="fr">' in page
        assert english_pieces([text]) == []
        assert [said for said in english_words_of_data() if said in text] == []
        assert "Constats" in text
    assert "Traitements annulés\u00a0:" in visible(pages[1])
    tasks = wb.run.path("follow_up.csv").read_text(encoding="utf-8-sig")
    assert "que faire" in tasks.splitlines()[0]
    assert [said for said in english_words_of_data() if said in tasks] == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_text_of_a_template_has_its_french(template: str) -> None:
    known = {key.removeprefix("page.") for key in messages("fr") if key.startswith("page.")}

    assert len(pieces_of(template)) > 0
    assert pieces_of(template) - known == set()


def test_a_text_is_said_where_it_stands_between_tags_and_in_labels_only() -> None:
    markup = '<p class="Order" aria-label="Verdict">Order <b>Item</b> #1 of</p>'

    assert spoken(markup, "fr") == '<p class="Order" aria-label="Verdict">Commande <b>Article</b> #1 of</p>'


@pytest.mark.parametrize("text", [*LEVEL_TEXTS.values(), BY_COUNT, LIKELY, LIKELY_BESIDE, "Order, customer"])
def test_every_text_of_a_page_that_stands_in_the_code_has_its_french(text: str) -> None:
    assert f"page.{text}" in messages("fr")
