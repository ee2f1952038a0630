"""What a notebook is checked for when it opens its shop: parameters that papermill gave, and secrets in its cells."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from unfulfill.errors import ParameterRefused
from unfulfill.parameters import MUST_BE, TYPES, Parameter, declared_in, names_given
from unfulfill.redaction import SECRET, without_secrets
from unfulfill.settings import secrets_of
from unfulfill.words import said

PAPERMILL = "# Parameters\n"  # how the cell begins in which papermill gives values
IN_PYTHON = {"bool": "run_error.must_be_python_bool", "str": "run_error.must_be_python_str"}


def guard_notebook(environ: Mapping[str, str]) -> None:
    """Check the notebook that this kernel runs, and hide secrets in the errors that it shows. Nothing outside IPython.

    Raises ParameterRefused for a cell or a value that holds a token, and for a parameter that the notebook does not
    declare, or declares as another type: `papermill` alone checks nothing.
    """
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None:
        hide_secrets(shell, environ)
        check_cells(shell.user_ns)


def check_cells(namespace: Mapping[str, Any]) -> None:
    """Raise ParameterRefused for what the cells that ran (`In`) and the names they set must not hold."""
    sources = [source for source in namespace.get("In", ()) if isinstance(source, str)]
    values = [
        name for name, value in namespace.items() if isinstance(value, str) and not name.startswith("_")
    ]
    if any(map(SECRET.search, sources)) or any(SECRET.search(namespace[name]) for name in values):
        raise ParameterRefused(said("run_error.token_in_notebook"))
    declared = {parameter.name: parameter for parameter in _declared(sources)}
    if not declared:
        return
    given = [name for source in sources if source.startswith(PAPERMILL) for name in names_given(source)]
    unknown = [name for name in given if name not in declared]
    if unknown:
        known = ", ".join(declared)
        raise ParameterRefused(said("run_error.not_in_notebook", name=unknown[0][:40], known=known))
    for parameter in declared.values():
        _check_type(parameter, namespace.get(parameter.name))


def hide_secrets(shell: Any, environ: Mapping[str, str]) -> None:
    """Let errors be shown without secrets: in the mode Verbose, IPython shows the variables of every function."""
    shown = shell._showtraceback
    if getattr(shown, "hides_secrets", False):
        return

    def show(kind: type, error: BaseException, lines: Iterable[str]) -> None:
        known = secrets_of(environ)
        hidden = [without_secrets(line) for line in lines]
        for secret in known:
            hidden = [line.replace(secret, "[removed]") for line in hidden]
        shown(kind, error, hidden)

    show.hides_secrets = True  # type: ignore[attr-defined]
    shell._showtraceback = show


def _declared(sources: Iterable[str]) -> tuple[Parameter, ...]:
    """The parameters of the first cell that is nothing but declarations."""
    return next((found for source in sources if (found := declared_in(source))), ())


def _check_type(parameter: Parameter, value: object) -> None:
    wanted = TYPES[parameter.type]
    if type(value) is wanted or (wanted is float and type(value) is int):
        return
    raise ParameterRefused(
        said({**MUST_BE, **IN_PYTHON}[parameter.type], name=parameter.name, value=repr(value)[:80])
    )
