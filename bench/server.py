"""Start and stop a served instance of our own on loopback, and clients that ask it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.machine import ROOT


def free_port() -> int:
    """A port nobody uses on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(order: list[str], env: dict[str, str], path: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server of ours until the block ends; only this process is ended, by its id."""
    process = subprocess.Popen(
        order, env={**os.environ, **env}, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                connection.request("GET", path)
                if connection.getresponse().status < 500:
                    break
            except OSError:
                time.sleep(0.1)
        else:
            raise RuntimeError("the server did not answer")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def our_server(instance: Path, port: int, workers: int = 2, threads: int = 2) -> list[str]:
    """The order that serves an instance."""
    return [
        str(Path(sys.executable).parent / "albergues"), "servir", "--puerto", str(port),
        "--procesos", str(workers), "--hilos", str(threads),
    ]  # fmt: skip


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = headers

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, Any]:
        """Status, body, headers."""
        data = None if body is None else json.dumps(body).encode()
        extra = {"Content-Type": "application/json"} if data else {}
        self._connection.request(method, path, data, {**self._headers, **extra, **(headers or {})})
        answer = self._connection.getresponse()
        return answer.status, answer.read(), answer.headers


def in_parallel(
    clients: int, seconds: float, make: Callable[[int], Callable[[], None]]
) -> tuple[list[float], float]:
    """Each client repeats its action for some seconds; returns every duration and the rate per second."""
    durations: list[list[float]] = [[] for _ in range(clients)]
    errors: list[BaseException] = []
    stop = time.perf_counter() + seconds

    def run(n: int) -> None:
        try:
            action = make(n)
            while time.perf_counter() < stop:
                start = time.perf_counter()
                action()
                durations[n].append(time.perf_counter() - start)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    flat = [d for per_client in durations for d in per_client]
    return flat, len(flat) / (time.perf_counter() - start)
