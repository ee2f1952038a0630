"""Doing the same with many things at a time, in threads, without losing one to Ctrl-C."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


class Crew:
    """Threads for one apply. With one thread everything happens in the caller's, one after the other.

    `halt` is called when something went wrong or Ctrl-C was pressed: the work must then end by itself soon. A second
    Ctrl-C waits for nothing: what is in flight is left to itself, and Python does not wait for these threads either.
    """

    def __init__(self, threads: int, halt: Callable[[], object]) -> None:
        self._halt = halt
        self._tasks: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"unfulfill-apply-{number}", daemon=True)
            for number in range(threads if threads > 1 else 0)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "Crew":
        """The crew itself; leaving waits for what is in flight."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads."""
        for _ in self._threads:
            self._tasks.put(None)

    def each(self, work: Callable[[T], object], things: Iterable[T]) -> None:
        """Do the work with each. Raises the first error; what is in flight is finished before."""
        if not self._threads:
            for thing in things:
                work(thing)
            return
        futures: list[Future[object]] = []
        try:
            for thing in things:
                futures.append(self._begin(work, thing))
            wait(futures, return_when="FIRST_EXCEPTION")
        except BaseException:  # Ctrl-C: a call that is on its way must be journalled
            self._finish(futures)
            raise
        if any(future.done() and future.exception() for future in futures):
            self._finish(futures)
        for future in futures:
            future.result()

    def _begin(self, work: Callable[[T], object], thing: T) -> "Future[object]":
        future: Future[object] = Future()

        def do() -> None:
            try:
                future.set_result(work(thing))
            except BaseException as error:  # told to the caller
                future.set_exception(error)

        self._tasks.put(do)
        return future

    def _finish(self, futures: Iterable["Future[object]"]) -> None:
        self._halt()
        wait(list(futures))

    def _work(self) -> None:
        while (do := self._tasks.get()) is not None:
            do()
