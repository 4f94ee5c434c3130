"""Accounts: created from above with a one-time code, entered with a growing delay, sessions that can be ended at once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from albergues_app.accounts import passwords
from albergues_app.accounts.models import Cuenta, CuentaTerritorio, FichaApi, Intento, Rol, Sesion
from albergues_app.audit.sealing import keyring
from albergues_app.core import clock
from albergues_app.core.db import Base, db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken, TooMany
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import Actor, current_actor, unit_of_work
from albergues_app.territorio.catalogo import catalogo

_DELAYS_S = (0, 0, 0, 2, 5, 15, 30, 60, 120, 300)
"""Seconds to wait after the n-th failure in a row; never a hard lock: a desk must not be locked out by a stranger."""


def find_cuenta(correo: str) -> Cuenta | None:
    return db.session.scalar(select(Cuenta).where(Cuenta.correo == clean(correo).lower()))


def create_cuenta(
    correo: str, nombre: str, rol: str, territorios: Sequence[tuple[str, str]], clave: str | None = None
) -> tuple[Cuenta, str | None]:
    """Make an account. Without ``clave``, a one-time code is returned: it is printed once and stored as a hash.

    :raises Invalid: no address, unknown role or place. :raises RuleBroken: the address is taken.
    """
    correo = clean(correo).lower()
    errors: list[Aviso] = []
    if "@" not in correo or " " in correo or len(correo) > 160:
        errors.append(Aviso("correo_invalido", "Escriba un correo, por ejemplo ana@muni.gob.gt.", "correo"))
    if rol not in set(Rol):
        errors.append(Aviso("rol_desconocido", f"El rol «{rol}» no existe.", "rol"))
    errors.extend(_unknown_places(territorios))
    if errors:
        raise Invalid(errors)
    if find_cuenta(correo) is not None:
        raise RuleBroken("correo_ocupado", "Ya hay una cuenta con ese correo.", "correo")
    moment = clock.now()
    actor = current_actor()
    cuenta = Cuenta(
        id=uuid7(),
        correo=correo,
        nombre=clean(nombre) or correo,
        rol=rol,
        clave_hash=passwords.hash_password(clave, nombre, correo) if clave is not None else None,
        creada_por=actor.cuenta_id if actor else None,
        creada_en=moment,
    )
    db.session.add(cuenta)
    try:
        db.session.flush()
    except IntegrityError as taken:  # somebody made it between the look and the write
        raise RuleBroken("correo_ocupado", "Ya hay una cuenta con ese correo.", "correo") from taken
    code = None if clave is not None else renew_code(cuenta)
    db.session.flush()
    for clase, codigo in dict.fromkeys(territorios):
        db.session.add(CuentaTerritorio(id=uuid7(), cuenta_id=cuenta.id, clase=clase, codigo=codigo))
    db.session.flush()
    return cuenta, code


def _unknown_places(territorios: Sequence[tuple[str, str]]) -> list[Aviso]:
    known = catalogo()
    albergue = Base.metadata.tables["albergue"]
    found = []
    for clase, codigo in territorios:
        exists = {
            "departamento": codigo in known.departamentos,
            "municipio": codigo in known.municipios,
            "sede": codigo in known.sedes,
        }.get(clase)
        if clase == "albergue":
            exists = (
                db.session.execute(select(albergue.c.id).where(albergue.c.codigo == codigo)).first()
                is not None
            )
        if not exists:
            found.append(Aviso("lugar_desconocido", f"No existe {clase} «{codigo}».", clase))
    return found


def renew_code(cuenta: Cuenta) -> str:
    """A new one-time code; the earlier one, the password and its programs' tokens stop working, and its sessions end."""
    code = passwords.one_time_code()
    cuenta.clave_hash = None
    cuenta.codigo_hash = passwords.code_hash(code)
    cuenta.codigo_caduca_en = clock.now() + timedelta(hours=current_app.config["CODIGO_INICIAL_HORAS"])
    end_sessions(cuenta.id)
    revoke_fichas(cuenta.id)
    return code


def set_password(cuenta: Cuenta, clave: str, keep: UUID | None = None) -> None:
    """Change the password; every other session of the account ends.

    :raises Invalid: too short, too long, or easy to guess.
    """
    cuenta.clave_hash = passwords.hash_password(clave, cuenta.nombre, cuenta.correo)
    cuenta.codigo_hash = cuenta.codigo_caduca_en = None
    end_sessions(cuenta.id, keep)


