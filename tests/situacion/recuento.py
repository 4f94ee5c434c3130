"""The tables of a bulletin counted again by SQL over the ledger, which shares nothing with the application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from albergues_app.core import clock

Pregunta = Callable[..., list[tuple[Any, ...]]]
"""Runs a statement in SQLite with its values, ``e`` (the emergency) among them."""

LAST = """
WITH libro AS (
  SELECT m.*, row_number() OVER (PARTITION BY persona_id ORDER BY m.ocurrido_en DESC, m.registrado_en DESC, m.id DESC) AS n
  FROM movimiento m JOIN activacion a ON a.id = m.activacion_id
  WHERE a.emergencia_id = :e AND m.ocurrido_en <= :at
    AND m.tipo <> 'anulacion' AND m.id NOT IN (SELECT anula_id FROM movimiento WHERE anula_id IS NOT NULL)
), dentro AS (
  SELECT l.*, v.sexo, v.nacimiento, a.albergue_id FROM libro l
  JOIN activacion a ON a.id = l.activacion_id
  JOIN persona_version v ON v.persona_id = l.persona_id AND v.actual
  WHERE n = 1 AND tipo IN ('ingreso', 'nacimiento', 'retorno', 'traslado_entra', 'salida_temporal')
)
"""
BY_SHELTER = (
    LAST
    + """
SELECT s.codigo, s.nombre, s.municipio_codigo, s.oficial, c.personas AS capacidad,
  (SELECT count(DISTINCT p.familia_id) FROM dentro d JOIN pertenencia p ON p.persona_id = d.persona_id
    WHERE d.albergue_id = s.id) AS familias,
  (SELECT count(*) FROM dentro d WHERE d.albergue_id = s.id) AS personas,
  (SELECT count(*) FROM dentro d WHERE d.albergue_id = s.id AND sexo = 'mujer') AS mujeres,
  (SELECT count(*) FROM dentro d WHERE d.albergue_id = s.id AND sexo = 'hombre') AS hombres,
  (SELECT count(*) FROM dentro d WHERE d.albergue_id = s.id AND tipo = 'salida_temporal') AS fuera,
  CASE WHEN EXISTS (SELECT 1 FROM movimiento m WHERE m.activacion_id = a.id AND m.tipo = 'ingreso') THEN 0 ELSE
    (SELECT p.personas FROM parte p WHERE p.activacion_id = a.id ORDER BY p.corte DESC LIMIT 1) END AS declaradas,
  (SELECT p.corte FROM parte p WHERE p.activacion_id = a.id ORDER BY p.corte DESC LIMIT 1) AS dato
