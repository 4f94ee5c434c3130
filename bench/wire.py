"""Many paced connections from one thread: what the client takes of the two cores it shares with the server is little.

Thirty threads with `http.client` took more of the machine than the map's whole answer. Here a request is bytes made
ready, an answer is its status line, its length and its ETag; the clock runs from the first byte sent to the last byte
received, as before.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Answer:
    """What a paced client looks at."""

    status: int
    etag: str
    body: bytes


Ask = Callable[[Answer | None], bytes]
"""Makes the next request of a connection; given the answer to the one before, None the first time."""


@dataclass
class Paced:
    """A connection that asks at its own rate; one that is late asks at once, and one request at a time."""

    port: int
    rate: float
    ask: Ask
    durations: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    expected: tuple[int, ...] = (200, 304)
    _next_at: float = 0.0
    _sent_at: float = 0.0
    _last: Answer | None = None
    _got: bytearray = field(default_factory=bytearray)

    def open(self, start: float) -> None:
        """Connect."""
        self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._next_at = start

    def fileno(self) -> int:
        """For the selector."""
        return self._socket.fileno()

    @property
    def due(self) -> float:
        """When the next request is to be sent; infinity while one is under way."""
        return float("inf") if self._sent_at else self._next_at

    def send(self) -> None:
        """The next request."""
        content = self.ask(self._last)
        self._sent_at = time.perf_counter()
        self._socket.sendall(content)

    def receive(self) -> None:
        """What arrived; when the answer is whole, it is noted."""
        got = self._socket.recv(262_144)
        if not got:
            raise RuntimeError("the server closed the connection")
        self._got += got
        end = self._got.find(b"\r\n\r\n")
        if end < 0:
            return
        status = int(self._got[9:12])
        head = bytes(self._got[:end]).lower()
        length = 0 if status == 304 else int(_value(head, b"content-length:") or 0)
        if len(self._got) < end + 4 + length:
            return
        self.durations.append(time.perf_counter() - self._sent_at)
        etag = _value(bytes(self._got[:end]), b"ETag:").decode()
        body = bytes(self._got[end + 4 : end + 4 + length])
        if status not in self.expected:
            self.errors.append(f"{status} {body[:80]!r}")
        self._last = Answer(status, etag, body)
        self._got.clear()
        self._sent_at = 0.0
        self._next_at += 1 / self.rate

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _value(head: bytes, name: bytes) -> bytes:
    at = head.find(b"\r\n" + name)
    return (
        b""
        if at < 0
        else head[at + 2 + len(name) : (head.find(b"\r\n", at + 2) + 1 or len(head) + 1) - 1].strip()
    )


def run(connections: Sequence[Paced], seconds: float) -> float:
    """Let all ask for that long, each as often as its rate says; returns how long it took until the last answer.

    They do not begin in step: nobody's clients do. A connection that falls behind makes up for it: the number of
    requests is that of the rates, the time is not.
    """
    start = time.perf_counter()
    selector = selectors.DefaultSelector()
    for n, connection in enumerate(connections):
        connection.open(start + n / len(connections) / connection.rate)
        selector.register(connection, selectors.EVENT_READ, connection)
    end = start + seconds
    try:
        while True:
            now = time.perf_counter()
            waiting = False
            soonest = float("inf")
            for connection in connections:
                due = connection.due
                if due == float("inf"):
                    waiting = True
                elif due >= end:
                    if connection.fileno() >= 0:  # done; idle, the server would hang up
                        selector.unregister(connection)
                        connection.close()
                    continue
                elif due <= now:
                    connection.send()
                    waiting = True
                else:
                    soonest = min(soonest, due)
            if not waiting and soonest == float("inf"):
                return time.perf_counter() - start
            pause = None if soonest == float("inf") else max(0.0, soonest - time.perf_counter())
            for key, _events in selector.select(pause):
                key.data.receive()
    finally:
        selector.close()
        for connection in connections:
            connection.close()
