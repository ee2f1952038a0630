"""Pages of executed notebooks: what is in them, what never is, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from unfulfill.cli import main
from unfulfill.run import Run

NOTE = {
    "cell_type": "markdown", "metadata": {}, "source": ["# 2 · Audit\n", "It *reads*. Next: [3_mark](3_mark.ipynb)."],
}  # fmt: skip
PARAMETERS = {
    "cell_type": "code", "metadata": {"tags": ["parameters"]}, "outputs": [], "source": 'shop: str = "sandbox"  # help',
}  # fmt: skip
GIVEN = {
    "cell_type": "code", "metadata": {"tags": ["injected-parameters"]}, "outputs": [],
    "source": '# Parameters\nrun = "runs/<monday>"\n',
}  # fmt: skip


def code(*outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": "secret_sauce()", "outputs": list(outputs)}


def shown(**data: str) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {k.replace("_", "/"): v for k, v in data.items()},
    }


def executed(folder: Path, *cells: dict[str, Any]) -> Run:
    run = Run(folder / "monday")
    run.write("notebooks/2_audit.ipynb", json.dumps({"cells": list(cells), "metadata": {}}))
    return run


def test_a_page_has_texts_and_results_and_no_code_or_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, told = (
        "<table><tr><td>37 units</td></tr></table>",
        {"output_type": "stream", "name": "stdout", "text": "a < b"},
    )
    run = executed(
        tmp_path, NOTE, PARAMETERS, GIVEN, code(shown(text_html=table, text_plain="37 units")), code(told)
    )

    assert main(["share", str(run.folder)]) == 0

    page = run.path("shared/2_audit.html").read_text(encoding="utf-8")
    assert capsys.readouterr().out == f"{run.path('shared/2_audit.html')}\n"
    assert "<em>reads</em>" in page and table in page and "a &lt; b" in page
    assert "&#34;runs/&lt;monday&gt;&#34;" in page
    assert 'href="3_mark.html"' in page
    assert "secret_sauce" not in page and "# help" not in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_a_step_that_stopped_says_so(tmp_path: Path) -> None:
    failed = {
        "output_type": "error",
        "ename": "SheetRefused",
        "evalue": "count.csv: <no>",
        "traceback": ["..."],
    }
    run = executed(tmp_path, code(failed))

    assert main(["share", str(run.folder)]) == 0

    assert "SheetRefused: count.csv: &lt;no&gt;" in run.path("shared/2_audit.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        (code(shown(text_plain="shpat_0123456789abcdef")), "an access token"),
        (code({"output_type": "stream", "name": "stdout", "text": "anna@example.com"}), "an e-mail address"),
        (code(shown(text_html="<td>anna&#64;example.com</td>")), "an e-mail address"),
        (code(shown(text_html="<td>+49 <b>170</b> 1234567</td>")), "a telephone number"),
        ({**NOTE, "source": "call +1 (555) 010-9999"}, "a telephone number"),
        ({**GIVEN, "source": 'by = "anna@example.com"'}, "an e-mail address"),
        (
            code({"output_type": "error", "ename": "E", "evalue": "anna@example.com", "traceback": []}),
            "an e-mail address",
        ),
    ],
)
def test_a_notebook_with_a_secret_or_a_person_in_it_is_not_shared(
    tmp_path: Path, cell: dict[str, Any], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = executed(tmp_path, NOTE, cell)

    assert main(["share", str(run.folder)]) == 3

    told = capsys.readouterr().err
    assert f"cell 2 holds what looks like {what}" in told
    assert "anna" not in told and "shpat" not in told and "0109999" not in told
    assert not run.path("shared").exists()


def test_a_run_without_executed_notebooks_says_how_to_get_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["share", str(Run(tmp_path / "empty").folder)]) == 2
    assert "has no executed notebooks" in capsys.readouterr().err
    assert main(["share", str(tmp_path / "nowhere")]) == 2


@pytest.mark.parametrize(
    "text",
    ["2026-11-29 02:00:00+00:00", "JD+14600012345678", "+3 units", "gid://shopify/Order/1", "5+12345678901"],
)
def test_times_numbers_and_ids_are_no_telephone_numbers(tmp_path: Path, text: str) -> None:
    run = executed(tmp_path, code(shown(text_plain=text)))

    assert main(["share", str(run.folder)]) == 0


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ("<script>1</script>", "the element script"),
        ("<p onclick=x>y</p>", "the attribute onclick"),
        ("<img src=http://evil.test/x>", "the element img"),
        ("<svg><image href=//evil.test/x></svg>", "the element image"),
        ('<a href="javascript:alert(1)">x</a>', "a link that leads neither"),
        ('<a href="java&#10;script:alert(1)">x</a>', "a link that leads neither"),
        ("<a href=//evil.test>x</a>", "a link that leads neither"),
        ('<p style="background: url(//evil.test/x)">x</p>', "a style that loads"),
        ("<style>@import '//evil.test/x.css'</style>", "a style that loads"),
        ("<style>p { color: red }</style><script>1</script>", "the element script"),
        ("<p>x</p><!doctype html>", "a document type"),
        ("<p title='anna@example.com'>x</p>", "an e-mail address"),
    ],
)
@pytest.mark.parametrize("where", ["result", "text"])
def test_what_somebody_put_into_a_notebook_by_hand_is_not_shared(
    tmp_path: Path, markup: str, what: str, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = code(shown(text_html=markup)) if where == "result" else {**NOTE, "source": markup}

    assert main(["share", str(executed(tmp_path, NOTE, cell).folder)]) == 3

    assert f"cell 2 holds {'what looks like ' * ('mail' in what)}{what}" in capsys.readouterr().err
    assert not (tmp_path / "monday" / "shared").exists()


def test_styles_of_charts_and_words_about_links_are_shared(tmp_path: Path) -> None:
    chart = "<style>.x svg { color: red }</style><p>url(x), javascript: and @import are words</p>"

    assert main(["share", str(executed(tmp_path, code(shown(text_html=chart))).folder)]) == 0


@pytest.mark.parametrize(
    "cell",
    [
        {}, {"cell_type": "code"}, "cell", None, {**NOTE, "source": 5}, {**NOTE, "metadata": []},
        {**NOTE, "source": [1]}, {**code(), "outputs": {}}, code({"output_type": "stream", "text": [1, 2]}),
        code({"output_type": "strange"}), code({"output_type": "error"}), code("x"),
        code({"output_type": "display_data", "data": {"text/html": 1}}),
    ],
)  # fmt: skip
def test_a_notebook_with_cells_of_another_form_is_refused_with_its_number(
    tmp_path: Path, cell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["share", str(executed(tmp_path, NOTE, cell).folder)]) == 3

    assert "cell 2 is not as Jupyter writes cells" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["shared", "shared/2_audit.html"])
def test_where_the_pages_cannot_be_written_it_says_so(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = executed(tmp_path, NOTE)
    if name == "shared":
        (run.folder / name).write_text("a file")
    else:
        (run.folder / name).mkdir(parents=True)

    assert main(["share", str(run.folder)]) == 2

    told = capsys.readouterr().err
    assert str(run.folder / "shared") in told and "Traceback" not in told
