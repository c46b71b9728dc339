"""Serve the built book on this machine, compressed: `python book/tools/serve.py [port]`."""

from __future__ import annotations

import gzip
import os
import sys
from functools import lru_cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

HTML = Path(__file__).resolve().parents[2] / "_build/html"
TEXT_SUFFIXES = {".html", ".css", ".js", ".json", ".svg", ".txt", ".inv", ".ipynb", ".md"}
DEFAULT_PORT = 8000


@lru_cache(maxsize=256)
def compressed(path: Path, _modified: float) -> bytes:
    """Return the gzip form of a file; the time it was modified keeps the memory honest."""
    return gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)


class Handler(SimpleHTTPRequestHandler):
    """Serves files, text ones compressed when the browser takes gzip."""

    protocol_version = "HTTP/1.1"

    def send_head(self) -> BytesIO | None:
        """Answer with the headers and return the body, as the base class asks."""
        name = self.translate_path(self.path)
        if name.endswith("/") and os.path.isdir(name):
            name += "index.html"
        path = Path(name)
        takes_gzip = "gzip" in self.headers.get("Accept-Encoding", "")
        if path.suffix not in TEXT_SUFFIXES or not takes_gzip or not os.path.isfile(name):
            try:
                return super().send_head()  # type: ignore[return-value]
            except ValueError:  # no file can have this name: it holds a zero byte
                self.send_error(404, "File not found")
                return None
        body = compressed(path, path.stat().st_mtime)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
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
    if not (HTML / "index.html").is_file():
        missing = HTML / "index.html"
        raise FileNotFoundError(f"{missing} is missing: build the book first (make book)")
    return Server(("127.0.0.1", port), partial(Handler, directory=str(HTML)))


def main(arguments: list[str]) -> int:
    """Serve until interrupted."""
    port = arguments[0] if arguments else str(DEFAULT_PORT)
    if not port.isdigit() or int(port) > 65535:
        print(f"port is {port!r}; a number from 0 to 65535 is accepted", file=sys.stderr)
        return 2
    try:
        with server(int(port)) as book:
            print(f"http://localhost:{book.server_port}/ (Ctrl+C ends it)", flush=True)
            book.serve_forever()
    except OSError as error:  # FileNotFoundError is one
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
