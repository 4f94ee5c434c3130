"""Rows of a filled format across its versions: each keeps an id, and a corrected row is told by it, never by its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from albergues_app.formats.engine import Formato, Repetible, Result

Ids = Mapping[str, Sequence[str | None]]
"""Ids of the rows of each repeating section, in the order of the rows."""


def ids_of(formato: Formato, captura_id: UUID, stored: Mapping[str, Any]) -> dict[str, list[str]]:
    """The ids of the rows of a stored version: as a correction kept them, else made of the version and the place."""
    return {
        r.name: [
            str(row.get("id") or uuid5(captura_id, f"{r.name}/{n}"))
            for n, row in enumerate(stored.get(r.name) or ())
        ]
        for r in formato.repetibles
    }


def with_ids(formato: Formato, answers: Mapping[str, Any], ids: Ids) -> dict[str, Any]:
    """The answers, each row with its id; a row that has none stays without."""
    named = dict(answers)
    for r in formato.repetibles:
        own = ids.get(r.name) or ()
        rows = answers.get(r.name) or ()
        named[r.name] = [
            {**row, "id": own[n]} if n < len(own) and own[n] else dict(row) for n, row in enumerate(rows)
        ]
    return named


def flat_ids(ids: Ids) -> dict[str, str]:
    """The ids as the inputs of a form: ``personas-0-id``."""
    return {f"{name}-{n}-id": one for name, own in ids.items() for n, one in enumerate(own) if one}


def ids_after(result: Result, by_place: Ids) -> dict[str, list[str | None]]:
    """The ids of the rows of a verdict; ``by_place`` are those of the list that was judged, gaps and all."""
    return {
        name: [own[n] if n < len(own) else None for n in numbers]
        for name, numbers in result.row_numbers.items()
        for own in [by_place.get(name) or ()]
    }


def pair_rows(
    repetible: Repetible,
    sent: Sequence[Any],
    read: Mapping[int, Mapping[str, Any]],
    old: Mapping[str, Mapping[str, Any]],
    gate: bool,
) -> dict[int, str]:
    """Which row each sent one was: the id by its place in ``sent``. No id twice, and none where it is not certain.

    First what says the same as one old row and no other, wherever it stands now: rows that were typed again in
    another order, or moved up into the place of one that was taken out, are known by what they say. Then the id that
    a row came with, if it still says something of what that row said. A row that was emptied is none.

    Parameters
    ----------
    sent : rows as they came, with the ids that the door gave; empty ones and what is no row among them
    read : those of them that say something, by their place, as this door read them
    old : the rows of the version before by id
    """
    now = [visible(repetible, read.get(number, {}), gate) for number in range(len(sent))]
    then = {key: visible(repetible, row, gate) for key, row in old.items()}
    came = [str(row.get("id")) if isinstance(row, Mapping) else "" for row in sent]
    pairs: dict[int, str] = {}
    left = set(old)

    def take(number: int, key: str) -> None:
        pairs[number] = key
        left.discard(key)

    for number, key in enumerate(came):
        if key in left and now[number] == then[key]:
            take(number, key)
    for number, words in enumerate(now):
        alike = [key for key in left if then[key] == words] if words and number not in pairs else []
        if len(alike) == 1 and now.count(words) == 1:
            take(number, alike[0])
    for number, key in enumerate(came):
        if number not in pairs and key in left and _goes_on(now[number], then[key]):
            take(number, key)
    return pairs


def _goes_on(now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    """Whether it can be the same row, corrected: something of it stands, or there was one thing to say at most."""
    return bool(now) and (len(then) < 2 or any(now.get(name) == value for name, value in then.items()))


def visible(repetible: Repetible, row: Mapping[str, Any], gate: bool) -> dict[str, Any]:
    """What a person wrote of a row, as far as this door shows it."""
    keys = {k for c in repetible.campos if not c.auto and (c.gate or not gate) for k in c.answer_keys}
    return {k: v for k, v in row.items() if k in keys}
