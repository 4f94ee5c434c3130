"""Passwords, one-time codes, tokens: made, hashed, checked."""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from albergues_app.core.errors import Aviso, Invalid
from albergues_app.core.text import normalize

MINIMUM, MAXIMUM = 12, 128
_FORBIDDEN = ("sosep", "conred", "albergue", "guatemala", "contrasena", "password", "12345678")


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    # dependencias.md part 8: 27 ms a check; the library's 64 MiB would take 2 GB when 32 people log in at once.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(clave: str) -> str:
    """Argon2id. :raises Invalid: too short, too long, or a word everybody would try."""
    if not MINIMUM <= len(clave) <= MAXIMUM:
        raise Invalid(
            [
                Aviso(
                    "clave_corta",
                    f"La clave lleva de {MINIMUM} a {MAXIMUM} caracteres. Use varias palabras.",
                    "clave",
                )
            ]
        )
    plain = normalize(clave).replace(" ", "")
    rest = plain
    for word in _FORBIDDEN:
        rest = rest.replace(word, "")
    if len(rest) < 6:
        raise Invalid(
            [
                Aviso(
                    "clave_facil",
                    "Esa clave es fácil de adivinar. Use tres o cuatro palabras sin relación.",
                    "clave",
                )
            ]
        )
    return _hasher().hash(clave)


def check_password(stored: str | None, clave: str) -> bool:
    """True when it fits. An account without password costs the same time: nobody learns which exist."""
    try:
        _hasher().verify(stored or _nobody(), clave)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def new_token() -> str:
    """256 random bits, for sessions and programs."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token: it has too many bits to be guessed, so one SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


_CODE_SIGNS = "ACDEFHJKMNPQRTUVWXYZ2346789"


def one_time_code() -> str:
    """A printed code such as `QK7M-4TXN-92HC` (57 bits): works once, for a few days."""
    signs = "".join(secrets.choice(_CODE_SIGNS) for _ in range(12))
    return "-".join(signs[i : i + 4] for i in (0, 4, 8))


def code_hash(code: str) -> str:
    """Codes are compared without hyphens, spaces or case."""
    return hashlib.sha256("".join(c for c in code.upper() if c.isalnum()).encode()).hexdigest()
