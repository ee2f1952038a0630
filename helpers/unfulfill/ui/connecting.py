"""The connect panel: what opens a shop is checked in the background and stored where it works."""

import logging
import os
import threading
import time
from collections.abc import Callable

import ipywidgets

from unfulfill.connection import (
    Candidate,
    check_candidate,
    how_to_use,
    recognise_shop,
    store_candidate,
    usual_profile,
)
from unfulfill.errors import WorkbenchError
from unfulfill.home import home
from unfulfill.redaction import without_secrets
from unfulfill.settings import Secret
from unfulfill.shop import Preflight
from unfulfill.ui.secret_form import SecretForm
from unfulfill.ui.shown import Shown, say
from unfulfill.ui.views import preflight_view
from unfulfill.words import said

LOG = logging.getLogger(__name__)


class ConnectPanel:
    """Connect one shop. `widget` is what the notebook shows. The secret lives no longer than its check."""

    def __init__(self, sleep: Callable[[float], object] = time.sleep) -> None:
        self._sleep = sleep
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.form = SecretForm(self._given, self._named)
        self.status = ipywidgets.HTML()
        self.result = ipywidgets.HTML()
        self.widget = ipywidgets.VBox([self.form, self.status, self.result])
        self._say(say(said("connecting.greeting")))

    def wait(self, timeout_s: float) -> bool:
        """Wait until the check has ended; false where it has not within the time."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def _named(self, shop: str) -> None:
        """Something was filled in as the shop: say at once where it is not the domain itself."""
        domain, is_exact = recognise_shop(shop)
        if shop and not is_exact:
            self._propose(domain)

    def _given(self, shop: str, profile: str, kind: str, client_id: str, secret: Secret) -> None:
        with self._lock:
            if self.form.busy:
                return
            self.result.value = ""
            domain, is_exact = recognise_shop(shop)
            if not is_exact:
                self._propose(domain)
                return
            if not secret.reveal() or (kind == "client" and not client_id):
                self._say(say(said("connecting.missing"), "warn"))
                return
            candidate = Candidate(domain, profile or usual_profile(domain), secret, client_id)
            self.form.busy = True
            self._say(say(said("connecting.asking", domain=domain)))
            self._thread = threading.Thread(
                target=self._work, args=(candidate,), name="unfulfill-connect", daemon=True
            )
            self._thread.start()

    def _propose(self, domain: str) -> None:
        """A domain is never guessed silently: it is written into the form, and the person sends it again."""
        if not domain:
            self._say(say(said("connecting.no_domain"), "bad"))
            return
        self.form.propose(domain)
        self._say(say(said("connecting.propose", domain=domain), "warn"))

    def _work(self, candidate: Candidate) -> None:
        try:
            checks = check_candidate(candidate, os.environ, self._sleep)
            self._show(checks)
            profile = store_candidate(candidate, checks, os.environ, home())
        except WorkbenchError as error:
            self._end(say(str(error), "bad"))
        except Exception as error:  # the edge: in a thread nobody else would see it
            LOG.warning("connecting failed: %s", type(error).__name__)
            text = said("connecting.failed", error=f"{type(error).__name__}: {error}")
            self._end(say(without_secrets(text), "bad"))
        else:
            self._end(say(" ".join([said("connecting.connected"), *how_to_use(profile)]), "good"))

    def _show(self, checks: Preflight) -> None:
        self.result.value = f'<div style="line-height:1.4">{preflight_view(checks).markup}</div>'

    def _end(self, shown: Shown) -> None:
        self._say(shown)
        self.form.busy = False

    def _say(self, shown: Shown) -> None:
        self.status.value = f'<div role="status">{shown.markup}</div>'
