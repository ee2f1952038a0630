"""A fleet of sandbox shops with profiles and secrets of their own, and the command that runs it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sandbox_shop
from sandbox_shop.control import new_secret
from sandbox_shop.world import World
from unfulfill.env_file import with_variable
from unfulfill.profiles.listing import TOKEN, Profile, save_profiles, secret_variable

DEADLINE_S = 120


@dataclass
class Fleet:
    """Shops that are served, and a workspace whose fleet.toml may name them."""

    home: Path
    shops: dict[str, Any] = field(default_factory=dict)  # SandboxShop by profile
    secrets: dict[str, str] = field(default_factory=dict)  # by variable

    @property
    def runs(self) -> Path:
        """Where runs stand."""
        return self.home / "runs"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the command: every secret is in it."""
        own = {"XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "UNFULFILL_HOME": "."}
        return {
            **os.environ,
            **{name: str((self.home / folder).resolve()) for name, folder in own.items()},
            **self.secrets,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Begin `unfulfill fleet fleet.toml`."""
        command = [sys.executable, "-m", "unfulfill.cli", "fleet", "fleet.toml", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.home,
            env=self.environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def write(self, *shops: str, more: str = "") -> None:
        """Write fleet.toml, with an empty schedule."""
        (self.home / "nightly.toml").touch()
        (self.home / "fleet.toml").write_text(
            f'schedule = "nightly.toml"\nshops = {json.dumps(shops)}\n{more}', encoding="utf-8"
        )

    def rows(self, told: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """The last line of the command, and the rows of its report by shop."""
        summary = json.loads(told.splitlines()[-1])
        report = json.loads((self.home / summary["details"]).read_text(encoding="utf-8"))
        return summary, {row["shop"]: row for row in report["rows"]}

    def leaks(self, *texts: str) -> list[str]:
        """Where a token stands that must not: in what was printed, or in a file of the runs."""
        tokens = [shop.token for shop in self.shops.values()] + list(self.secrets.values())
        found = ["what was printed" for text in texts if any(token in text for token in tokens)]
        for path in self.runs.rglob("*"):
            if path.is_file() and any(token.encode() in path.read_bytes() for token in tokens):
                found.append(str(path))
        return found


@contextmanager
def open_fleet(
    home: Path, world: Path, profiles: tuple[str, ...], in_file: tuple[str, ...] = ()
) -> Iterator[Fleet]:
    """Serve a copy of a world for each profile. Secrets are in the environment, those of `in_file` in a .env."""
    fleet = Fleet(home)
    listed, env_text = [], ""
    with ExitStack() as stack:
        for name in profiles:
            own = home / "worlds" / name
            own.mkdir(parents=True)
            for file in world.parent.glob(f"{world.name}*"):
                shutil.copy(file, own)
            with closing(World(own / world.name)) as copy, copy.writing():
                copy.set("token", new_secret("shpat_sandbox"))
            shop = stack.enter_context(sandbox_shop.start(own / world.name))
            place, variable = home / ".env.fleet", secret_variable(name, TOKEN)
            listed.append(Profile(name, shop.url, "2026-10", TOKEN, str(place)))
            fleet.shops[name] = shop
            if name in in_file:
                env_text = with_variable(env_text, variable, shop.token)
            else:
                fleet.secrets[variable] = shop.token
        (home / ".env.fleet").touch(0o600)
        (home / ".env.fleet").write_text(env_text)
        (home / "config" / "unfulfill-workbench").mkdir(parents=True)
        save_profiles(listed, {"XDG_CONFIG_HOME": str(home / "config")})
        yield fleet


def wait_for(what: Callable[[], Any], process: "subprocess.Popen[str]", within_s: float = DEADLINE_S) -> Any:
    """What another process brings about, as soon as it has."""
    ends_at = time.monotonic() + within_s
    while not (found := what()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends_at, "it did not come"
        time.sleep(0.05)  # for a sign from another process
    return found


def attempt_of(folder: Path) -> dict[str, Any] | None:
    """Who works in a run folder, as attempt.json tells; None where nobody does now."""
    try:
        facts: dict[str, Any] = json.loads((folder / "attempt.json").read_bytes())
    except (OSError, ValueError):
        return None
    return None if facts["ended"] else facts
