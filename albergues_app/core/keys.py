"""Keys of the instance and what is done with them: sealed fields, blind index, one key per emergency.

The key file ``claves.json`` is made once by ``albergues base actualizar`` and never leaves the instance.
Each sealed value says with which key it was made, so keys can be changed without touching the old values.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class KeyMissing(RuntimeError):
    """The instance has no key, or not the one a value was sealed with."""


class Keyring:
    """AES-256-GCM keys by id, and one key for HMAC indexes."""

    def __init__(self, current: str, keys: dict[str, bytes], index_key: bytes, secret: str = "") -> None:
        self.current = current
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._index_key = index_key
        self.secret = secret

    @classmethod
    def load_or_create(cls, path: Path) -> Keyring:
        """Read the key file; make it, readable by its owner only, when it does not exist."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = {
                "actual": "k1",
                "claves": {"k1": base64.b64encode(secrets.token_bytes(32)).decode()},
                "indice": base64.b64encode(secrets.token_bytes(32)).decode(),
                "sesion": secrets.token_urlsafe(48),
            }
            temporary = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}.tmp")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(fresh, file)
                file.flush()
                os.fsync(file.fileno())  # what it seals must never outlive it
            try:
                os.link(temporary, path)  # atomic: two starts at once keep the first file
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
        data = json.loads(path.read_text())
        return cls(
            data["actual"],
            {name: base64.b64decode(value) for name, value in data["claves"].items()},
            base64.b64decode(data["indice"]),
            data.get("sesion", ""),
        )

    def seal(self, plain: bytes, context: str) -> bytes:
        """Encrypt. ``context`` («tabla.columna») is authenticated: a value moved elsewhere does not open."""
        nonce = secrets.token_bytes(12)
        name = self.current.encode()
        return (
            bytes([len(name)])
            + name
            + nonce
            + self._ciphers[self.current].encrypt(nonce, plain, context.encode())
        )

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt. Raises KeyMissing when the key is not here or the bytes were changed."""
        size = sealed[0]
        name = sealed[1 : 1 + size].decode(errors="replace")
        if name not in self._ciphers:
            raise KeyMissing(f"no key «{name}»")
        body = sealed[1 + size :]
        try:
            return self._ciphers[name].decrypt(body[:12], body[12:], context.encode())
        except InvalidTag as error:
            raise KeyMissing("sealed value altered") from error

    def index(self, text: str, context: str) -> str:
        """Blind index: equal texts give equal 64 hex digits, and nothing else can be read from them."""
        return hmac.new(self._index_key, f"{context}\0{text}".encode(), hashlib.sha256).hexdigest()


class SealKey:
    """The key of one emergency, alive in memory; destroying its stored form shreds all it sealed."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, context: str) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + self._cipher.encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], context.encode())
        except InvalidTag as error:
            raise KeyMissing("sealed value altered") from error
