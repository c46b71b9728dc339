"""Serve the built book on this machine, compressed: `python -m book.tools.serve [port]`."""

from __future__ import annotations

import argparse
import gzip
import os
import sys
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

HTML = Path(__file__).resolve().parents[2] / "_build/html"
TEXT_SUFFIXES = {".html", ".css", ".js", ".json", ".svg", ".txt", ".inv", ".ipynb", ".md"}
DEFAULT_PORT, LAST_PORT = 8000, 65535


class Handler(SimpleHTTPRequestHandler):
    """Serves files, text ones compressed when the browser takes gzip."""

    protocol_version = "HTTP/1.1"

    def send_head(self) -> BytesIO | None:
        """Answer with the headers and return the body, as the base class asks."""
        name = self.translate_path(self.path)
        if name.endswith("/"):
            name += "index.html"
        takes_gzip = "gzip" in self.headers.get("Accept-Encoding", "")
        if takes_gzip and os.path.isfile(name) and Path(name).suffix in TEXT_SUFFIXES:
            return self._compressed(Path(name))
        try:
            return super().send_head()  # type: ignore[return-value]
        except ValueError:  # no file can have this name: it holds a zero byte
            self.send_error(404, "File not found")
            return None

    def _compressed(self, path: Path) -> BytesIO:
        body = gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)

    def end_headers(self) -> None:
        """Ask the browser to check for newer files: the book may be built again meanwhile."""
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    """A server that does not mind a browser that leaves before the answer is complete."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Report what went wrong, unless the browser left."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def server(port: int) -> Server:
    """Return a server of the built book on `port` of this machine (0: any free one).

    Raises `FileNotFoundError` when the book was not built.
    """
    front = HTML / "index.html"
    if not front.is_file():
        raise FileNotFoundError(f"{front} is missing: build the book first (make book)")
    return Server(("127.0.0.1", port), partial(Handler, directory=str(HTML)))


def port_number(text: str) -> int:
    """Return the port that a text names.

    Raises `argparse.ArgumentTypeError` when it names none.
    """
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(
            f"must be a number from 0 (any free one) to {LAST_PORT}, got {text!r}"
        )
    return int(text)


def main(arguments: list[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m book.tools.serve", description="Serve the built book on this machine."
    )
    parser.add_argument("port", type=port_number, nargs="?", default=DEFAULT_PORT)
    port = parser.parse_args(arguments).port
    try:
        book = server(port)
    except FileNotFoundError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"argument port: must be one that can be opened, got {port}: {error.strerror}")
    print(f"http://localhost:{book.server_port}/ (Ctrl+C ends it)", flush=True)
    with book, suppress(KeyboardInterrupt):
        book.serve_forever()


if __name__ == "__main__":
    main()
