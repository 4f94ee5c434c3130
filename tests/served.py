"""The application on a free port of loopback, for the tests that need a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from werkzeug.serving import make_server


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address of a server that answers until the block ends."""

    def whole(environ: Any, start_response: Any) -> list[bytes]:
        """Werkzeug's server leaves a file open if the browser resets the line in the middle of it: none is open then."""
        with closing(app(environ, start_response)) as answer:
            return list(answer)

    http = make_server("127.0.0.1", 0, whole, threaded=True)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
