from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sandbox_client import Client

import sandbox_shop
from sandbox_shop import SandboxShop


@pytest.fixture(scope="session")
def reading_shop() -> Iterator[SandboxShop]:
    """An incident shop of 200 orders that no test writes to."""
    with sandbox_shop.start(size=200) as shop:
        yield shop


@pytest.fixture
def reading(reading_shop: SandboxShop) -> Iterator[Client]:
    client = Client(reading_shop.url, reading_shop.token, reading_shop.control_token)
    with closing(client.session):
        yield client


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SandboxShop]:
    """A small incident shop of the test's own."""
    with sandbox_shop.start(tmp_path / "world.sqlite", size=40) as shop:
        yield shop


@pytest.fixture
def client(shop: SandboxShop) -> Iterator[Client]:
    client = Client(shop.url, shop.token, shop.control_token)
    with closing(client.session):
        yield client
