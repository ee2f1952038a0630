"""How long steps tell how far they are: an object that is called. `ui.pace` has the words for it."""

from typing import Protocol

MIME = "application/vnd.unfulfill.progress+json"  # marks what a kernel shows as progress, for the runner


class Progress(Protocol):
    """Called with what is done, out of how much (None: unknown), and a few words."""

    def __call__(self, done: int, total: int | None, text: str = "") -> None:
        """Show it. Called at most some times a second, from the thread that works."""


def no_progress(done: int, total: int | None, text: str = "") -> None:
    """Show nothing."""
