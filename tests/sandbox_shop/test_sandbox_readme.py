import re
from pathlib import Path

import pytest

import sandbox_shop
from sandbox_shop.control import COMMANDS
from sandbox_shop.faults import KEYS, KINDS
from sandbox_shop.seeding.meta import SWITCHES
from sandbox_shop.versions import SUPPORTED

PACKAGE = Path(sandbox_shop.__file__).parent
README = (PACKAGE / "README.md").read_text(encoding="utf-8")


def switches_in_the_code() -> set[str]:
    """Every switch that is read somewhere: `context.switch("name", …)`."""
    texts = (path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    return {name for text in texts for name in re.findall(r"\.switch\(\s*\"(\w+)\"", text)}


@pytest.mark.parametrize("name", sorted(switches_in_the_code() | set(SWITCHES)))
def test_the_readme_tells_of_each_switch(name: str) -> None:
    assert f"| `{name}` |" in README


@pytest.mark.parametrize("name", sorted({*COMMANDS, *KINDS, *KEYS, *SUPPORTED}))
def test_the_readme_tells_of_each_command_and_fault(name: str) -> None:
    assert f"`{name}`" in README or name in README.split("## Control API")[0]


def test_every_seeded_switch_is_read_somewhere() -> None:
    assert set(SWITCHES) <= switches_in_the_code()
