"""Optional second factor: a time code from a telephone without network, and printed spare codes."""

from __future__ import annotations

import pyotp

from albergues_app.accounts import passwords
from albergues_app.accounts.models import Cuenta
from albergues_app.audit.sealing import keyring
from albergues_app.core import clock
from albergues_app.core.db import db

_CONTEXT = "cuenta.totp_secreto"
SPARE_CODES = 8


def new_secret() -> str:
    """A secret to show once, as text and QR; it counts only after ``confirm``."""
    return pyotp.random_base32()


def uri(cuenta: Cuenta, secret: str) -> str:
    """What the QR says to the telephone."""
    return pyotp.TOTP(secret).provisioning_uri(name=cuenta.correo, issuer_name="Albergues")


def confirm(cuenta: Cuenta, secret: str, code: str) -> list[str] | None:
    """Switch it on when the code fits; returns the spare codes to print, or None when it does not fit."""
    step = _matching_step(secret, code)
    if step is None:
        return None
    spare = [passwords.one_time_code() for _ in range(SPARE_CODES)]
    cuenta.totp_secreto = keyring().seal(secret.encode(), _CONTEXT)
    cuenta.totp_respaldo = "\n".join(passwords.code_hash(c) for c in spare)
    cuenta.totp_ultimo = step
    db.session.flush()
    return spare


def switch_off(cuenta: Cuenta) -> None:
    cuenta.totp_secreto = cuenta.totp_respaldo = cuenta.totp_ultimo = None
    db.session.flush()


def use_code(cuenta: Cuenta, code: str) -> bool:
    """Accept a time code or a spare code, each only once (in the caller's unit of work)."""
    assert cuenta.totp_secreto is not None
    secret = keyring().open(cuenta.totp_secreto, _CONTEXT).decode()
    step = _matching_step(secret, code)
    if step is not None and step > (cuenta.totp_ultimo or 0):
        cuenta.totp_ultimo = step
        db.session.flush()
        return True
    hashes = (cuenta.totp_respaldo or "").split("\n")
    used = passwords.code_hash(code)
    if used in hashes:
        hashes.remove(used)
        cuenta.totp_respaldo = "\n".join(hashes)
        db.session.flush()
        return True
    return False


def _matching_step(secret: str, code: str) -> int | None:
    """The 30 s step whose code this is, one step of clock error allowed either way."""
    digits = "".join(c for c in code if c.isdigit())
    totp = pyotp.TOTP(secret)
    present = int(clock.now().timestamp()) // 30
    for step in (present, present - 1, present + 1):
        if len(digits) == 6 and totp.generate_otp(step) == digits:
            return step
    return None
