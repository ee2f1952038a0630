"""The apply panel: typing the number of orders to approve, a second person where one is needed, progress and Stop.

Applying happens in a thread of its own, so that the kernel goes on answering and Stop works. The panel decides
nothing: it hands the digest of the plan shown to `Workbench.apply`, which has every guard.
"""

import logging
import threading
import time
from collections.abc import Callable
from enum import StrEnum

import ipywidgets

from unfulfill.apply import Applied
from unfulfill.errors import NotApproved, Paused, WorkbenchError
from unfulfill.model import Change, Plan, Result
from unfulfill.plan_stock import change_name
from unfulfill.safety import needs_second_person, too_large
from unfulfill.ui.after_apply import AfterApply
from unfulfill.ui.edge import unexpected
from unfulfill.ui.pace import Pace
from unfulfill.ui.plan_views import orders_in, outcomes_view
from unfulfill.ui.shown import Shown, escape, say, table
from unfulfill.words import headings, said, said_word
from unfulfill.workbench import Workbench

UPDATE_EVERY_S = 0.1
MOST_FAILURES = 5  # of those that are shown while it runs; the result has more, results.xlsx all
LOG = logging.getLogger(__name__)


class State(StrEnum):
    """Where the panel is; every `disabled` follows from it."""

    EMPTY = "empty"  # the plan has no change, or is too large
    READY = "ready"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"  # the same button goes on
    DONE = "done"
    FAILED = "failed"


