"""A workbench for a shop and a run folder; the one door to the sandbox."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from unfulfill.errors import SheetRefused
from unfulfill.home import home
from unfulfill.kernel import guard_notebook
from unfulfill.profiles import find_settings
from unfulfill.run import Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.workbench.workbench import Workbench

if TYPE_CHECKING:
    from sandbox_shop import SandboxShop

SANDBOX = "sandbox"


def open_workbench(
    shop: "str | SandboxShop" = SANDBOX,
    run: str | Path = "runs/sandbox",
    *,
    seed: int = 1,
    size: int = 600,
    sleep: Callable[[float], object] = time.sleep,
) -> Workbench:
    """The workbench for a shop and a run folder.

    `shop` is "sandbox" (starts the one that ships with the workbench, in this process), a running
    SandboxShop, the name of a profile that `unfulfill connect` stored, or a shop's domain;
    `unfulfill.profiles` says where its token is looked for. `seed` and `size` make the sandbox's world
    where there is none yet; `sleep` waits seconds. In a notebook its parameters and cells are checked first
    (`unfulfill.kernel`). Raises ParameterRefused, SettingsRefused, RunFolderRefused or WrongShop.
    """
    guard_notebook(os.environ)
    folder = Run(run)
    if isinstance(shop, str) and shop != SANDBOX:
        settings = find_settings(shop, os.environ, home())
        return Workbench(
            Shop(settings, sleep=sleep), folder, lock=settings.domain or settings.url, sleep=sleep
        )
    if isinstance(shop, str):
        world = os.environ.get("UNFULFILL_SANDBOX_WORLD") or folder.folder.parent / "sandbox_shop.sqlite"
        sandbox = start_sandbox(Path(world), seed=seed, size=size)
    else:
        sandbox = shop
    settings = sandbox_settings(sandbox.url, sandbox.token)
    lock = "sandbox-" + hashlib.sha256(str(sandbox.world).encode()).hexdigest()[:16]
    return Workbench(Shop(settings, sleep=sleep), folder, lock=lock, sandbox=sandbox, sleep=sleep)


def start_sandbox(
    world: Path,
    *,
    seed: int = 1,
    size: int = 600,
    orders: Path | None = None,
    inventory: Path | None = None,
) -> "SandboxShop":
    """The sandbox shop of a world file, in this process.

    Where there is no such file it is made: of `size` orders by `seed`, or from a merchant's orders and inventory
    CSV. Raises SheetRefused where one of these cannot be used.
    """
    import sandbox_shop

    try:
        return sandbox_shop.start(world, seed, size, orders=orders, inventory=inventory)
    except (ValueError, OSError) as error:
        raise SheetRefused(str(error)) from None
