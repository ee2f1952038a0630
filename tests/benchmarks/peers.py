"""The same orders file through the bulk parsers of tap-shopify and of Airbyte, each in an environment of its own.

Both want children right behind their order, and Airbyte wants `__typename` in each line: they get the lines so, which
is in their favour. Neither makes tables; ours does, from three files, and is charged for all of it.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import generator

PACKAGES = {"tap-shopify": "tap-shopify>=3.13,<3.14", "airbyte": "airbyte-source-shopify>=4.3,<4.4"}
TARGETS = {"tap-shopify": 4.0, "airbyte": 12.0}  # how much faster ours has to be

TAP = """
import json, sys, time
from unittest.mock import MagicMock
from tap_shopify.streams.graphql.gql_base import ShopifyGqlBase
"""


def compare(folder: Path, *, tables_s: float, repeat: int) -> dict[str, Any]:
    """For each peer its seconds, how much faster ours is, and whether it gave the same ids; or why it did not run."""
    return {name: _compare(name, folder, tables_s, repeat) for name in PACKAGES}
