"""Whether a person sits before the notebook."""

import os


def is_interactive() -> bool:
    """True in JupyterLab, false under papermill, nbval and plain Python.

    Jupyter's server names the session in JPY_SESSION_NAME; nobody else does (measured with Jupyter Server
    2.21, papermill 2.7, nbval 0.11).
    """
    return "JPY_SESSION_NAME" in os.environ
