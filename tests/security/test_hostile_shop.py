"""A shop whose every text is hostile: nothing that a run leaves is markup, a formula, a path, or open to others."""

import base64
import csv
import json
import re
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pyarrow.parquet as pq
import pytest
from hostile import FORMULAS, MARKUP, MOVES, PATHS

pytestmark = pytest.mark.gate


ELEMENTS = set(
    """html head meta title style body header main footer section h1 h2 h3 h4 p ul ol li b strong em small span div
    bdi br hr table caption thead tbody tr th td figure figcaption svg rect line text details summary
    dl dt dd code pre a""".split()  # noqa: SIM905 - a list of words
)
ATTRIBUTES = set(
    """lang charset http-equiv content name class id title scope style role tabindex href open width height x y x1 x2 y1
    y2 viewbox text-anchor aria-label aria-labelledby aria-hidden""".split()  # noqa: SIM905
)
HEADERS = {
    "Subject",
    "X-Unsent",
    "Content-Language",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
}
PERSON = r"canary\d+|zyxel\.example|Canary Wharf|7946 0123"  # of every order
STARTS_FORMULA = re.compile(r"[\s\u00a0\ufeff\x00]*[=+\-@＝＋－＠]")


class Page(HTMLParser):
    """The elements, attributes and links of some markup."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.policy = ""
        self.words = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        given = dict(attrs)
        self.links |= {given[name] or "" for name in ("href", "src") if name in given}
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""

    def handle_data(self, data: str) -> None:
        self.words += data


def is_safe_link(link: str) -> bool:
    return re.fullmatch(r"[0-9a-z_]+\.(html|ipynb)|#[^\s<>]+", link) is not None


def test_the_lists_are_as_long_as_they_should_be() -> None:
    assert (len(set(MARKUP)) >= 60, len(set(FORMULAS)) >= 40, len(set(PATHS)) >= 40) == (True, True, True)


def test_no_text_becomes_markup_in_any_page(left: Any) -> None:
    pages = left.files(".html")
    assert {"report.html", "audit.html", "named.html", "2_audit.html"} <= {path.name for path in pages}

    for path in pages:
        page = Page(path.read_text(encoding="utf-8"))
        assert page.elements <= ELEMENTS, path
        assert page.attributes <= ATTRIBUTES, path
        assert [link for link in page.links if not is_safe_link(link)] == [], path
        assert page.policy.startswith("default-src 'none'"), path

    named = Page((left.folder / "named.html").read_text(encoding="utf-8")).words
    assert [text for text in MARKUP if text not in named] == []  # they were there


def test_no_text_becomes_markup_in_any_result_of_a_notebook(left: Any) -> None:
    shown = [(path, markup) for path in left.files(".ipynb") for markup in results(path)]
    assert len(shown) > 20

    for path, markup in shown:
        page = Page(markup)
        assert page.elements <= ELEMENTS, path
        assert page.attributes <= ATTRIBUTES, path
        assert [link for link in page.links if not is_safe_link(link)] == [], path


def results(path: Path) -> Iterator[str]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", ()):
            yield from ("".join(text) for kind, text in output.get("data", {}).items() if kind == "text/html")
            assert set(output.get("data", {})) <= {"text/html", "text/plain"} | {
                kind for kind in output.get("data", {}) if kind.startswith("application/vnd.unfulfill")
            }


def test_no_cell_of_any_workbook_is_a_formula_or_a_link(left: Any) -> None:
    books = left.files(".xlsx")
    assert {"orders.xlsx", "marks.xlsx", "results.xlsx"} <= {path.name for path in books}

    for path in books:
        with zipfile.ZipFile(path) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        for name, part in parts.items():
            assert b"<f>" not in part and b"<f " not in part, (path, name)
            assert b"hyperlink" not in part.lower() or b"HYPERLINK(" in part, (path, name)
            assert "externalLink" not in name, (path, name)
        for sheet in openpyxl.load_workbook(path).worksheets:
            kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
            assert "f" not in kinds, (path, sheet.title)


def test_no_cell_of_any_csv_is_a_formula(left: Any) -> None:
    files = left.files(".csv")
    assert {"marks.csv", "follow_up.csv", "messages.csv"} <= {path.name for path in files}

    for path in files:
        with path.open(newline="", encoding="utf-8-sig") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        risky = [
            cell for cell in cells if STARTS_FORMULA.match(cell) and not re.fullmatch(r"-?\d+(\.\d+)?", cell)
        ]
        assert risky == [], path
        assert not any(move in cell for cell in cells for move in ("\x1b", "\u202e", "\u2066")), path


def test_no_text_becomes_the_name_of_a_file_or_leaves_the_run_folder(left: Any) -> None:
    names = {part for path in left.folder.rglob("*") for part in path.relative_to(left.folder).parts}

    assert [name for name in names if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}", name)] == []


def test_no_draft_has_another_header_than_ours(left: Any) -> None:
    drafts = left.files(".eml")
    assert len(drafts) > 20

    for path in drafts:
        headers = set(message_from_bytes(path.read_bytes(), policy=default).keys())
        assert headers <= HEADERS


def test_every_file_and_folder_is_private_though_the_umask_was_open(left: Any) -> None:
    paths = [left.run.folder, *left.run.folder.rglob("*")]
    assert len(paths) > 60

    assert {str(path): oct(path.stat().st_mode) for path in paths if path.stat().st_mode & 0o077} == {}


def test_the_token_stands_in_no_file_in_any_form(left: Any) -> None:
    token = left.token.encode()
    forms = {token, quote(left.token, safe="").encode(), base64.b64encode(token)[:-4], token.hex().encode()}
    forms |= {base64.b64encode(b"x" * shift + token)[4:-4] for shift in (1, 2)}

    for path in left.files():
        packed = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                packed = b"".join(map(archive.read, archive.namelist()))
        assert [form for form in forms if form in packed] == [], path


def test_a_customer_is_named_in_the_two_pages_that_were_asked_to_and_nowhere_else(left: Any) -> None:
    texts = [(path.name, unpacked(path)) for path in left.files()]
    names = {name for name, _ in texts}
    assert {"1_export.ipynb", "journal.sqlite", "orders.parquet", "orders.xlsx", "6_undo.html"} <= names
    assert any(
        "LL-" in text for name, text in texts if name == "inventory_levels.parquet"
    )  # so would a customer

    named = {name for name, text in texts if "Zyxelina" in text}
    known = {name for name, text in texts if re.search(PERSON, text)}

    assert named == {"named.html", "named_audit.html"}
    assert known == set()


def unpacked(path: Path) -> str:
    """All texts of a file, also of one that is packed."""
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pylist())
    if path.suffix == ".eml":
        return str(message_from_bytes(path.read_bytes(), policy=default).get_content())
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    return path.read_bytes().decode("utf-8", "replace")


def test_nothing_but_this_machine_was_connected_to(left: Any) -> None:
    assert left.connected_to == {"127.0.0.1"}


@pytest.mark.parametrize("move", MOVES[:5])
def test_what_moves_a_terminal_reaches_none(move: str, left: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from unfulfill.cli import main

    for command in (["journal", str(left.run.folder)], ["rules", str(left.run.folder)]):
        main(command)
        said = capsys.readouterr()
        assert move not in said.out + said.err, command
