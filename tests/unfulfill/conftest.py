"""A sandbox shop of its own for each test, and a workbench on it that never really waits."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from keyrings_made import MemoryKeyring

import sandbox_shop
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.workbench import Workbench, open_workbench


@pytest.fixture(autouse=True)
def _nothing_of_the_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locks and profiles of the test's own, and no keyring."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def memory_keyring(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    """A keyring that works."""
    monkeypatch.setattr("keyring.core._keyring_backend", kept := MemoryKeyring())
    return kept


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Any]:
    """A small incident shop: 60 orders."""
    shop = sandbox_shop.start(tmp_path / "world.sqlite", seed=7, size=60)
    shop.control(
        "settings", {"bucket": {"maximum": 1_000_000, "rate": 100_000}}
    )  # pacing has tests of its own
    yield shop
    shop.stop()


@pytest.fixture(scope="module")
def seeded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world that no test writes to, of the seed and size that the module names in WORLD."""
    path = tmp_path_factory.mktemp("seeded") / "world.sqlite"
    sandbox_shop.start(path, **request.module.WORLD).stop()
    return path


@pytest.fixture
def server(seeded: Path, tmp_path: Path) -> Iterator[Any]:
    """A sandbox on a copy of that world."""
    world = Path(shutil.copy(seeded, tmp_path / "world.sqlite"))
    with sandbox_shop.start(world) as started:
        started.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 100_000}})
        yield started


@pytest.fixture
def shop(server: Any) -> Iterator[Shop]:
    """The client of that sandbox."""
    with Shop(sandbox_settings(server.url, server.token)) as opened:
        yield opened


@pytest.fixture
def workbench(sandbox: Any, tmp_path: Path) -> Iterator[Callable[[str], Workbench]]:
    """Opens run folders on the sandbox, by name."""
    opened: list[Workbench] = []

    def open_run(name: str = "run") -> Workbench:
        opened.append(open_workbench(sandbox, tmp_path / name, sleep=lambda seconds: None))
        return opened[-1]

    yield open_run
    for each in opened:
        each.shop.close()


@pytest.fixture
def staff(sandbox: Any) -> Iterator[Shop]:
    """The shop as somebody else uses it."""
    with Shop(sandbox_settings(sandbox.url, sandbox.token)) as shop:
        yield shop
