"""Processes that begin at once: one process imports everything, and forks a child for every job.

A job is an object of JSON; `dying.work` does it. The child's exit code and the signal that ended it are told.
"""

import gc
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any


class Nursery:
    """Starts children and waits for them. A context manager that ends with all of them."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )

    def start(self, job: dict[str, Any]) -> int:
        """Begin a job; the child's process id."""
        return int(self._ask({"start": job}))

    def wait(self, child: int) -> int:
        """The exit code of a child that has ended; of a killed one the negative signal."""
        return int(self._ask({"wait": child}))

    def run(self, job: dict[str, Any]) -> int:
        """Begin a job and wait for its end."""
        return self.wait(self.start(job))

    def _ask(self, asked: dict[str, Any]) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


def main() -> None:
    """Serve requests from stdin until it is closed."""
    from dying import prepare, work

    gc.freeze()  # what is shared with the children stays shared
    for line in sys.stdin:
        asked = json.loads(line)
        if "start" in asked:
            prepare(asked["start"])
            answer = os.fork()
            if answer == 0:
                _be_a_child()
                code = 1
                try:
                    code = work(asked["start"])
                finally:
                    os._exit(code)
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])
        print(json.dumps(answer), flush=True)


def _be_a_child() -> None:
    """Leave the nursery's pipes alone, and hear Ctrl-C as every Python does."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    main()
