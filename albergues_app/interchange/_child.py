"""The child's side of ``sandbox.py``. Run as a script, never imported: it must start without the application.

Order on standard input: one line of JSON, then the bytes of the file. Answer on standard output: one JSON
object.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys
import types
from pathlib import Path


def main() -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    order = json.loads(sys.stdin.buffer.readline())
    sys.path[:] = order["path"]
    # A bare package in place of the real one, whose __init__ would bring in Flask.
    package = types.ModuleType("albergues_app")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules["albergues_app"] = package
    module, function = order["function"].split(":")
    reader = getattr(importlib.import_module(module), function)
    from albergues_app.interchange.errors import ArchivoIlegible

    with contextlib.suppress(ImportError):
        pass
    blob = sys.stdin.buffer.read()
    args = [blob if "blob" in a else a["value"] for a in order["args"]]
    limit(order["memory_mb"], order["cpu_s"])
    gc.disable()  # a table is a million small objects and no cycles
    try:
        answer = json.dumps({"result": reader(*args)}, ensure_ascii=True, separators=(",", ":"))
    except ArchivoIlegible as error:
        answer = json.dumps({"refused": error.mensaje})
    except BaseException as error:  # a panic of a compiled reader is no Exception
        answer = json.dumps({"failed": type(error).__name__})
    out.write(answer.encode())
    out.flush()
    os._exit(0)  # do not spend the parent's time freeing memory


def limit(memory_mb: int, cpu_s: int) -> None:
    """Bound memory, time, files. Where the system has no such limits, the parent's clock remains."""
    try:
        import resource
    except ImportError:
        return
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        base = pages * resource.getpagesize()
    except (OSError, ValueError):
        base = 512 * 1024 * 1024
    wanted = (
        ("RLIMIT_AS", base + memory_mb * 1024 * 1024),
        ("RLIMIT_CPU", cpu_s),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", 16),
    )
    for name, value in wanted:
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (AttributeError, OSError, ValueError):
            continue
    try:
        os.nice(10)  # people at the desk come first
    except (AttributeError, OSError):
        return


if __name__ == "__main__":
    main()
