"""A list on its way in, kept on the server between two pages: sealed, for its owner only, for one day.

Every file of it is sealed with the instance's key under the owner's id: what belongs to another account, and
what is not there, cannot be told apart.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from flask import current_app

from albergues_app.audit.sealing import keyring
from albergues_app.core import clock
from albergues_app.core.errors import NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.text import clean
from albergues_app.ocupacion import dissociation

KEEP: Final = timedelta(days=1)


class CargaVencida(NotFound):
    """Gone, never there, or of another account: the same words for all three (404)."""

    def __init__(self) -> None:
        super().__init__()
        self.mensaje = "No se encontró esa lista. Las listas se guardan un día: súbala de nuevo."


@dataclass(frozen=True)
class Carga:
    """One uploaded list; its parts have names: archivo, tabla, columnas, mapeo, ensayo, errores, aviso.

    ``clase``: lista (of sites) or registros (filled formats).
    """

    id: UUID
    cuenta_id: UUID
    archivo: str
    creada_en: datetime
    peso: int
    clase: str = "lista"

    def put(self, part: str, content: bytes) -> None:
        """Keep a part, replacing it in one step."""
        path = _path(self.id, part)
        draft = path.with_suffix(f".{uuid7().hex}")
        draft.touch(mode=0o600)
        draft.write_bytes(keyring().seal(content, _context(self.cuenta_id, self.id, part)))
        draft.replace(path)

    def get(self, part: str) -> bytes:
        """:raises CargaVencida: there is no such part."""
        return _open(self.cuenta_id, self.id, part)

    def put_json(self, part: str, content: Any) -> None:
        self.put(part, json.dumps(content, ensure_ascii=False, default=str).encode("utf-8", "replace"))

    def get_json(self, part: str) -> Any:
        """:raises CargaVencida: there is no such part."""
        return json.loads(self.get(part))

    def has(self, part: str) -> bool:
        return _path(self.id, part).exists()

    def drop(self, *parts: str) -> None:
        for part in parts:
            _path(self.id, part).unlink(missing_ok=True)


def keep_upload(cuenta_id: UUID, filename: str, content: bytes, clase: str = "lista") -> Carga:
    """Keep a file for its owner; what expired goes."""
    clean_uploads()
    name = clean(filename.replace("\\", "/").rsplit("/", 1)[-1])[:120] or "lista"
    carga = Carga(uuid7(), cuenta_id, name, clock.now(), len(content), clase)
    (_folder() / str(carga.id)).mkdir(mode=0o700)
    carga.put("archivo", content)
    datos = {"archivo": name, "creada_en": clock.now().isoformat(), "peso": len(content), "clase": clase}
    carga.put_json("datos", datos)
    return carga


def open_upload(cuenta_id: UUID, carga_id: UUID, clase: str = "lista") -> Carga:
    """:raises CargaVencida: absent, expired, of another account or another class."""
    datos = json.loads(_open(cuenta_id, carga_id, "datos"))
    created = datetime.fromisoformat(datos["creada_en"])
    if clock.now() - created > KEEP or datos.get("clase", "lista") != clase:
        raise CargaVencida()
    return Carga(carga_id, cuenta_id, datos["archivo"], created, datos["peso"], clase)


def uploads_of(cuenta_id: UUID, clase: str = "lista") -> list[Carga]:
    """What an account has on the way, newest first."""
    found = []
    for folder in sorted(_folder().iterdir(), reverse=True)[:200]:
        try:
            found.append(open_upload(cuenta_id, UUID(folder.name), clase))
        except (CargaVencida, ValueError):
            continue
    return found


def drop_upload(carga: Carga) -> None:
    """The owner does not want it any more."""
    shutil.rmtree(_folder() / str(carga.id), ignore_errors=True)


def mark_emergencia(carga: Carga, emergencia_id: UUID) -> None:
    """Say of which emergency its people are, so that it goes with them."""
    carga.put(f"emergencia-{emergencia_id}", b"")


def drop_uploads_of(emergencia_id: UUID) -> None:
    """With the key of an emergency go the files of its people that are still on their way in, whoever sent them."""
    for mark in _folder().glob(f"*/emergencia-{emergencia_id}.sello"):
        shutil.rmtree(mark.parent, ignore_errors=True)


dissociation.ALSO.append(drop_uploads_of)


def clean_uploads() -> int:
    """Remove what is older than a day."""
    limit, gone = (clock.now() - KEEP).timestamp(), 0
    for folder in _folder().iterdir():
        if folder.is_dir() and folder.stat().st_mtime < limit:
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone


def _open(cuenta_id: UUID, carga_id: UUID, part: str) -> bytes:
    try:
        return keyring().open(_path(carga_id, part).read_bytes(), _context(cuenta_id, carga_id, part))
    except (OSError, KeyMissing, IndexError) as error:
        raise CargaVencida() from error


def _context(cuenta_id: UUID, carga_id: UUID, part: str) -> str:
    return f"subida.{cuenta_id}.{carga_id}.{part}"


def _folder() -> Path:
    folder = Path(current_app.config["INSTANCIA"]) / "subidas"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _path(carga_id: UUID, part: str) -> Path:
    return _folder() / str(carga_id) / f"{part}.sello"
