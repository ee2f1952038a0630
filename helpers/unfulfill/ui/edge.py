"""The edge of the panels: what a person gave becomes a file, and what went wrong a sentence."""

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TypeVar

from unfulfill.errors import WorkbenchError
from unfulfill.redaction import without_secrets
from unfulfill.ui.shown import Shown, say

LOG = logging.getLogger(__name__)
T = TypeVar("T")


def tried(work: Callable[[], T]) -> T | Shown:
    """What `work` gives; where it fails, a sentence that says why: nobody else would see it in a callback or thread."""
    try:
        return work()
    except WorkbenchError as error:
        return say(str(error), "bad")
    except Exception as error:
        LOG.exception("a panel failed")
        return say(without_secrets(f"{type(error).__name__}: {error}"), "bad")


@contextmanager
def as_file(name: str, content: bytes, otherwise: str) -> Iterator[Path]:
    """A file that a person gave, for as long as the block lasts; `otherwise` is its name where it has none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / (PurePath(name).name or otherwise)
        file.write_bytes(content)
        yield file
