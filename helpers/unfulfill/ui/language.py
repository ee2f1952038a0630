"""Choosing the language of the workbench, once for a workspace."""

from typing import Any

from unfulfill.ui.session import is_interactive
from unfulfill.ui.shown import Shown, say
from unfulfill.words import LANGUAGES, language, said, store_language


def language_panel(chosen: str = "") -> Any:
    """Use the language that is chosen (en, fr, fr-CA) from now on; blank: a list to choose from, in JupyterLab."""
    if chosen:
        store_language(chosen)
        return say(said("language.stored"), "good")
    return _list() if is_interactive() else _now()


def _now() -> Shown:
    return say(said("language.now", name=LANGUAGES[language()]))


def _list() -> Any:
    import ipywidgets

    choice = ipywidgets.Dropdown(
        description=said("language.label"),
        options=[(word, name) for name, word in LANGUAGES.items()],
        value=language(),
    )
    status = ipywidgets.HTML()

    def choose(change: dict[str, Any]) -> None:
        status.value = f'<div role="status">{language_panel(change["new"]).markup}</div>'

    choice.observe(choose, names="value")
    return ipywidgets.VBox([choice, status])
