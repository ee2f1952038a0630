"""The edge of the panels: what a person gave becomes a file, and what went wrong a sentence."""

import logging
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TypeVar

from unfulfill.errors import WorkbenchError
from unfulfill.redaction import without_secrets
from unfulfill.ui.shown import Shown, escape, folded, say
from unfulfill.words import said

LOG = logging.getLogger(__name__)
T = TypeVar("T")


def tried(work: Callable[[], T]) -> T | Shown:
    """What `work` gives; where it fails, a sentence that says why: nobody else would see it in a callback or thread."""
    try:
        return work()
    except WorkbenchError as error:
        return say(str(error), "bad")
    except Exception as error:
        return unexpected(error)


def unexpected(error: Exception, key: str = "shown.unexpected") -> Shown:
    """What to show of an error that nobody foresaw: a sentence, and the details behind one click."""
    what, details = logged(error)
    trace = Shown(f"<pre>{escape(details)}</pre>", details)
    return say(said(key, error=what), "bad") + folded(said("marking_page.details"), trace)


def logged(error: Exception) -> tuple[str, str]:
    """An error that nobody foresaw in one line, and its details, without secrets, as they were logged."""
    details = without_secrets("".join(traceback.format_exception(error)))
    LOG.error("a panel failed\n%s", details)
    return without_secrets(f"{type(error).__name__}: {error}"), details


@contextmanager
def as_file(name: str, content: bytes, otherwise: str) -> Iterator[Path]:
    """A file that a person gave, for as long as the block lasts; `otherwise` is its name where it has none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / (PurePath(name).name or otherwise)
        file.write_bytes(content)
        yield file