class ApplyPanel:
    """Approve one plan and apply it. `widget` is what the notebook shows."""

    def __init__(
        self, wb: Workbench, plan: Plan, clock: Callable[[], float] = time.monotonic, *, bulk: bool = False
    ) -> None:
        self._wb = wb
        self._plan = plan
        self._bulk = bulk
        self._clock = clock
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._updated = 0.0
        self._pace = Pace(clock)
        self._thread: threading.Thread | None = None
        self.orders = orders_in(plan) or len(plan.changes)
        counted = "orders" if orders_in(plan) else "items"
        self.needs_two = needs_second_person(plan)
        done = len(wb.outcomes()) if plan.changes else 0
        self._sent = _done_so_far(done, len(plan.changes))
        self._large = too_large(plan)
        self.state = State.EMPTY if self._large else _state_before(done, len(plan.changes))
        wide = {"description_width": "initial"}
        self.typed = ipywidgets.Text(
            description=said(f"applying.type_{counted}", number=self.orders),
            continuous_update=True,
            style=wide,
            layout={"width": "430px"},
        )
        self.by = ipywidgets.Text(
            description=said("applying.your_name"),
            continuous_update=True,
            style=wide,
            layout={"width": "430px", "display": "" if self.needs_two else "none"},
        )
        self.button = ipywidgets.Button(description=said("applying.apply"), button_style="danger")
        self.stop_button = ipywidgets.Button(
            description=said("applying.stop"), icon="", tooltip=said("applying.stop_tooltip")
        )
        self.bar = ipywidgets.IntProgress(
            value=done,
            max=max(len(plan.changes), 1),
            layout={"width": "430px"},
            tooltip=said("applying.progress"),
        )
        self.status = ipywidgets.HTML()
        self.result = ipywidgets.HTML()
        self._failures: list[tuple[str, str, str]] = []  # order, result, why
        self.after = AfterApply(wb, plan)
        self.typed.observe(lambda _: self._typed(), names="value")
        self.by.observe(lambda _: self._derive(), names="value")
        self.button.on_click(lambda _: self.start())
        self.stop_button.on_click(lambda _: self.stop())
        buttons = ipywidgets.HBox([self.button, self.stop_button, self.status])
        parts = [self.by, self.typed, buttons, self.bar, self.result, self.after.widget]
        self.widget = ipywidgets.VBox([self.status] if self.state is State.EMPTY else parts)
        self._say(self._greeting())
        self._derive()

    def start(self) -> None:
        """Apply the plan that is shown, in the background; nothing happens unless the number is right."""
        with self._lock:
            if not self._may_start():
                return
            self.state = State.RUNNING
            self._stop.clear()
            self._failures.clear()
            self.result.value = ""
            self._derive()
            self._thread = threading.Thread(target=self._work, name="unfulfill-apply", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask to stop after what is in flight."""
        with self._lock:
            if self.state is State.RUNNING:
                self._stop.set()
                self.state = State.STOPPING
                self._say(said("applying.stopping"))
                self._derive()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the background work has ended; false where it has not within the time."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def _may_start(self) -> bool:
        startable = self.state in (State.READY, State.STOPPED, State.FAILED)
        named = not self.needs_two or bool(self.by.value.strip())
        return startable and named and self.typed.value.strip() == str(self.orders)

    def _greeting(self) -> str:
        if not self._plan.changes:
            return said("applying.nothing")
        if self._large:
            return self._large
        if self._sent:
            return self._sent
        return said("applying.two_people") if self.needs_two else said("applying.nothing_sent")

    def _typed(self) -> None:
        """Say what is wrong with a number that is not that of the orders: a pale button alone leaves one guessing."""
        with self._lock:
            number = self.typed.value.strip()
            if self.state in (State.READY, State.STOPPED):
                is_wrong = not str(self.orders).startswith(number)
                sent = self._greeting()
                self._say(said("applying.wrong_number", number=self.orders, sent=sent) if is_wrong else sent)
            self._derive()

    def _derive(self) -> None:
        running = self.state in (State.RUNNING, State.STOPPING)
        self.typed.disabled = self.by.disabled = running or self.state in (State.EMPTY, State.DONE)
        self.button.disabled = not self._may_start()
        self.button.description = said("applying.go_on" if self.state is State.STOPPED else "applying.apply")
        self.stop_button.disabled = self.state is not State.RUNNING

    def _work(self) -> None:
        try:
            applied = self._wb.apply(
                self._plan.digest,
                by=self.by.value,
                stop=self._stop,
                progress=self._progress,
                failed=self._failed,
                bulk=self._bulk,
            )
        except NotApproved as error:
            self.by.value = self.typed.value = ""  # the next person types both
            self._end(State.READY, say(str(error), "warn"))
        except WorkbenchError as error:
            LOG.warning("apply ended: %s", error)
            self._end(State.FAILED, say(str(error), "bad"))
        except Exception as error:  # the edge: in a thread nobody else would see it
            self._end(State.FAILED, unexpected(error, "applying.failed"))
        else:
            self.bar.value = len(applied.outcomes)
            self.result.value = outcomes_view(applied).markup
            if applied.outcomes:
                self.after.show()
            self._finish(applied)

    def _finish(self, applied: Applied) -> None:
        try:
            applied.check()
        except Paused as error:
            self._sent = _done_so_far(len(applied.outcomes), applied.total)
            self._end(State.STOPPED, say(str(error), "warn"))
        except WorkbenchError as error:
            LOG.warning("apply ended: %s", error)
            self._end(State.DONE, say(str(error), "bad"))
        else:
            text = f"{said('applied.all', count=applied.total)} {said('applying.finished')}"
            self._end(State.DONE, say(text, "good"))

    def _end(self, state: State, shown: Shown) -> None:
        with self._lock:
            self.state = state
            self.status.value = f'<div role="status">{shown.markup}</div>'
            self._derive()

    def _progress(self, done: int, total: int | None, text: str = "") -> None:
        words = self._pace(done, total, text)
        now = self._clock()
        if now - self._updated < UPDATE_EVERY_S and done != total:
            return
        self._updated = now
        self.bar.value = done
        if not self._stop.is_set():
            self._say(f"{words} · {said('applying.points_left', number=round(self._wb.shop.points))}")

    def _failed(self, change: Change, result: Result, why: str) -> None:
        """Show what had no effect while the rest goes on."""
        with self._lock:
            self._failures.append((change_name(change), said_word(result.value), why))
            latest = table(headings("order", "result", "why"), self._failures[: -MOST_FAILURES - 1 : -1])
            head = say(said("applying.no_effect", count=len(self._failures)), "warn")
            self.result.value = (head + latest).markup

    def _say(self, text: str) -> None:
        self.status.value = f'<span role="status">{escape(text)}</span>'


def _state_before(done: int, all_: int) -> State:
    """The state of a plan of which so many changes have ended when it is shown."""
    if not all_:
        return State.EMPTY
    return State.READY if not done else State.STOPPED if done < all_ else State.DONE


def _done_so_far(done: int, all_: int) -> str:
    """What was sent of a plan before; blank: nothing."""
    if not done:
        return ""
    return said("applying.begun" if done < all_ else "step.apply", done=done, count=all_)
