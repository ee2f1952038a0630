"""Progress of a step in a notebook: a bar for a person; where nobody sits, one line that is rewritten.

The line is an output with a display id, so the executed notebook keeps only what it said last; each rewriting
reaches the runner as a message with a MIME type of its own (see `unfulfill.progress`).
"""

import time
from collections.abc import Callable

from unfulfill.progress import MIME, Progress, no_progress
from unfulfill.ui.pace import Pace
from unfulfill.ui.session import is_interactive
from unfulfill.ui.shown import escape
from unfulfill.words import said, said_word

BAR_EVERY_S = 0.1
UPDATE_EVERY_S = 1.0
PRINT_EVERY_S = 5.0


def show_progress(label: str, shown: bool = True, clock: Callable[[], float] = time.monotonic) -> Progress:
    """A Progress that is shown below the cell; nothing at all with `shown` false."""
    if not shown:
        return no_progress
    label = said_word(label, label, of="phase")
    if is_interactive():
        return _bar(label, clock)
    return _throttled(label, clock, UPDATE_EVERY_S, _rewritten()) if _in_kernel() else _printed(label, clock)


def _in_kernel() -> bool:
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def _printed(label: str, clock: Callable[[], float]) -> Progress:
    return _throttled(label, clock, PRINT_EVERY_S, print, at_once=False)


def _throttled(
    label: str,
    clock: Callable[[], float],
    every_s: float,
    tell: Callable[[str], None],
    *,
    at_once: bool = True,
) -> Progress:
    """Tells a sentence each `every_s` and at the end."""
    pace = Pace(clock)
    last = clock() - every_s * at_once

    def show(done: int, total: int | None, text: str = "") -> None:
        nonlocal last
        words = pace(done, total, text)
        if clock() - last >= every_s or done == total:
            last = clock()
            tell(said("pace.of_step", step=label, text=words))

    return show


def _rewritten() -> Callable[[str], None]:
    """Shows a text below the cell, in place of the one before it."""
    from IPython.display import display

    handle = None

    def tell(text: str) -> None:
        nonlocal handle
        data = {"text/plain": text, MIME: {"text": text}}
        if handle is None:
            handle = display(data, raw=True, display_id=True)
        else:
            handle.update(data, raw=True)

    return tell


def _bar(label: str, clock: Callable[[], float]) -> Progress:
    import ipywidgets
    from IPython.display import display

    bar = ipywidgets.IntProgress(layout={"width": "430px"})
    words = ipywidgets.HTML()  # the bar itself says nothing to a screen reader
    pace = Pace(clock)
    last: float | None = None

    def show(done: int, total: int | None, text: str = "") -> None:
        nonlocal last
        words_now = pace(done, total, text)
        if last is None:
            display(ipywidgets.HBox([bar, words]))
        elif clock() - last < BAR_EVERY_S and done != total:
            return
        last = clock()
        # Without a total the bar stays empty: a full one would say that it is done.
        bar.max, bar.value = max(total or 1, 1), done if total is not None else 0
        words.value = f'<span role="status">{escape(said("pace.of_step", step=label, text=words_now))}</span>'

    return show
