"""An area on which a person drops one file. Its bytes are in no trait: a saved notebook keeps those of its widgets."""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import Any

import anywidget
import traitlets

from unfulfill.words import said

HERE = Path(__file__).parent
MOST_BYTES = 8_000_000  # Jupyter closes a connection that sends a message of more than 10 MB


class DropArea(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is seen untyped
    """Gives what was dropped or chosen to `on_file(name, content)`, and sentences about what cannot be to `on_refused`.

    `label` says to a screen reader what the area is for, `invitation` stands in it.
    """

    _esm = HERE / "drop_area.js"
    _css = HERE / "drop_area.css"

    words = traitlets.Dict().tag(sync=True)
    accept = traitlets.Unicode().tag(sync=True)
    most_bytes = traitlets.Int(MOST_BYTES).tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        label: str,
        invitation: str,
        accept: Sequence[str],
        on_file: Callable[[str, bytes], None],
        on_refused: Callable[[str], None],
    ) -> None:
        self._on_file, self._on_refused = on_file, on_refused
        words = {
            "label": label,
            "drop": invitation,
            "choose": said("drop_area.choose"),
            "one": said("drop_area.one"),
            "large": said("drop_area.large", number=MOST_BYTES // 1_000_000),
        }
        super().__init__(words=words, accept=",".join(accept))
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        """A text without an address, so that notebooks compare equal."""
        return "DropArea()"

    def _receive(self, _: object, message: dict[str, Any], buffers: Sequence[Any]) -> None:
        match message:
            case {"op": "file", "name": str(name)} if buffers:
                self._on_file(PurePath(name.replace("\\", "/")).name, bytes(buffers[0]))
            case {"op": "refused", "text": str(text)}:
                self._on_refused(text)
