"""The order of the tests: files that take long begin first, so that no core waits for them at the end."""

import os
import signal

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell lets what it starts in the background ignore Ctrl-C, and so would the programs that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)

LONG = (  # minutes each
    "test_notebooks_in_browser.py",
    "test_notebooks_run.py",
    "test_marking_in_browser.py",
    "test_first_contact_in_browser.py",
    "test_pages_in_browser.py",
    "test_export_killed.py",
    "test_killed.py",
    "test_stateful.py",
    "test_faults_on_sandbox.py",
)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for a kernel, a browser, a shop or a program they started."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by file, the long ones in the order above; within a file everything stays as it was."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
