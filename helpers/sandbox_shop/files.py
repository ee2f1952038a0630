"""Where the result files of bulk operations are fetched.

As on Shopify's storage, the address is all that is needed, so it holds a key that cannot be guessed; it lives
seven days of the shop's clock.
"""

import gzip
import hashlib
import hmac
import shutil
import uuid
from datetime import timedelta
from pathlib import Path

from sandbox_shop.bulk.results import folder
from sandbox_shop.context import Context
from sandbox_shop.world import Row, World, parse_time

RESULT_LIFETIME = timedelta(days=7)
PATH = "/_sandbox/files"


def result_url(context: Context, operation: Row, column: str) -> str | None:
    """Address of a bulk operation's `result` or `partial` file; None where there is none, or not any more."""
    name = operation[column]
    if not name or _is_gone(context.world, operation):
        return None
    return f"{context.base_url}{PATH}/{_key(context.world, name)}/{name}"


def result_path(world: World, key: str, name: str) -> Path | None:
    """The file at an address; None where the key is wrong, the file is gone or never was."""
    if not hmac.compare_digest(key, _key(world, name)):
        return None
    operation = world.row("select * from bulk_operation where result = ? or partial = ?", name, name)
    if operation is None or _is_gone(world, operation):
        return None
    path = folder(world) / name
    return path if path.is_file() else None


def as_stored(world: World, path: Path) -> tuple[Path, dict[str, str]]:
    """The file and the headers that tell how it is stored: with the switch `gzip_files`, compressed."""
    if not world.get("switches", {}).get("gzip_files"):
        return path, {}
    packed = path.with_name(path.name + ".gz")
    if not packed.exists():
        writing = packed.with_name(f"{packed.name}.{uuid.uuid4().hex}")
        with path.open("rb") as source, gzip.GzipFile(writing, "wb", compresslevel=1, mtime=0) as target:
            shutil.copyfileobj(source, target)
        writing.replace(packed)
    return packed, {"Content-Encoding": "gzip"}


def _key(world: World, name: str) -> str:
    secret = str(world.get("control_token", "")).encode()
    return hmac.new(secret, name.encode(), hashlib.sha256).hexdigest()[:32]


def _is_gone(world: World, operation: Row) -> bool:
    completed = operation["completed_at"]
    return bool(completed) and world.now() - parse_time(completed) >= RESULT_LIFETIME
