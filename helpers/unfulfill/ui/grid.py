"""The widget of the marking table: it shows what its owner sends, and tells its owner what a person does.

Rows, choices and cards travel by messages only, never in synced traits: a notebook file keeps the traits of its
widgets, and would keep the shop's orders with them.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_SCRIPTS = Path(__file__).parent / "marking_js"
# One module for the browser, without a build step: each part only defines functions that the later ones call.
_PARTS = ("elements", "filters", "table", "deciding", "card", "main")
Message = dict[str, Any]


@dataclass(frozen=True)
class GridColumn:
    """A column shown: its name in the rows, its heading and its width in pixels."""

    name: str
    heading: str
    width: int


class Grid(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is seen untyped
    """What is in the browser. `receive(message, buffers)` is called with everything that a person does there."""

    _esm = "\n".join((_SCRIPTS / f"{part}.js").read_text(encoding="utf-8") for part in _PARTS)
    _css = Path(__file__).parent / "marking.css"

    columns = traitlets.List().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)  # every text that the browser shows by itself
    height = traitlets.Int(560).tag(sync=True)  # pixels

    def __init__(
        self,
        columns: Sequence[GridColumn],
        words: dict[str, Any],
        receive: Callable[[Message, Sequence[Any]], None],
    ) -> None:
        super().__init__(columns=[asdict(column) for column in columns], words=words)
        self.on_msg(lambda _, message, buffers: receive(message, buffers))

    def __repr__(self) -> str:
        """A text without an address, so that notebooks compare equal."""
        return "Grid()"
