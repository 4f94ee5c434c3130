"""`albergues servir`: gunicorn with threads, on this machine only unless told otherwise."""

from __future__ import annotations

import gc
import os
import socket
from typing import Any

import click


@click.command()
@click.option("--puerto", default=8000, show_default=True, type=int)
@click.option("--direccion", default="127.0.0.1", show_default=True, help="Dirección donde escucha.")
@click.option("--procesos", default=0, type=int, help="Procesos; 0: uno por núcleo, hasta 4.")
@click.option("--hilos", default=2, show_default=True, type=int)
@click.option("--certificado", type=click.Path(exists=True), help="Certificado TLS (albergues tls crear).")
@click.option("--llave", type=click.Path(exists=True), help="Llave del certificado.")
def servir(
    puerto: int, direccion: str, procesos: int, hilos: int, certificado: str | None, llave: str | None
) -> None:
    """Sirve la aplicación."""
    serve(puerto, direccion, procesos, hilos, certificado, llave)


def serve(
    puerto: int,
    direccion: str = "127.0.0.1",
    procesos: int = 0,
    hilos: int = 2,
    certificado: str | None = None,
    llave: str | None = None,
) -> None:
    """Start gunicorn in this process and stay until it is told to stop."""
    from gunicorn.app.base import BaseApplication

    from albergues_app import create_app
    from albergues_app.core.db import db
    from albergues_app.migrations.ready import refuse_if_not_ready

    if certificado:
        os.environ.setdefault("ALBERGUES_HTTPS", "1")
    app = create_app()
    with app.app_context():
        refuse_if_not_ready()
        db.engine.dispose()  # no connection may be shared by two processes

    _refuse_taken(direccion, puerto)

    class Server(BaseApplication):
        def load_config(self) -> None:
            settings: dict[str, Any] = {
                "bind": f"{direccion}:{puerto}",
                # A door for each process: of thirty browsers that keep their connection to a shared one, one process
                # got all thirty and the other core slept.
                "reuse_port": True,
                "workers": procesos or min(4, os.cpu_count() or 1),
                "threads": hilos,
                "worker_class": "gthread",
                "preload_app": True,  # one application, loaded once, whose memory the processes share
                "keepalive": 30,
                "graceful_timeout": 20,
                "timeout": 60,
                "control_socket_disable": True,
                "certfile": certificado,
                "keyfile": llave,
                "accesslog": None,
                "errorlog": "-",
                "loglevel": "warning",
            }
            for name, value in settings.items():
                if value is not None and name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            gc.collect()
            gc.freeze()  # what is loaded once is not looked through, nor copied, at each collection
            return app

    Server().run()


def _refuse_taken(direccion: str, puerto: int) -> None:
    """With a door for each process the system would let a second program share the port without a word."""
    try:
        socket.create_server((direccion, puerto)).close()
    except OSError as error:
        raise click.ClickException(
            f"No se puede servir en {direccion}:{puerto}: {error.strerror}. Indique otro con --puerto."
        ) from error
