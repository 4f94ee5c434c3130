"""A served process that can be stopped at a stage of a reading of persons, to be killed there.

It loads once and then, for each line it is given (a stage, or `-`), forks a process that prints its id and the port
it serves on. At its stage that process prints the stage and waits for its end.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from albergues_app import create_app


def main() -> None:
    app = create_app()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            serve(app, line.strip())
        os.waitpid(child, 0)


def serve(app: Any, stage: str) -> None:
    noted = []

    def reached(name: str) -> None:
        if name == stage and noted:
            print(name, flush=True)
            time.sleep(60)

    @event.listens_for(Engine, "after_cursor_execute")
    def see(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("INSERT INTO lectura"):
            noted.append(statement)
            reached("anotada")

    @event.listens_for(Session, "after_commit")
    def committed(_session: Session) -> None:
        reached("guardada")

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = list(app.wsgi_app(environ, start))
        reached("lista")
        return body

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    print(os.getpid(), server.port, flush=True)
    server.serve_forever()
    os._exit(0)


if __name__ == "__main__":
    main()
