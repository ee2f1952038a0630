"""stagedUploadsCreate, and the form that takes the file: Google-like, as Shopify's storage is.

A client posts every parameter it was given, the file part last, and gets 201 with XML; or puts the body to
the url where it asked for PUT, which is the default. Only the resource BULK_MUTATION_VARIABLES is served.
"""

import uuid
from email import message_from_bytes
from email.policy import HTTP
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from sandbox_shop.context import Context
from sandbox_shop.world import World

MAX_BYTES = 104_857_600
PATH = "/_sandbox/uploads"


def staged_uploads_create(context: Context, input: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
    """Addresses to upload files to, one an entry."""
    errors = [
        {
            "field": ["input", str(place), "resource"],
            "message": f"{entry['resource']} is not supported by the sandbox.",
        }
        for place, entry in enumerate(input)
        if entry["resource"] != "BULK_MUTATION_VARIABLES"
    ]
    if errors:
        return {"stagedTargets": None, "userErrors": errors}
    return {"stagedTargets": [_target(context, entry) for entry in input], "userErrors": []}


def receive_form(world: World, content_type: str, body: bytes) -> tuple[int, bytes]:
    """Store a posted file under its parameter "key"; status and XML body of the answer."""
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=HTTP)
    if not message.is_multipart():
        return _error(
            400,
            "MalformedPOSTRequest",
            "The body of your POST request is not well-formed multipart/form-data.",
        )
    fields: dict[str, bytes] = {}
    last = ""
    for part in message.iter_parts():
        last = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        fields[last] = content if isinstance(content, bytes) else b""
    if last != "file":
        return _error(
            400, "InvalidArgument", "POST requires exactly one file upload per request, as its last part."
        )
    return receive(world, fields.get("key", b"").decode(), fields["file"])


def receive(world: World, key: str, body: bytes) -> tuple[int, bytes]:
    """Store a file under a key that was given out; status and XML body of the answer."""
    if world.row("select 1 from staged_upload where key = ?", key) is None:
        return _error(403, "AccessDenied", "Access denied.")
    if len(body) > MAX_BYTES:
        return _error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
    with world.writing():
        world.connection.execute("update staged_upload set body = ? where key = ?", (body, key))
    text = f"<PostResponse><Bucket>sandbox</Bucket><Key>{escape(key)}</Key></PostResponse>"
    return 201, f"<?xml version='1.0' encoding='UTF-8'?>{text}".encode()


def uploaded(world: World, path: str) -> bytes | None:
    """The file behind a stagedUploadPath; None where nothing was uploaded there."""
    row = world.row("select body from staged_upload where key = ?", path)
    return None if row is None or row["body"] is None else bytes(row["body"])


def _target(context: Context, entry: dict[str, Any]) -> dict[str, Any]:
    world = context.world
    number = world.next_id("StagedUpload")
    unique = uuid.uuid5(uuid.NAMESPACE_URL, f"{world.get('seed', 0)}/{number}")
    key = f"tmp/{number}/bulk/{unique}/{entry['filename']}"
    world.insert("staged_upload", {"key": key, "body": None})
    address = f"{context.base_url}{PATH}"
    if (entry.get("httpMethod") or "PUT") == "PUT":
        url = f"{address}/{quote(key)}"
        parameters = {"content_type": entry["mimeType"], "acl": "private"}
        return {"url": url, "resourceUrl": url, "parameters": _pairs(parameters)}
    parameters = {
        "Content-Type": entry["mimeType"],
        "success_action_status": "201",
        "acl": "private",
        "key": key,
        "policy": "sandbox",
    }
    return {"url": address, "resourceUrl": None, "parameters": _pairs(parameters)}


def _pairs(parameters: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in parameters.items()]


def _error(status: int, code: str, message: str) -> tuple[int, bytes]:
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return status, f"<?xml version='1.0' encoding='UTF-8'?>{text}".encode()
