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

NOT_RATIONED = {"bucket": {"maximum": 1_000_000, "rate": 100_000}}  # pacing has tests of its own


@pytest.fixture(autouse=True)
def _nothing_of_the_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locks and profiles of the test's own, and no keyring."""
    monkeypatch.setenv("UNFULFILL_LANGUAGE", "")  # so that what a test chooses ends with it
    monkeypatch.delenv("UNFULFILL_LANGUAGE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def memory_keyring(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    """A keyring that works."""
    monkeypatch.setattr("keyring.core._keyring_backend", kept := MemoryKeyring())
    return kept


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small incident shop of 60 orders and a run folder with its audit: made once, to be copied."""
    folder = tmp_path_factory.mktemp("audited")
    (folder / "shop").mkdir()
    with sandbox_shop.start(folder / "shop" / "world.sqlite", seed=7, size=60) as shop:
        shop.control("settings", NOT_RATIONED)
    shutil.copytree(folder / "shop", folder / "exported")
    with sandbox_shop.start(folder / "exported" / "world.sqlite") as shop:
        bench = open_workbench(shop, folder / "run")
        bench.export()
        bench.audit()
        bench.shop.close()
    return folder


@pytest.fixture
def sandbox(audited: Path, tmp_path: Path) -> Iterator[Any]:
    """That shop, before anything was asked of it."""
    shutil.copytree(audited / "shop", tmp_path, dirs_exist_ok=True)
    with sandbox_shop.start(tmp_path / "world.sqlite") as shop:
        yield shop


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
        started.control("settings", NOT_RATIONED)
        yield started


@pytest.fixture
def shop(server: Any) -> Iterator[Shop]:
    """The client of that sandbox."""
    with Shop(sandbox_settings(server.url, server.token)) as opened:
        yield opened


@pytest.fixture
def workbench(sandbox: Any, audited: Path, tmp_path: Path) -> Iterator[Callable[..., Workbench]]:
    """Opens run folders on the sandbox, by name: new ones, or copies of the one with an audit."""
    opened: list[Workbench] = []

    def open_run(name: str = "run", with_audit: bool = False) -> Workbench:
        if with_audit:
            shutil.copytree(audited / "run", tmp_path / name)
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
