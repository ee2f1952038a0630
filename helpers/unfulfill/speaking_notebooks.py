"""The notebooks in another language: copies whose texts are those of its file of messages; the code is the same.

English stands in the notebooks themselves. A text without a translation stays as it is.
"""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unfulfill.errors import InputRefused
from unfulfill.words import language_of, said, said_word
from unfulfill.words.machine import why_failed

Translate = Callable[[str], str]
_HELP = re.compile(r"(?<=  # )\S.*$")  # of a parameter
_COMMENT = re.compile(r"(?<=^# )\S.*$")  # the first line of a code cell
_HEADING = re.compile(r"#+ ")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


def notebooks_in(root: Path) -> str:
    """The folder below `root` with the notebooks in the language that is chosen there; made where it is missing.

    Raises InputRefused where it cannot be written.
    """
    name = language_of(root)
    if name == "en":
        return "notebooks"
    folder = root / f"notebooks-{name}"
    try:
        folder.mkdir(exist_ok=True)
        for source in sorted((root / "notebooks").glob("*.ipynb")):
            if not (folder / source.name).exists():  # one that is there may have parameters of its own
                _write_translated(source, folder / source.name, name)
    except OSError as error:
        raise InputRefused(
            said("run_error.folder_not_written", folder=folder, error=why_failed(error))
        ) from None
    return folder.name


def _write_translated(source: Path, target: Path, language: str) -> None:
    notebook = json.loads(source.read_text(encoding="utf-8"))
    told = translated(notebook, lambda text: said_word(text, text, of="notebook", language=language))
    target.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def translated(notebook: dict[str, Any], translate: Translate) -> dict[str, Any]:
    """A copy with translated headings, paragraphs, cells of tables, helps of parameters and titles of code cells."""
    told = copy.deepcopy(notebook)
    for cell in told["cells"]:
        source = "".join(cell["source"])
        is_text = cell["cell_type"] == "markdown"
        cell["source"] = (_markdown if is_text else _code)(source, translate).splitlines(keepends=True)
    return told


def _markdown(source: str, translate: Translate) -> str:
    return "\n\n".join(_paragraph(part, translate) for part in _BLANK_LINE.split(source))


def _paragraph(part: str, translate: Translate) -> str:
    if part.startswith("|"):
        return "\n".join(_row(line, translate) for line in part.split("\n"))
    marks = _HEADING.match(part)
    begin = marks[0] if marks else ""
    return begin + translate(" ".join(part[len(begin) :].split()))


def _row(line: str, translate: Translate) -> str:
    cells = (cell.strip() for cell in line.strip("|").split("|"))
    return "| " + " | ".join(translate(cell) for cell in cells) + " |"


def _code(source: str, translate: Translate) -> str:
    def told(found: re.Match[str]) -> str:
        return translate(found[0])

    first, newline, rest = source.partition("\n")
    lines = [_COMMENT.sub(told, first), *rest.split("\n")] if newline else [_COMMENT.sub(told, first)]
    return "\n".join(_HELP.sub(told, line) for line in lines)
