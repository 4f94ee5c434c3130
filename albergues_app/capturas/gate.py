"""What stands at the gate: the answers of health and protection are neither shown there nor lost there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Rol
from albergues_app.capturas.rows import Ids, pair_rows, visible
from albergues_app.formats.engine import Campo, Formato, Notice, Repetible, Result

_IN_A_ROW = re.compile(r"^([a-z0-9_]+)\[\d+\]\.(.+)$")


def behind_the_gate(cuenta: Identity, formato: Formato) -> bool:
    """True where fields of health and protection are left out: for everybody but those professions."""
    return formato.at_gate and cuenta.rol not in {Rol.SALUD, Rol.PROTECCION}


def sees_off_the_gate(cuenta: Identity, formato: Formato) -> bool:
    """True where a format of the gate has what does not stand there, and this account prints it."""
    return (
        formato.at_gate
        and not behind_the_gate(cuenta, formato)
        and any(not c.gate for _, c in formato.walk())
    )


def at_the_gate(formato: Formato, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers without those of health and protection."""
    shown = _off_the_gate(formato.campos, answers)
    for repetible in formato.repetibles:
        rows = answers.get(repetible.name) or []
        shown[repetible.name] = [_off_the_gate(repetible.campos, row) for row in rows]
    return shown


def _off_the_gate(campos: Sequence[Campo], answers: Mapping[str, Any]) -> dict[str, Any]:
    off = {key for c in campos if not c.gate for key in c.answer_keys}
    return {k: v for k, v in answers.items() if k not in off}


def with_hidden(
    formato: Formato,
    raw: Mapping[str, Any],
    before: Mapping[str, Any],
    gate: bool,
    seen: Result,
    ids: Ids,
) -> dict[str, Any]:
    """What the screen did not show stays as it was: what the system wrote, and at the gate what is off it.

    What the format works out is worked out again. What is off the gate and was sent all the same is not taken.
    Each row comes back with the id of the row that it was, and with what was hidden of that row and of no other.

    Parameters
    ----------
    seen : the verdict of this door on ``raw``
    ids : of the rows of ``before``
    """
    worked_out = formato.calculados()
    raw = _sent_at_the_gate(formato, raw) if gate else raw
    written = [c for c in formato.campos if c.auto and c.name not in worked_out]
    merged = {**_answers_of(written, before), **raw}
    if gate:
        merged = {**_hidden(formato.campos, before), **merged}
    for repetible in formato.repetibles:
        sent = merged.get(repetible.name) or []
        if isinstance(sent, list | tuple):
            rows = zip(ids.get(repetible.name) or (), before.get(repetible.name) or (), strict=True)
            old = {key: row for key, row in rows if key}
            numbers = seen.row_numbers.get(repetible.name, ())
            read = dict(zip(numbers, seen.answers.get(repetible.name) or (), strict=True))
            pairs = pair_rows(repetible, sent, read, old, gate)
            merged[repetible.name] = _rows_again(repetible, sent, old, pairs, gate)
    return merged


def _rows_again(
    repetible: Repetible,
    sent: Sequence[Any],
    old: Mapping[str, Mapping[str, Any]],
    pairs: Mapping[int, str],
    gate: bool,
) -> list[Any]:
    """The rows as sent; at the gate with what is off it. What does not stand there cannot be taken out there."""
    rows: list[Any] = []
    for number, row in enumerate(sent):
        key = pairs.get(number)
        if not isinstance(row, Mapping):
            rows.append(row)
        elif key is None:
            rows.append({k: v for k, v in row.items() if k != "id"})
        else:
            rows.append({**(_hidden(repetible.campos, old[key]) if gate else {}), **row, "id": key})
    if gate:
        unseen = [
            key for key in old if key not in pairs.values() and not visible(repetible, old[key], gate=True)
        ]
        rows += [{**old[key], "id": key} for key in unseen]
    return rows


def _sent_at_the_gate(formato: Formato, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What a door of the gate sent, without what it does not show."""
    taken = _not_off(formato.campos, raw)
    for repetible in formato.repetibles:
        rows = taken.get(repetible.name)
        if isinstance(rows, list | tuple):
            taken[repetible.name] = [
                _not_off(repetible.campos, row) if isinstance(row, Mapping) else row for row in rows
            ]
    return taken


def _not_off(campos: Sequence[Campo], raw: Mapping[str, Any]) -> dict[str, Any]:
    off = _keys_off(campos)
    return {k: v for k, v in raw.items() if k not in off}


def _keys_off(campos: Sequence[Campo]) -> set[str]:
    return {key for c in campos if not c.gate for key in c.known_keys}


def told_at_the_gate(formato: Formato, result: Result) -> Result:
    """The verdict on a whole sheet without what it says of answers that do not stand at the gate."""
    off = {"": _keys_off(formato.campos)} | {r.name: _keys_off(r.campos) for r in formato.repetibles}

    def stays(notice: Notice) -> bool:
        row = _IN_A_ROW.match(notice.campo)
        section, name = (row[1], row[2]) if row else ("", notice.campo)
        return name not in off.get(section, set())

    return replace(
        result,
        warnings=tuple(n for n in result.warnings if stays(n)),
        pending=tuple(n for n in result.pending if stays(n)),
    )


def _hidden(campos: Sequence[Campo], answers: Mapping[str, Any]) -> dict[str, Any]:
    return _answers_of([c for c in campos if not c.gate], answers)


def _answers_of(campos: Sequence[Campo], answers: Mapping[str, Any]) -> dict[str, Any]:
    return {k: answers[k] for c in campos for k in c.answer_keys if k in answers}
