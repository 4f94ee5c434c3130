"""A reader runs in a child process with little memory and little time; what happens there stays there (T11).

The child is a fresh interpreter, not a fork: it has no Flask, no database, no secret of the instance in its
environment, and threads of a server cannot disturb its start. What comes back is JSON, so even a reader taken
over by its input can only say something, not do something here.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

from albergues_app.interchange.errors import DAMAGED, TOO_HEAVY, ArchivoIlegible

log = logging.getLogger(__name__)

MEMORY_MB: Final = 512
"""Of address space above what the interpreter and its libraries need."""
CPU_S: Final = 10
WALL_S: Final = 12
MAX_ANSWER: Final = 128 * 1024 * 1024
_AT_ONCE = threading.BoundedSemaphore(2)
_CHILD: Final = Path(__file__).with_name("_child.py")


def run_limited(function_name: str, *args: Any, wall_s: float = WALL_S) -> Any:
    """Call ``package.module:function`` in a limited child and return its JSON-able result.

    :param args: JSON-able values; of ``bytes`` at most one
    :raises ArchivoIlegible: the reader refused the file, crashed, was killed, or took too long
    """
    blob = next((a for a in args if isinstance(a, bytes)), b"")
    order = {
        "function": function_name,
        "args": [{"blob": True} if isinstance(a, bytes) else {"value": a} for a in args],
        "path": [p for p in sys.path if p],
        "memory_mb": MEMORY_MB,
        "cpu_s": CPU_S,
    }
    if not _AT_ONCE.acquire(timeout=2 * WALL_S):
        raise ArchivoIlegible("Se están leyendo otros archivos. Espere un minuto y vuelva a intentarlo.")
    try:
        answer, code = _converse(json.dumps(order).encode() + b"\n" + blob, wall_s)
    finally:
        _AT_ONCE.release()
    try:
        said = json.loads(answer) if answer else {}
    except ValueError:
        said = {}
    if "result" in said:
        return said["result"]
    if "refused" in said:
        raise ArchivoIlegible(str(said["refused"]))
    log.warning("reader %s ended with %s: %s", function_name, code, said.get("failed", "no answer"))
    heavy = said.get("failed") == "MemoryError" or code < 0 or code is _TOO_SLOW
    raise ArchivoIlegible(TOO_HEAVY if heavy else DAMAGED)


_TOO_SLOW: Final = 10_000


def _converse(order: bytes, wall_s: float) -> tuple[bytes, int]:
    """Send the order, read the answer, and end the child when its time is over."""
    child = subprocess.Popen(
        [sys.executable, "-B", "-I", "-X", "utf8", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={k: v for k, v in os.environ.items() if k in {"PATH", "SYSTEMROOT", "TMPDIR", "TEMP"}},
        start_new_session=True,
    )
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("no pipes")
    slow = threading.Event()

    def give_up() -> None:
        slow.set()
        _kill(child)

    timer = threading.Timer(wall_s, give_up)
    writer = threading.Thread(target=_feed, args=(child.stdin, order), daemon=True)
    timer.start()
    writer.start()
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := child.stdout.read1(1 << 16):  # type: ignore[attr-defined]
            size += len(piece)
            if size > MAX_ANSWER:
                give_up()
                break
            pieces.append(piece)
        child.wait()
    finally:
        timer.cancel()
        _kill(child)
        writer.join(timeout=1)
        child.stdout.close()
        child.wait()
    return (b"", _TOO_SLOW) if slow.is_set() else (b"".join(pieces), child.returncode)


def _feed(pipe: Any, order: bytes) -> None:
    try:
        pipe.write(order)
        pipe.close()
    except OSError:  # the child is gone: the answer, or its absence, says why
        try:
            pipe.close()
        except OSError:
            return


def _kill(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    if hasattr(os, "killpg"):
        try:
            os.killpg(child.pid, signal.SIGKILL)
            return
        except (ProcessLookupError, PermissionError):
            pass
    child.kill()
