"""The first contact panel: name an order, see what would happen, approve it by its name, see what the shop did.

The work happens in a thread of its own, so that the kernel goes on answering. The panel decides nothing: it hands
order and digest to `Workbench.first_contact`, which has every guard. There is no Stop: between cancel and undo is no
place to rest.
"""

import logging
import threading
from collections.abc import Callable
from enum import StrEnum

import ipywidgets

from unfulfill.errors import WorkbenchError
from unfulfill.first_contact import FirstContact
from unfulfill.ui.contact_views import first_contact_view
from unfulfill.ui.edge import unexpected
from unfulfill.ui.shown import Shown, escape, say
from unfulfill.words import said, said_word
from unfulfill.workbench import Workbench

LOG = logging.getLogger(__name__)


class State(StrEnum):
    """Where the panel is; every `disabled` follows from it."""

    CHOOSING = "choosing"  # no order is planned
    READING = "reading"
    PLANNED = "planned"  # approve it by typing the order's name
    RUNNING = "running"  # cancel and undo are on their way
    DONE = "done"  # another order may be named


class FirstContactPanel:
    """Choose one order, approve, and see what the shop does. `widget` is what the notebook shows."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._planned: FirstContact | None = None
        self._order = ""
        self.state = State.CHOOSING
        wide, width = {"description_width": "initial"}, {"width": "430px"}
        self.order = ipywidgets.Text(
            description=said("contact.order_to_try"), placeholder="#1001", style=wide, layout=width
        )
        self.plan_button = ipywidgets.Button(description=said("contact.plan"))
        self.typed = ipywidgets.Text(description=said("contact.type_again"), style=wide, layout=width)
        self.go_button = ipywidgets.Button(
            description=said("contact.go"), button_style="danger", layout={"width": "auto"}
        )
        self.bar = ipywidgets.IntProgress(max=1, layout=width, tooltip=said("applying.progress"))
        self.status = ipywidgets.HTML()
        self.result = ipywidgets.HTML()
        for text in (self.order, self.typed):
            text.observe(lambda _: self._derive(), names="value")
        self.plan_button.on_click(lambda _: self.plan())
        self.go_button.on_click(lambda _: self.go())
        self.widget = ipywidgets.VBox(
            [
                ipywidgets.HBox([self.order, self.plan_button]),
                self.status,
                self.result,
                ipywidgets.HBox([self.typed, self.go_button]),
                self.bar,
            ]
        )
        self._show_last()
        self._derive()

    def plan(self) -> None:
        """Read the order that is named and show what would happen, in the background. Nothing is sent."""
        with self._lock:
            if self.plan_button.disabled:
                return
            self.typed.value, self.result.value = "", ""
            self._order, self._planned = self.order.value.strip(), None
            self._start(State.READING, lambda: self._wb.first_contact(self._order, progress=self._progress))

    def go(self) -> None:
        """Cancel and undo the order that is shown, in the background; only after its name was typed again."""
        with self._lock:
            planned = self._planned
            if self.go_button.disabled or planned is None:
                return
            self._start(
                State.RUNNING,
                lambda: self._wb.first_contact(planned.order_id, planned.digest, progress=self._progress),
            )

    def wait(self, timeout_s: float) -> bool:
        """Wait until the background work has ended; false where it has not within the time."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def _start(self, state: State, work: Callable[[], FirstContact]) -> None:
        self.state = state
        self._derive()
        self._thread = threading.Thread(
            target=self._work, args=(work,), name="unfulfill-contact", daemon=True
        )
        self._thread.start()

    def _derive(self) -> None:
        busy = self.state in (State.READING, State.RUNNING)
        name = self._planned.order_name if self._planned else ""
        self.order.disabled = busy
        self.plan_button.disabled = busy or not self.order.value.strip()
        self.typed.disabled = self.state is not State.PLANNED
        typed = self.typed.value.strip().removeprefix("#")
        same = self.order.value.strip() == self._order and typed == name.removeprefix("#")
        self.go_button.disabled = self.typed.disabled or not same
        self.typed.layout.display = self.go_button.layout.display = None if self._planned else "none"
        self.bar.layout.visibility = "visible" if busy else "hidden"

    def _work(self, work: Callable[[], FirstContact]) -> None:
        try:
            contact = work()
        except WorkbenchError as error:
            LOG.warning("first contact ended: %s", error)
            self._failed(say(str(error), "bad"))
        except Exception as error:  # the edge: in a thread nobody else would see it
            self._failed(unexpected(error, "contact.failed"))
        else:
            self._ended(contact)

    def _failed(self, shown: Shown) -> None:
        """Back to where the same may be tried again."""
        state = State.PLANNED if self._planned else State.CHOOSING
        self._end(state, shown)

    def _ended(self, contact: FirstContact) -> None:
        self.result.value = first_contact_view(contact).markup
        waits = contact.plan is not None
        self._planned = contact if waits else None
        text = said("contact.read_then_approve" if waits else "contact.what_it_did")
        self._end(State.PLANNED if waits else State.DONE, say(text))

    def _end(self, state: State, shown: Shown) -> None:
        with self._lock:
            self.state = state
            self.status.value = f'<div role="status">{shown.markup}</div>'
            self._derive()

    def _show_last(self) -> None:
        text = said("applying.nothing_sent")
        try:
            last = self._wb.last_first_contact()
        except WorkbenchError as error:
            last, text = None, str(error)
        if last is not None:
            self.result.value = first_contact_view(last).markup
            text = said("contact.last", order=last.order_name)
        self.status.value = f'<span role="status">{escape(text)}</span>'

    def _progress(self, done: int, total: int | None, text: str = "") -> None:
        self.bar.max, self.bar.value = total or 1, done
        phase = said_word(text, text, of="phase")
        words = said("contact.step", done=done, total=total or 0, text=phase)
        self.status.value = f'<span role="status">{escape(words)}</span>'
