"""An executed notebook as a page to share: its texts and results, without code, scripts or anything from elsewhere."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from unfulfill.redaction import SECRET
from unfulfill.report.page import page_environment

EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
PHONE = re.compile(r"(?<![\w+])\+[1-9](?:[ ()/.-]{0,2}\d){7,14}(?!\w)")
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
        .render(title=title, run=run, parts=list(_parts(notebook)))
    )


def personal_in(notebook: Mapping[str, Any]) -> str:
    """What in a notebook must not be shared, as part of a sentence that does not repeat it; blank: nothing."""
    for number, cell in enumerate(notebook["cells"], 1):
        for text in _texts(cell):
            for pattern, what in (
                (SECRET, "an access token"),
                (EMAIL, "an e-mail address"),
                (PHONE, "a telephone number"),
            ):
                if pattern.search(text):
                    return f"cell {number} holds what looks like {what}"
    return ""


def _texts(cell: Mapping[str, Any]) -> Iterator[str]:
    yield _joined(cell["source"])
    for output in cell.get("outputs", ()):
        yield from (_joined(output.get(name, "")) for name in ("text", "ename", "evalue"))
        for kind, value in output.get("data", {}).items():
            text = _joined(value) if isinstance(value, str | list) else str(value)
            yield html.unescape(_TAG.sub(" ", text)) if kind == "text/html" else text


def _parts(notebook: Mapping[str, Any]) -> Iterator[Part]:
    from nbconvert.filters.markdown import markdown2html

    for cell in notebook["cells"]:
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
