"""What comes back for bytes that cannot be sent, and for answers without an end."""

import gzip
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from shop_servers import Told, greeting, telling

from unfulfill.shop.transport import NoAnswer, Transport

# Made for this test; nobody trusts it, and it opens nothing.
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgW7wqI+nmdwkelnC5
NDwAWcpiQ11Vr7ODPlJ7Cb5RGpGhRANCAARSIA5UD5qDXCWspIhcw/xIViK9QHIm
NDPvm5Y4e5E0SJQVVMcZqKdXNvYULdFPJoNAyVV8L7LOflJoVwJ7SZrF
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUS/F3byNG8p/Dp9hnL5/mfFKxZwwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNTEwMzMwM1oYDzIxMjYxMTAx
MTAzMzAzWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARSIA5UD5qDXCWspIhcw/xIViK9QHImNDPvm5Y4e5E0SJQVVMcZqKdX
NvYULdFPJoNAyVV8L7LOflJoVwJ7SZrFo2QwYjAdBgNVHQ4EFgQUYGrIwFyhz+oR
8te9PUip6zq9SkAwHwYDVR0jBBgwFoAUYGrIwFyhz+oR8te9PUip6zq9SkAwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IDErYMtpRbxPFnPr5GrUenHFEoPb0HDkmXS5FRKnS6xsAiEA4uGIQyab9WO8XGcV
HUoYilFK7JE9kvNGhSBmE+mYrQU=
-----END CERTIFICATE-----
"""
WAIT_S = 0.2


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(WAIT_S, 10.0, time.monotonic)
    yield made
    made.close()


def test_an_answer_that_unpacks_to_more_than_can_be_meant_is_given_up(transport: Transport) -> None:
    bomb = gzip.compress(bytes(101 << 20), compresslevel=1)
    with telling(Told(bomb, headers={"Content-Encoding": "gzip"})) as server:
        answer = transport.post(server.url, {}, json={})

    assert answer == NoAnswer(sent=True, what="the answer is larger than 100 MB")


@pytest.mark.skipif(
    sys.platform != "linux", reason="Linux leaves who comes to a full queue without an answer"
)
def test_a_shop_that_takes_no_connection_in_time_was_sent_nothing(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, full(server):
        answer = transport.post(url_of(server), {}, json={})

    assert answer == NoAnswer(sent=False, what="no connection in time")


@contextmanager
def full(server: socket.socket) -> Iterator[None]:
    """Nobody accepts, and the queue of those who wait has no place left."""
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.setblocking(False)
        with suppress(BlockingIOError):
            each.connect(server.getsockname())
    yield
    for each in waiting:
        each.close()


def url_of(server: socket.socket, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{server.getsockname()[1]}"


def test_a_shop_whose_certificate_nobody_vouches_for_was_sent_nothing(
    transport: Transport, tmp_path: Path
) -> None:
    (tmp_path / "made.pem").write_text(CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "made.pem")
    with socket.create_server(("127.0.0.1", 0)) as server, greeting(server, context):
        answer = transport.post(url_of(server, "https"), {}, json={})

    assert answer == NoAnswer(sent=False, what="its certificate is not trusted")


def test_where_no_tls_is_spoken_it_is_not_known_what_arrived(transport: Transport) -> None:
    with telling(Told({})) as server:
        answer = transport.post(server.url.replace("http:", "https:"), {}, json={})

    assert answer == NoAnswer(sent=True, what="the encrypted connection broke")
