"""A file kept sealed on disk in parts, written and read as a stream: its key lives sealed in the row of the export."""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

PART = 1 << 20


class FileAltered(RuntimeError):
    """The sealed file is cut or changed, or the key is not its own."""


def new_key() -> bytes:
    return secrets.token_bytes(32)


def folder() -> Path:
    """Where the sealed files of the instance are, readable by the service alone."""
    found = Path(current_app.config["INSTANCIA"]) / "exportaciones"
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def open_private(path: Path) -> BinaryIO:
    """A new file that only its owner reads, to write in."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")


class SealedWriter:
    """A binary stream that seals what is written to it. Each part says its place and whether it is the last."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._file = open_private(path)
        self._cipher, self._buffer, self._count = AESGCM(key), bytearray(), 0
        self._hash, self.size = hashlib.sha256(), 0

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what was written, in clear."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self.size += len(data)
        self._buffer += data
        while len(self._buffer) > PART:
            self._seal(bytes(self._buffer[:PART]), last=False)
            del self._buffer[:PART]
        return len(data)

    def flush(self) -> None:
        """Nothing: parts are written when they are full."""

    def close(self) -> None:
        self._seal(bytes(self._buffer), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def _seal(self, plain: bytes, last: bool) -> None:
        nonce = secrets.token_bytes(12)
        sealed = nonce + self._cipher.encrypt(nonce, plain, struct.pack(">Q?", self._count, last))
        self._file.write(struct.pack(">I?", len(sealed), last) + sealed)
        self._count += 1

    def __enter__(self) -> SealedWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._file.close()


def read_parts(path: Path, key: bytes, skip: int = 0) -> Iterator[bytes]:
    """The content in clear, part by part, after ``skip`` bytes of the file. :raises FileAltered:"""
    cipher, count, ended = AESGCM(key), 0, False
    with path.open("rb") as file:
        file.seek(skip)
        while head := file.read(5):
            if ended or len(head) != 5:
                raise FileAltered("after the end")
            size, last = struct.unpack(">I?", head)
            if size > PART + 64:
                raise FileAltered("size")
            sealed = file.read(size)
            try:
                yield cipher.decrypt(sealed[:12], sealed[12:], struct.pack(">Q?", count, last))
            except (InvalidTag, ValueError) as error:
                raise FileAltered("part") from error
            count, ended = count + 1, last
    if not ended:
        raise FileAltered("cut")
