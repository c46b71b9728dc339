"""A server on this machine that serves one file, and misbehaves when told to."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class ArchiveServer(ThreadingHTTPServer):
    """Serves ``content``; each request follows the next of ``orders``, the last one for ever.

    Orders: ``"good"``; ``"cut N"`` closes the connection after N bytes; ``"corrupt"`` changes the
    first byte; ``"no ranges"`` always sends everything; ``"wrong range"`` sends another range;
    ``"packed"`` says that the file is a compressed one; ``"chunked"`` names no length; a number
    is a status. ``log`` keeps the range that each request asked for.
    """

    daemon_threads = True

    def __init__(self, content: bytes, *orders: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.orders, self.log = content, list(orders or ["good"]), []

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"

    def handle_error(self, *details: object) -> None:
        """A client that has gone away is nothing to report."""


class Handler(BaseHTTPRequestHandler):
    server: ArchiveServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *details: object) -> None:
        """Nothing on the standard error."""

    def do_GET(self) -> None:
        server = self.server
        order = server.orders.pop(0) if len(server.orders) > 1 else server.orders[0]
        asked = self.headers.get("Range")
        server.log.append(asked)
        self.close_connection = True
        if order.isdigit():
            self.send_error(int(order))
            return
        content, total = server.content, len(server.content)
        if order == "corrupt":
            content = bytes([content[0] ^ 255]) + content[1:]
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked else 0
        if order == "no ranges":
            start = 0
        if start >= total:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{total}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if order == "wrong range" and asked:
            start //= 2
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        if order == "packed":
            self.send_header("Content-Encoding", "gzip")
        body = content[start:]
        if order == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if order.startswith("cut"):
            body = body[: int(order.split()[1])]
        self.wfile.write(body)


@contextmanager
def serving(content: bytes, *orders: str) -> Iterator[ArchiveServer]:
    server = ArchiveServer(content, *orders)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
