"""A receiver of webhooks on the loopback, in a thread of its own: it answers as it is told to, and remembers."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reaction = tuple[int, float, dict[str, Any] | bytes]
"""A status, a delay in seconds, and the JSON (or the bytes) that is answered."""
FINE: Reaction = (200, 0.0, {"reference": "L-77"})


class Receiver:
    """Reacts once with each of `reactions`, and with `FINE` after the last."""

    def __init__(self, *reactions: Reaction, drips: bool = False, headers: dict[str, str] | None = None) -> None:
        self.reactions = list(reactions)
        self.heard: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.raw: list[bytes] = []
        self.closed = threading.Event()
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                status, delay_s, answer = receiver.note(body, dict(self.headers.items()))
                time.sleep(delay_s)
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                if status in {301, 302, 307}:
                    self.send_header("location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.send_header("content-length", str(len(content) + (1_000_000 if drips else 0)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                # A byte now and then keeps a connection alive for as long as the receiver likes.
                with contextlib.suppress(ConnectionError):
                    while drips and not receiver.closed.wait(0.1):
                        self.wfile.write(b" ")
                    self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def note(self, body: bytes, headers: dict[str, str]) -> Reaction:
        with self._lock:
            self.raw.append(body)
            self.heard.append(json.loads(body))
            self.headers.append({name.lower(): value for name, value in headers.items()})
            return self.reactions.pop(0) if self.reactions else FINE

    def close(self) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
