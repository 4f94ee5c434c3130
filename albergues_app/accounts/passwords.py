"""Passwords, one-time codes, tokens: made, hashed, checked."""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from albergues_app.core.errors import Aviso, Invalid
from albergues_app.core.text import normalize
from albergues_app.territorio.catalogo import catalogo

MINIMUM, MAXIMUM = 12, 128
_FORBIDDEN = ("sosep", "conred", "albergue", "guatemala", "contrasena", "password", "12345678")
_OWN_WORD = 4
"""Signs from which a word of the name or address counts: «de» and «Ana» are in too many words."""
_OTHER_SIGNS = 6


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    # dependencias.md part 8: 27 ms a check; the library's 64 MiB would take 2 GB when 32 people log in at once.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(clave: str, *propias: str) -> str:
    """Argon2id. ``propias`` are the name and address of the account.

    :raises Invalid: too short, too long, or little more than words that anybody would try.
    """
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
    if _is_easy(clave, propias):
        raise Invalid(
            [
                Aviso(
                    "clave_facil",
                    "Esa clave es fácil de adivinar: lleva su nombre, un lugar o una palabra de la institución y poco "
                    "más. Use tres o cuatro palabras sin relación.",
                    "clave",
                )
            ]
        )
    return _hasher().hash(clave)


def _is_easy(clave: str, propias: tuple[str, ...]) -> bool:
    """Without the words of the context and of the account, fewer than six signs other than digits are left.

    confiabilidad.md 2.3 row 44: sosep, conred, albergue and the names of municipalities. What has none of them is
    not judged: no rules of composition (row 46).
    """
    plain = _run_together(clave)
    own = {
        _run_together(word) for text in propias for word in text.replace("@", " ").replace(".", " ").split()
    }
    known = catalogo()
    places = {_run_together(x.nombre) for x in (*known.municipios.values(), *known.departamentos.values())}
    rest = plain
    for word in sorted(
        {*_FORBIDDEN, *places, *(w for w in own if len(w) >= _OWN_WORD)}, key=len, reverse=True
    ):
        rest = rest.replace(word, " ")
    return rest != plain and sum(not c.isdigit() and not c.isspace() for c in rest) < _OTHER_SIGNS


def _run_together(text: str) -> str:
    return normalize(text).replace(" ", "")


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