def confirm_password(cuenta_id: UUID, clave: str) -> None:
    """Ask again who is there, before something that a stolen session must not do. Failures count as in the log-in.

    :raises TooMany: wait. :raises RuleBroken: `clave_actual_incorrecta`.
    """
    cuenta = db.session.get_one(Cuenta, cuenta_id)
    keys = [f"c:{keyring().index(cuenta.correo, 'intento')[:60]}"]
    _refuse_while_waiting(keys)
    if passwords.check_password(cuenta.clave_hash, clave):
        return
    with unit_of_work(Actor(cuenta.correo, "web", cuenta_id)):
        _count_failure(keys)
    raise RuleBroken("clave_actual_incorrecta", "La clave actual no coincide. Vuelva a escribirla.", "actual")


def change_cuenta(cuenta: Cuenta, nombre: str, rol: str, territorios: Sequence[tuple[str, str]]) -> None:
    """Change name, role or territory. It acts at once: the next request of an open session already obeys it.

    :raises Invalid: unknown role or place.
    """
    errors = [] if rol in set(Rol) else [Aviso("rol_desconocido", f"El rol «{rol}» no existe.", "rol")]
    errors += _unknown_places(territorios)
    if errors:
        raise Invalid(errors)
    cuenta.nombre = clean(nombre) or cuenta.correo
    cuenta.rol = rol
    wanted = set(territorios)
    for piece in db.session.scalars(select(CuentaTerritorio).where(CuentaTerritorio.cuenta_id == cuenta.id)):
        if (piece.clase, piece.codigo) in wanted:
            wanted.discard((piece.clase, piece.codigo))
        else:
            db.session.delete(piece)
    for clase, codigo in sorted(wanted):
        db.session.add(CuentaTerritorio(id=uuid7(), cuenta_id=cuenta.id, clase=clase, codigo=codigo))
    db.session.flush()


def set_active(cuenta: Cuenta, activa: bool) -> None:
    """Disable or enable; a disabled account loses its sessions and tokens at once, and for good."""
    cuenta.activa = activa
    if not activa:
        end_sessions(cuenta.id)
        revoke_fichas(cuenta.id)
    db.session.flush()


def end_sessions(cuenta_id: UUID, keep: UUID | None = None) -> int:
    """End the open sessions of an account, all but ``keep``. Returns how many."""
    moment, ended = clock.now(), 0
    for sesion in db.session.scalars(
        select(Sesion).where(Sesion.cuenta_id == cuenta_id, Sesion.revocada_en.is_(None))
    ):
        if sesion.id != keep:
            sesion.revocada_en = moment
            ended += 1
    db.session.flush()
    return ended


def end_session(sesion: Sesion) -> None:
    sesion.revocada_en = sesion.revocada_en or clock.now()
    db.session.flush()


def create_ficha_api(cuenta: Cuenta) -> str:
    """A bearer token for a program of this account; shown once."""
    token = passwords.new_token()
    db.session.add(
        FichaApi(
            id=uuid7(), cuenta_id=cuenta.id, token_hash=passwords.token_hash(token), creada_en=clock.now()
        )
    )
    db.session.flush()
    return token


def revoke_fichas(cuenta_id: UUID) -> int:
    """End every token of an account's programs. Returns how many."""
    moment, ended = clock.now(), 0
    for ficha in db.session.scalars(
        select(FichaApi).where(FichaApi.cuenta_id == cuenta_id, FichaApi.revocada_en.is_(None))
    ):
        ficha.revocada_en = moment
        ended += 1
    db.session.flush()
    return ended


@dataclass(frozen=True)
class Entered:
    """A log-in that succeeded. ``debe_cambiar``: it used a one-time code and must choose a password now."""

    cuenta_id: UUID
    token: str
    debe_cambiar: bool


