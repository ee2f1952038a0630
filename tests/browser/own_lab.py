"""What a JupyterLab of our own needs, for the browser tests and for the benchmarks in a browser."""

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path

# JupyterLab's own indicator says "idle" before there is a kernel, and drops what is run in that moment.
KERNEL_READY = """() => {
  const panel = window.jupyterapp?.shell.currentWidget;
  const kernel = panel?.sessionContext?.session?.kernel;
  return Boolean(panel?.content?.widgets?.length && panel.sessionContext.isReady
    && kernel?.connectionStatus === "connected" && kernel.status === "idle");
}"""
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage"]
_FOLDERS = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
    "XDG_STATE_HOME",
    "XDG_CONFIG_HOME",
)


def own_environment(folder: Path) -> dict[str, str]:
    """The environment with folders of its own: nothing of the machine's Jupyter or keyring is read or changed."""
    own = {name: str(folder / name.lower()) for name in _FOLDERS}
    own["JUPYTER_RUNTIME_DIR"] = tempfile.mkdtemp()  # short, for the names of sockets
    atexit.register(shutil.rmtree, own["JUPYTER_RUNTIME_DIR"], ignore_errors=True)
    return {**os.environ, **own, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def lab_options(port: int, token: str) -> list[str]:
    """Options of a JupyterLab that a test drives."""
    return [
        "--no-browser",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        "--ServerApp.allow_root=True",
        "--LabApp.expose_app_in_browser=True",
        # A port that was free when a kernel was told to take it may be gone when it does; a socket file is not.
        "--KernelManager.transport=ipc",
    ]


def chromium() -> str | None:
    """The program; None where there is none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
