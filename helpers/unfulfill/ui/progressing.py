"""Progress of a step in a notebook: a bar for a person, a few lines of text where nobody sits."""

import time
from collections.abc import Callable

from unfulfill.progress import Progress, no_progress
from unfulfill.ui.session import is_interactive
from unfulfill.ui.shown import escape

BAR_EVERY_S = 0.1
LINE_EVERY_S = 5.0


def show_progress(label: str, shown: bool = True, clock: Callable[[], float] = time.monotonic) -> Progress:
    """A Progress that is shown below the cell; nothing at all with `shown` false."""
    if not shown:
        return no_progress
    return _bar(label, clock) if is_interactive() else _lines(label, clock)


def _lines(label: str, clock: Callable[[], float]) -> Progress:
    last = clock()

    def show(done: int, total: int | None, text: str = "") -> None:
        nonlocal last
        if clock() - last >= LINE_EVERY_S or done == total:
            last = clock()
            print(_sentence(label, done, total, text))

    return show


def _bar(label: str, clock: Callable[[], float]) -> Progress:
    import ipywidgets
    from IPython.display import display

    bar = ipywidgets.IntProgress(layout={"width": "430px"})
    words = ipywidgets.HTML()  # the bar itself says nothing to a screen reader
    last: float | None = None

    def show(done: int, total: int | None, text: str = "") -> None:
        nonlocal last
        if last is None:
            display(ipywidgets.HBox([bar, words]))
        elif clock() - last < BAR_EVERY_S and done != total:
            return
        last = clock()
        bar.max, bar.value = max(total or done, 1), done
        words.value = f'<span role="status">{escape(_sentence(label, done, total, text))}</span>'

    return show


def _sentence(label: str, done: int, total: int | None, text: str) -> str:
    amount = f"{done:,}" if total is None else f"{done:,} of {total:,}"
    return f"{label}: {amount}. {text}".rstrip()