FROM activacion a JOIN albergue s ON s.id = a.albergue_id LEFT JOIN capacidad c ON c.albergue_id = s.id
WHERE a.emergencia_id = :e AND a.abierta_en <= :at ORDER BY s.municipio_codigo, s.codigo
"""
)
FAMILIES = (
    LAST
    + "SELECT count(DISTINCT p.familia_id) FROM dentro d JOIN pertenencia p ON p.persona_id = d.persona_id"
)
AGES = LAST + "SELECT nacimiento FROM dentro"
EVER = "SELECT count(DISTINCT persona_id) FROM movimiento WHERE tipo = 'ingreso' AND ocurrido_en <= :at"
ON_THE_WAY = LAST + "SELECT count(*) FROM libro WHERE n = 1 AND tipo = 'traslado_sale'"
NAMES = {"1401": "Santa Cruz del Quiché", "1413": "Santa María Nebaj"}
BANDS = ((1, "Menos de 1 año"), (5, "1 a 4 años"), (13, "5 a 12 años"), (18, "13 a 17 años"), (30, "18 a 29 años"),
         (60, "30 a 59 años"), (999, "60 años o más"))  # fmt: skip


def signed(value: int | None) -> str:
    return "sin dato" if value is None else f"+{value:,}" if value > 0 else f"−{-value:,}" if value else "0"


def plain(value: int | None) -> str:
    return "sin dato" if value is None else f"{value:,}"


def some(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


class Recuento:
    """The tables of the bulletin as they must read, from SQL over the ledger."""

    def __init__(self, ask: Pregunta, corte: datetime) -> None:
        at = {"at": f"{corte:%Y-%m-%d %H:%M:%S.%f}"}
        self.filas = [
            dict(zip(("codigo", "nombre", "muni", "oficial", "capacidad", "familias", "personas", "mujeres", "hombres",
                      "fuera", "declaradas", "dato"), row, strict=True))
            for row in ask(BY_SHELTER, **at)
        ]  # fmt: skip
        for f in self.filas:
            whole = f["personas"] + f["declaradas"]
            f["lugares"] = None if f["capacidad"] is None else f["capacidad"] - whole
            f["reporto"] = f["dato"] is not None
        ((self.familias,),) = ask(FAMILIES, **at)
        ((self.atendidas,),) = ask(EVER, **at)
        ((self.en_camino,),) = ask(ON_THE_WAY, **at)
        day = clock.local_day(corte)
        ages = [self._years(date.fromisoformat(born), day) for (born,) in ask(AGES, **at)]
        self.edades = {name: 0 for _top, name in BANDS} | {"Edad sin dato": 0}
        for age in ages:
            self.edades[next(name for top, name in BANDS if age < top)] += 1

    @staticmethod
    def _years(born: date, day: date) -> int:
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def sum(self, name: str, rows: list[dict[str, Any]] | None = None) -> int:
        return sum(f[name] or 0 for f in (self.filas if rows is None else rows))

    @property
    def cards(self) -> list[list[str]]:
        free, over = (sum(sign * f["lugares"] for f in self.filas if f["lugares"] and sign * f["lugares"] > 0)
                      for sign in (1, -1))  # fmt: skip
        official = sum(f["oficial"] for f in self.filas)
        silent = sum(not f["reporto"] for f in self.filas)
        known = [f for f in self.filas if f["capacidad"] is not None]
        return [
            ["Personas", plain(self.sum("personas")),
             f"{some(self.familias, 'familia', 'familias')} · {some(self.sum('declaradas'), 'persona', 'personas')} más, "
             "solo declaradas"],
            ["Albergues", plain(len(self.filas)),
             f"{some(official, 'oficial', 'oficiales')} · "
             f"{some(len(self.filas) - official, 'no oficial', 'no oficiales')} · {silent} sin reporte"],
            ["Capacidad", plain(self.sum("capacidad")),
             f"{some(len(known), 'albergue', 'albergues')} · {len(self.filas) - len(known)} sin dato"],
            ["Lugares", signed(self.sum("lugares")), f"{free} libres · {over} de exceso"],
        ]  # fmt: skip

    @property
    def shelters(self) -> list[list[str]]:
        rows = []
        for f in self.filas:
            told = "nunca"
            if f["dato"]:
                when = clock.to_local(datetime.fromisoformat(f"{f['dato']}+00:00"))
                told = f"{when:%d/%m/%Y %H:%M}"
            rows.append([
                f"{f['nombre']} ({f['codigo']})", NAMES[f["muni"]], "Oficial" if f["oficial"] else "No oficial",
                *(plain(f[k]) for k in ("familias", "personas", "mujeres", "hombres", "declaradas", "capacidad")),
                signed(f["lugares"]), told + ("" if f["reporto"] else " (no reportó)"),
            ])  # fmt: skip
        heard = sum(f["reporto"] for f in self.filas)
        rows.append(["Total", "", "", plain(self.familias),
                     *(plain(self.sum(k)) for k in ("personas", "mujeres", "hombres", "declaradas", "capacidad")),
                     signed(self.sum("lugares")), f"{heard} de {len(self.filas)}"])  # fmt: skip
        return rows

    @property
    def places(self) -> list[list[str]]:
        def sums(rows: list[dict[str, Any]], families: int) -> list[str]:
            known = any(f["capacidad"] is not None for f in rows)
            return [
                plain(len(rows)), plain(families), *(plain(self.sum(k, rows)) for k in ("personas", "mujeres", "hombres",
                                                                                       "declaradas")),
                plain(self.sum("capacidad", rows) if known else None),
                signed(self.sum("lugares", rows) if known else None), plain(sum(not f["reporto"] for f in rows)),
            ]  # fmt: skip

        by = {muni: [f for f in self.filas if f["muni"] == muni] for muni in sorted(NAMES)}
        rows = [[NAMES[m], *sums(own, self.sum("familias", own))] for m, own in by.items()]
        return [*rows, ["Total", *sums(self.filas, self.familias)]]

    @property
    def ages(self) -> list[list[str]]:
        whole = self.sum("personas")
        rows = [[name, plain(n), f"{100 * n / whole:.0f}"] for name, n in self.edades.items()]
        return [*rows, ["Total", plain(whole), "100"]]

    @property
    def figures(self) -> dict[str, str]:
        """By the name under which each stands in the table of sources."""
        known = [f for f in self.filas if f["capacidad"] is not None]
        official = sum(f["oficial"] for f in self.filas)
        rest = self.sum("personas") - self.sum("mujeres") - self.sum("hombres")
        return {
            "Personas en albergues, en el registro": plain(self.sum("personas")),
            "Personas en albergues, solo declaradas": plain(self.sum("declaradas")),
            "Familias en albergues, en el registro": plain(self.familias),
            "Albergues abiertos": plain(len(self.filas)),
            "Albergues oficiales": plain(official),
            "Albergues no oficiales": plain(len(self.filas) - official),
            "Capacidad": plain(self.sum("capacidad")),
            "Albergues sin dato de capacidad": plain(len(self.filas) - len(known)),
            "Lugares libres (+) o de más (−)": plain(self.sum("lugares")),
            "Albergues sobre su capacidad": plain(sum((f["lugares"] or 0) < 0 for f in self.filas)),
            "Albergues sin reporte en el corte": plain(sum(not f["reporto"] for f in self.filas)),
            "Mujeres": plain(self.sum("mujeres")),
            "Hombres": plain(self.sum("hombres")),
            "Sexo no registrado": plain(rest),
            "Fuera por un rato (contadas en su albergue)": plain(self.sum("fuera")),
            "En traslado, sin recibir todavía": plain(self.en_camino),
            "Personas atendidas desde el inicio": plain(self.atendidas),
            "Personas fuera de albergue": "sin dato",
        }

    @property
    def needs(self) -> set[str]:
        """Of the one site that was measured: 20 m2, no toilet, one shower, 50 L (Sphere and UNHCR, dominio.md part 3)."""
        salon = next(f for f in self.filas if f["nombre"] == "Salón de Nebaj")
        here = salon["personas"]
        toilets = -(-here // 50)
        found = {
            f"Lugar para {some(-salon['lugares'], 'persona', 'personas')}",
            some(toilets, "inodoro", "inodoros"),
            f"{here * 15 - 50:,} L de agua al día",
            f"{-(-35 * here // 10) - 20} m² techados",
            "Medir: inodoros, duchas, agua, área techada",
        }
        return (
            found | {"Comunicación: no reportó en este corte"}
            if any(not f["reporto"] for f in self.filas)
            else found
        )
