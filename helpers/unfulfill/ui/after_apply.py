"""What follows an apply, below its panel: read every change back, and see what would take it all back."""

import threading
from collections.abc import Callable

import ipywidgets

from unfulfill.model import Plan
from unfulfill.ui.edge import tried
from unfulfill.ui.plan_before import plan_view
from unfulfill.ui.plan_views import verified_view
from unfulfill.ui.shown import Shown, escape, say
from unfulfill.words import said
from unfulfill.workbench import Workbench

WIDE = {"width": "auto"}


class AfterApply:
    """Two buttons, hidden until something was applied. Neither changes the shop; each works in a thread of its own."""

    def __init__(self, wb: Workbench, plan: Plan) -> None:
        self._wb = wb
        self._plan = plan
        self._thread: threading.Thread | None = None
        self.verify_button = ipywidgets.Button(description=said("after_apply.verify"), layout=WIDE)
        self.undo_button = ipywidgets.Button(description=said("after_apply.undo"), layout=WIDE)
        self.status, self.result = ipywidgets.HTML(), ipywidgets.HTML()
        self.verify_button.on_click(lambda _: self._begin(said("after_apply.reading"), self._verify))
        self.undo_button.on_click(lambda _: self._begin(said("after_apply.looking"), self._undo))
        buttons = [self.verify_button] if plan.kind == "undo" else [self.verify_button, self.undo_button]
        self.widget = ipywidgets.VBox(
            [ipywidgets.HBox([*buttons, self.status]), self.result], layout={"display": "none"}
        )

    def show(self) -> None:
        """Something was applied."""
        self.widget.layout.display = ""

    def wait(self, timeout_s: float) -> bool:
        """Wait until the background work has ended; false where it has not within the time."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def _begin(self, text: str, work: Callable[[], Shown]) -> None:
        self._busy(True)
        self.status.value = f'<span role="status">{escape(text)}</span>'
        self._thread = threading.Thread(target=self._work, args=(work,), name="unfulfill-after", daemon=True)
        self._thread.start()

    def _work(self, work: Callable[[], Shown]) -> None:
        shown = tried(work)
        self.result.value = f'<div role="status">{shown.markup}</div>'
        self.status.value = ""
        self._busy(False)

    def _busy(self, is_busy: bool) -> None:
        self.verify_button.disabled = self.undo_button.disabled = is_busy

    def _verify(self) -> Shown:
        return verified_view(self._wb.verify(), self._plan)

    def _undo(self) -> Shown:
        plan = self._wb.undo()
        return say(said("after_apply.to_approve")) + plan_view(plan)
