"""An executed notebook as a page to share: its texts and results, without code, scripts or anything from elsewhere."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from unfulfill.redaction import SECRET
from unfulfill.report.foreign import foreign_in
from unfulfill.report.page import page_environment
from unfulfill.words import said

EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ ()/.-]{0,2}\d){7,14}(?!\w)")
NOT_TO_SHARE = {
    "run_error.cell_with_token": SECRET,
    "run_error.cell_with_email": EMAIL,
    "run_error.cell_with_phone": PHONE,
}
_TAG = re.compile(r"<[^>]*>")
_NOTEBOOK = re.compile(r'href="([^"/:]+)\.ipynb"')
LEFT_OUT = {"parameters"}  # its comments are for who runs it; what was given stands in the injected cell
PARAMETERS = "injected-parameters"


@dataclass(frozen=True)
class Part:
    """One piece of the page. `markup` is HTML that is shown as it is, `text` is escaped."""

    kind: str  # text, result, plain, parameters or error
    markup: str = ""
    text: str = ""


def render_notebook(notebook: Mapping[str, Any], title: str, run: str) -> str:
    """The page's HTML. Results are the notebook's own HTML, under a policy that runs no script and loads nothing."""
    return (
        page_environment()
        .get_template("notebook.html.j2")
        .render(title=title, run=run, parts=[part for cell in notebook["cells"] for part in _parts_of(cell)])
    )


def refused_in(notebook: Mapping[str, Any]) -> str:
    """Why a notebook must not be shared, as part of a sentence that does not repeat it; blank: it may be."""
    for number, cell in enumerate(notebook["cells"], 1):
        if not _is_cell(cell):
            return said("run_error.no_cell", cell=str(number))
        for text in _texts(cell):
            for key, pattern in NOT_TO_SHARE.items():
                if pattern.search(text):
                    return said(key, cell=str(number))
        for part in _parts_of(cell):
            if foreign := foreign_in(part.markup):
                return said("run_error.foreign", cell=str(number), what=foreign)
    return ""


def _is_cell(cell: Any) -> bool:
    """Whether it has the form that everything here relies on."""
    match cell:
        case {"cell_type": str(), "metadata": dict(), "source": source}:
            outputs = cell.get("outputs", [])
            return _is_text(source) and isinstance(outputs, list) and all(map(_is_output, outputs))
        case _:
            return False


def _is_output(output: object) -> bool:
    match output:
        case {"output_type": "stream", "text": text}:
            return _is_text(text)
        case {"output_type": "error", "ename": str(), "evalue": str()}:
            return True
        case {"output_type": "display_data" | "execute_result", "data": dict() as data}:
            return all(_is_text(data.get(kind, "")) for kind in ("text/html", "text/plain"))
        case _:
            return False


def _is_text(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(part, str) for part in value)
    )


def _texts(cell: Mapping[str, Any]) -> Iterator[str]:
    yield _joined(cell["source"])
    for output in cell.get("outputs", ()):
        yield from (_joined(output.get(name, "")) for name in ("text", "ename", "evalue"))
        for kind, value in output.get("data", {}).items():
            text = _joined(value) if _is_text(value) else str(value)
            if kind == "text/html":
                yield html.unescape(_TAG.sub(" ", text))  # what is read, without the marks between
            yield html.unescape(text)


def _parts_of(cell: Mapping[str, Any]) -> Iterator[Part]:
    from nbconvert.filters.markdown import markdown2html

    tags = set(cell["metadata"].get("tags", ()))
    if cell["cell_type"] == "markdown":
        yield Part("text", markup=_linked(markdown2html(_joined(cell["source"]))))
    elif PARAMETERS in tags:
        yield Part("parameters", text=_joined(cell["source"]).removeprefix("# Parameters\n").strip())
    elif not tags & LEFT_OUT:
        yield from map(_result, cell.get("outputs", ()))


def _result(output: Mapping[str, Any]) -> Part:
    if output["output_type"] == "error":
        return Part("error", text=f"{output['ename']}: {output['evalue']}")
    if output["output_type"] == "stream":
        return Part("plain", text=_joined(output["text"]))
    data = output.get("data", {})
    if "text/html" in data:
        return Part("result", markup=_linked(_joined(data["text/html"])))
    return Part("plain", text=_joined(data.get("text/plain", "")))


def _linked(markup: str) -> str:
    """Links to the other notebooks lead to their pages."""
    return _NOTEBOOK.sub(r'href="\1.html"', markup)


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
