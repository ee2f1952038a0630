"""The server of a sandbox shop: 127.0.0.1 only, one thread a connection, nothing printed."""

import contextlib
import socket
import sys
import threading
import time
from http.server import ThreadingHTTPServer
from typing import Any

from sandbox_shop.app import App
from sandbox_shop.bulk.runner import BulkRunner
from sandbox_shop.handler import RESET, Handler
from sandbox_shop.world import World


class Server(ThreadingHTTPServer):
    """Serves one world until `stop`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, world: World, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.world = world
        self.app = App(world, time.time)
        self.app.base_url = self.url
        self.bulk = BulkRunner(world, self.app.run_line)
        self.stopping = threading.Event()
        self.open: dict[socket.socket, threading.Thread] = {}

    @property
    def url(self) -> str:
        """The shop's base address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self) -> None:
        """Close the port and every connection, and wait for their threads. Only after serve_forever began."""
        self.stopping.set()
        self.bulk.stop()
        self.shutdown()
        for connection, thread in list(self.open.items()):
            with contextlib.suppress(OSError):  # the client was faster
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(10)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """As the base class, but the thread is known, so that `stop` can wait for it."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self.open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; one with a linger time of 0 is reset, so it must not be shut down first."""
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == RESET:
            self.close_request(request)
        else:
            super().shutdown_request(request)
        self.open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
