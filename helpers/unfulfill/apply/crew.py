"""Doing the same with many things at a time, in threads, without losing one to Ctrl-C."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


class Crew:
    """Threads for one apply. With one thread everything happens in the caller's, one after the other.

    `halt` is called when something went wrong or Ctrl-C was pressed: the work must then end by itself soon.
    """

    def __init__(self, threads: int, halt: Callable[[], object]) -> None:
        self._pool = ThreadPoolExecutor(threads, "unfulfill-apply") if threads > 1 else None
        self._halt = halt

    def __enter__(self) -> "Crew":
        """The crew itself; leaving waits for what is in flight."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def each(self, work: Callable[[T], object], things: Iterable[T]) -> None:
        """Do the work with each. Raises the first error; what is in flight is finished before."""
        if self._pool is None:
            for thing in things:
                work(thing)
            return
        futures = [self._pool.submit(work, thing) for thing in things]
        try:
            wait(futures, return_when="FIRST_EXCEPTION")
        except (
            BaseException
        ):  # Ctrl-C: a call that is on its way must be journalled; a second one ends at once
            self._stop(futures)
            raise
        if any(future.done() and future.exception() for future in futures):
            self._stop(futures)
        for future in futures:
            future.result()

    def _stop(self, futures: Iterable["Future[object]"]) -> None:
        self._halt()
        wait(list(futures))
