"""The command that a schedule or a fleet calls at its end."""

import subprocess
from collections.abc import Callable, Sequence

from unfulfill.home import home

LASTS_S = 60


def call_hook(hook: Sequence[str], line: str, say: Callable[[str], object]) -> None:
    """Give the summary to the command on its standard input. What goes wrong there is said, and changes nothing."""
    if not hook:
        return
    try:
        done = subprocess.run(
            hook,
            input=line + "\n",
            text=True,
            encoding="utf-8",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=LASTS_S,
            cwd=home(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"the hook {hook[0]} could not be called ({error}).")
        return
    if done.returncode:
        told = " ".join(done.stderr.split())[:300]
        say(f"the hook {hook[0]} ended with status {done.returncode}: {told}")