def log_in(correo: str, clave: str, totp: str | None, direccion: str, agente: str) -> Entered:
    """Check a credential and open a session. The answer never says which part was wrong.

    :raises TooMany: wait; the delay grows with each failure, per account and per address, and survives restarts.
    :raises RuleBroken: `credencial_incorrecta`, `falta_segundo_factor`.
    """
    keys = [
        f"c:{keyring().index(clean(correo).lower(), 'intento')[:60]}",
        f"d:{keyring().index(direccion, 'intento')[:60]}",
    ]
    _refuse_while_waiting(keys)
    cuenta = find_cuenta(correo)
    with_code = cuenta is not None and _code_fits(cuenta, clave)
    fits = passwords.check_password(cuenta.clave_hash if cuenta else None, clave) or with_code
    moment = clock.now()
    actor = Actor(
        cuenta.correo if cuenta and fits else "anónimo", "web", cuenta.id if cuenta and fits else None
    )
    if cuenta is None or not fits or not cuenta.activa:
        with unit_of_work(actor):
            _count_failure(keys)
        raise RuleBroken(
            "credencial_incorrecta", "El correo o la clave no coinciden. Revise mayúsculas y vuelva a probar."
        )
    if cuenta.totp_secreto is not None:  # a printed code stands for the password, never for the telephone
        if not totp:
            raise RuleBroken("falta_segundo_factor", "Escriba el código de 6 cifras de su teléfono.", "totp")
        from albergues_app.accounts.second_factor import use_code

        with unit_of_work(actor):
            cuenta = db.session.get_one(Cuenta, cuenta.id)
            accepted = use_code(cuenta, totp)
            if not accepted:
                _count_failure(keys)
        if not accepted:
            raise RuleBroken(
                "credencial_incorrecta", "El código no coincide o ya se usó. Espere el siguiente.", "totp"
            )
    token = passwords.new_token()
    with unit_of_work(actor):
        cuenta = db.session.get_one(Cuenta, cuenta.id)
        if with_code:
            if not _code_fits(cuenta, clave):  # somebody entered with it a moment ago
                raise RuleBroken(
                    "credencial_incorrecta",
                    "El correo o la clave no coinciden. Revise mayúsculas y vuelva a probar.",
                )
            cuenta.codigo_hash = None  # once
        for key in keys[:1]:
            row = db.session.get(Intento, key)
            if row is not None:
                db.session.delete(row)
        _make_room(cuenta.id)
        db.session.add(
            Sesion(
                id=uuid7(),
                cuenta_id=cuenta.id,
                token_hash=passwords.token_hash(token),
                creada_en=moment,
                vista_en=moment,
                caduca_en=moment + timedelta(hours=current_app.config["SESION_HORAS"]),
                agente=clean(agente)[:200],
            )
        )
        cuenta_id = cuenta.id
    return Entered(cuenta_id, token, with_code)


def _code_fits(cuenta: Cuenta, code: str) -> bool:
    if cuenta.codigo_hash is None or cuenta.codigo_caduca_en is None or cuenta.codigo_caduca_en < clock.now():
        return False
    return secrets.compare_digest(cuenta.codigo_hash, passwords.code_hash(code))


def _make_room(cuenta_id: UUID) -> None:
    """Keep at most the set number of open sessions: the oldest ends."""
    stmt = (
        select(Sesion)
        .where(Sesion.cuenta_id == cuenta_id, Sesion.revocada_en.is_(None))
        .order_by(Sesion.creada_en)
    )
    open_ones = list(db.session.scalars(stmt))
    for sesion in open_ones[: max(0, len(open_ones) - current_app.config["SESIONES_POR_CUENTA"] + 1)]:
        sesion.revocada_en = clock.now()


def _refuse_while_waiting(keys: list[str]) -> None:
    moment = clock.now()
    for row in db.session.scalars(select(Intento).where(Intento.clave.in_(keys))):
        if row.espera_hasta > moment:
            seconds = int((row.espera_hasta - moment).total_seconds()) + 1
            raise TooMany(f"Demasiados intentos. Espere {seconds} segundos y vuelva a probar.", seconds)


def _count_failure(keys: list[str]) -> None:
    moment = clock.now()
    for key in keys:
        row = db.session.get(Intento, key)
        if row is None or moment - row.ultimo_en > timedelta(hours=1):
            if row is not None:
                db.session.delete(row)
                db.session.flush()
            row = Intento(clave=key, fallos=0, ultimo_en=moment, espera_hasta=moment)
            db.session.add(row)
        row.fallos += 1
        # An address stands for a whole COE behind one router: it is given ten times the failures of an account.
        step = row.fallos if key.startswith("c:") else row.fallos // 10
        row.espera_hasta = moment + timedelta(seconds=_DELAYS_S[min(step, len(_DELAYS_S) - 1)])
        row.ultimo_en = moment
    db.session.flush()


def get_cuenta(correo: str) -> Cuenta:
    """:raises NotFound: no such account."""
    cuenta = find_cuenta(correo)
    if cuenta is None:
        raise NotFound()
    return cuenta
