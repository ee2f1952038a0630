"""How long steps tell how far they are: an object that is called, with a do-nothing default."""

from typing import Protocol


class Progress(Protocol):
    """Called with what is done, out of how much (None: unknown), and a few words."""

    def __call__(self, done: int, total: int | None, text: str = "") -> None:
        """Show it. Called at most some times a second, from the thread that works."""


def no_progress(done: int, total: int | None, text: str = "") -> None:
    """Show nothing."""
