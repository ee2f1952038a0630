"""The workbench as a whole."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from unfulfill.contacting import Surroundings, run_first_contact
from unfulfill.errors import RunFolderRefused
from unfulfill.first_contact import FirstContact
from unfulfill.progress import Progress, no_progress
from unfulfill.run import FIRST_CONTACT
from unfulfill.status import STEPS, Status, status_of, step_of
from unfulfill.words import said, said_word
from unfulfill.workbench.reporting import Reporting


class Workbench(Reporting):
    """One shop and one run folder. See the package for the life of a run."""

    def __repr__(self) -> str:
        """Shop and run folder; never a secret."""
        return f"Workbench({self.identity.domain}, {self.run.name})"

    def status(self) -> Status:
        """Which steps are done, in words, and what comes next."""
        return replace(status_of(self.run, self.identity), unasked=tuple(self._unasked))

    def ensure(self, step: str) -> Self:
        """Do the steps up to `step` that are missing, with their defaults: on the sandbox only.

        On a real shop nothing is done unasked: RunFolderRefused names the step to run first.
        """
        for name in STEPS[: STEPS.index(step) + 1]:
            if step_of(self.run, name).done or (name in ("audit", "mark") and self.origin):
                continue
            if not self.identity.is_sandbox:
                raise RunFolderRefused(
                    said("run_error.not_yet", folder=self.run.folder, step=said_word(name))
                )
            match name:
                case "export":
                    self.export()
                case "audit":
                    self.audit()
                case "mark":
                    self.propose()
                case "plan":
                    self.plan()
                case "apply":
                    raise RunFolderRefused(said("plan_error.not_applied", folder=self.run.folder))
                case "verify":
                    self.verify()
                case "report":
                    self.report()
            self._unasked.append(name)
        return self

    def first_contact(
        self,
        order: str,
        approve: str = "",
        progress: Progress = no_progress,
        clock: Callable[[], float] = time.monotonic,
    ) -> FirstContact:
        """Try one order ("#1001", "1001" or its id) there and back, and record what the shop really does.

        With a blank `approve` nothing is sent: the result says what would happen, and the digest that approves it. With
        the digest the order's fulfillment is cancelled, read, fulfilled again and read; writes first_contact.json. The
        same call goes on where it was interrupted. A first contact that went well is shown, not repeated. It need not
        end well: see `FirstContact.check`. `clock` is a stopwatch in seconds. Raises ParameterRefused, GuardRefused.
        """
        around = Surroundings(self._now, self._sleep, clock, progress)
        return run_first_contact(self, order, approve, around)

    def first_contact_workbench(self) -> Self:
        """The workbench of the run folder first_contact/: its plan is that of the first contact alone."""
        return self._inside(FIRST_CONTACT)
