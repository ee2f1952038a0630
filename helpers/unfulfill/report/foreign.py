"""What in a piece of HTML the workbench would never have written: somebody edited the notebook that it comes from."""

import re
from html.parser import HTMLParser

from unfulfill.words import said

_ELEMENTS = frozenset(
    """a b bdi blockquote br caption code col colgroup dd del details div dl dt em figcaption figure g h1 h2 h3 h4 h5 h6
    hr i kbd li line ol p path pre rect s small span strong style sub summary sup svg table tbody td text tfoot th thead
    title tr u ul wbr""".split()  # noqa: SIM905 - a list of words
)
_ATTRIBUTES = frozenset(
    """align aria-describedby aria-hidden aria-label aria-labelledby class colspan d dir dominant-baseline fill
    fill-opacity height href id lang open points rel role rowspan scope stroke stroke-dasharray stroke-width style
    tabindex target text-anchor title transform viewbox width x x1 x2 y y1 y2""".split()  # noqa: SIM905
)
_LINK = re.compile(r"https?://|[\w.-]+\.(?:html|ipynb)(?:#|$)|#", re.IGNORECASE)
_LOADS = re.compile(r"url\s*\(|@import|expression\s*\(|javascript:", re.IGNORECASE)


def foreign_in(markup: str) -> str:
    """The first element, attribute, link or style that is not ours, in a few words; blank where there is none."""
    reader = _Reader(convert_charrefs=True)
    reader.feed(markup)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    found = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        wrong = [said("run_error.foreign_element", name=tag[:20])] if tag not in _ELEMENTS else []
        for name, value in attrs:
            if name not in _ATTRIBUTES:
                wrong.append(said("run_error.foreign_attribute", name=name[:20]))
            elif name == "href" and not _LINK.match((value or "").strip()):
                wrong.append(said("run_error.foreign_link"))
            elif name == "style" and _LOADS.search(value or ""):
                wrong.append(said("run_error.foreign_style"))
        if wrong and not self.found:
            self.found = wrong[0]

    def handle_data(self, data: str) -> None:
        """Look at the rules of a style; other text is text."""
        if self.cdata_elem == "style" and _LOADS.search(data):
            self.found = self.found or said("run_error.foreign_style")

    def handle_decl(self, decl: str) -> None:
        """A document type inside a result."""
        self.found = self.found or said("run_error.foreign_doctype")
