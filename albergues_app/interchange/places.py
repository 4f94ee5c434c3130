"""Which municipality a row means: by code, else by name within its department, else a person is asked.

Pure: built from plain values, so that the same rules serve the dry run, the web and the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from albergues_app.core.text import normalize
from albergues_app.territorio import data

_EVERYDAY_DEPARTAMENTOS: Final = {
    "el quiche": "14",
    "el peten": "17",
    "guate": "01",
    "toto": "08",
    "xela": "09",
    "suchi": "10",
    "mazate": "10",
    "reu": "11",
    "huehue": "13",
    "progreso": "02",
    "sacatepequez sacatepequez": "03",
}
_TWINS: Final = ("0206", "0207")
_BEFORE_A_NAME: Final = re.compile(
    r"^(?:(?:municipio|mun|muni|departamento|depto|dpto|dep|villa|cabecera) (?:de )?)+"
)
_PLACE_SEPARATORS: Final = re.compile(r"\s*[,;/|()]\s*|\s+[-–—]\s+")


@dataclass(frozen=True)
class Resolucion:
    """What is known of the place of a row. ``municipio`` None: it goes to the tray «por resolver»."""

    municipio: str | None
    departamento: str | None = None
    motivo: str = ""
    candidatos: tuple[str, ...] = ()
    avisos: tuple[tuple[str, str], ...] = field(default=())
    """Pairs of code and sentence."""


@dataclass(frozen=True)
class Lugares:
    """Departments and municipalities by INE code, and the codes each normalised name or alias may mean."""

    departamentos: Mapping[str, str]
    municipios: Mapping[str, str]
    por_nombre: Mapping[str, tuple[str, ...]] = field(repr=False)

    @classmethod
    def of(
        cls,
        departamentos: Mapping[str, str],
        municipios: Mapping[str, str],
        aliases: Iterable[tuple[str, str]],
    ) -> Lugares:
        """From names as written; ``aliases`` are pairs of code and name."""
        names: dict[str, set[str]] = {}
        for codigo, nombre in (*municipios.items(), *aliases):
            names.setdefault(normalize(nombre), set()).add(codigo)
        return cls(departamentos, municipios, {n: tuple(sorted(c)) for n, c in names.items()})

    @classmethod
    def official(cls) -> Lugares:
        """From the catalogue shipped with the program, without a database."""
        names = data.official_names()
        return cls.of(names.departamentos, names.municipios, data.ALIASES)

    def texto(self, codigo: str) -> str:
        """«Nebaj, Quiché (1413)»."""
        return f"{self.municipios[codigo]}, {self.departamentos[codigo[:2]]} ({codigo})"

    def find_departamento(self, text: str) -> str | None:
        """By code, p-code, name or everyday name."""
        wanted = normalize(text)
        if re.fullmatch(r"(?:gt ?)?\d{1,2}", wanted):
            codigo = re.sub(r"\D", "", wanted).zfill(2)
            return codigo if codigo in self.departamentos else None
        for form in (wanted, _BEFORE_A_NAME.sub("", wanted)):
            for codigo, nombre in self.departamentos.items():
                if normalize(nombre) == form:
                    return codigo
            if form in _EVERYDAY_DEPARTAMENTOS:
                return _EVERYDAY_DEPARTAMENTOS[form]
        return None

    def find_municipios(self, text: str, departamento: str | None) -> tuple[str, ...]:
        """All that a name may mean, within the department if it is known."""
        wanted = normalize(text)
        for form in dict.fromkeys((wanted, _BEFORE_A_NAME.sub("", wanted))):
            found = tuple(
                c for c in self.por_nombre.get(form, ()) if departamento is None or c.startswith(departamento)
            )
            if found:
                return found
        return ()

    def read_code(self, text: str, departamento: str | None, *, pcode_column: bool) -> tuple[str, ...]:
        """The codes a cell may mean: none, one, or two when it cannot be told which numbering was used."""
        given = re.sub(r"[\s._]", "", text.strip().removesuffix(".0")).upper()
        is_pcode = given.startswith("GT")
        digits = re.sub(r"\D", "", given)
        if not digits or not re.fullmatch(r"(?:GT-?)?[\d-]+", given):
            return ()
        if len(digits) <= 2 and not is_pcode:
            # INE also numbers municipalities within their department.
            codigo = f"{departamento}{digits.zfill(2)}" if departamento else ""
        elif len(digits) in (3, 4):
            codigo = digits.zfill(4)
        else:
            return ()
        if is_pcode:
            codigo = data.from_pcode(f"GT{codigo}")
        elif pcode_column and codigo in _TWINS:
            return _TWINS  # bare digits under the title «p-code»: both numberings are found in the wild
        return (codigo,) if codigo in self.municipios else ()

    def resolve(
        self,
        *,
        codigo: str = "",
        pcode_column: bool = False,
        municipio: str = "",
        departamento: str = "",
    ) -> Resolucion:
        """Choose the municipality, or say why a person must. Empty text means the file does not say."""
        avisos: list[tuple[str, str]] = []
        depto = self.find_departamento(departamento) if departamento else None
        if departamento and depto is None:
            avisos.append(
                ("departamento_desconocido", f"No se conoce el departamento «{departamento[:60]}».")
            )
        if municipio and depto is None:
            municipio, depto = self._split_departamento(municipio)
        by_name = self.find_municipios(municipio, depto) if municipio else ()
        if codigo:
            found = self.read_code(codigo, depto, pcode_column=pcode_column)
            if found:
                return self._by_code(codigo, found, by_name, depto, municipio, avisos)
            avisos.append(("codigo_desconocido", f"El código de municipio «{codigo[:20]}» no existe."))
        return self._by_name(municipio, by_name, depto, departamento, avisos)

    def _split_departamento(self, text: str) -> tuple[str, str | None]:
        """«San José (Escuintla)» and «Quiché, Nebaj» say their department; the rest is the name."""
        parts = [p for p in _PLACE_SEPARATORS.split(text) if p]
        if len(parts) == 2:
            for name, depto_name in ((parts[0], parts[1]), (parts[1], parts[0])):
                depto = self.find_departamento(depto_name)
                if depto and self.find_municipios(name, depto):
                    return name, depto
        return text, None

    def _by_code(
        self,
        given: str,
        found: tuple[str, ...],
        by_name: tuple[str, ...],
        depto: str | None,
        municipio: str,
        avisos: list[tuple[str, str]],
    ) -> Resolucion:
        agreed = [c for c in found if c in by_name]
        if len(agreed) == 1:
            return Resolucion(agreed[0], agreed[0][:2], avisos=tuple(avisos))
        if len(found) > 1 or (found[0] in _TWINS and by_name and set(by_name) < set(_TWINS)):
            both = " o ".join(self.texto(c) for c in _TWINS)
            motivo = (
                f"El código «{given}» puede ser {both}: el INE y OCHA los numeran al revés. Elija cuál es."
            )
            return Resolucion(None, found[0][:2], motivo, _TWINS, tuple(avisos))
        if by_name:
            avisos.append(
                (
                    "codigo_y_nombre_distintos",
                    f"El código dice {self.texto(found[0])} y el nombre dice «{municipio[:60]}». Se tomó el "
                    "código; "
                    "revíselo.",
                )
            )
        elif depto and not found[0].startswith(depto):
            avisos.append(
                (
                    "codigo_y_departamento_distintos",
                    f"El código dice {self.texto(found[0])} y el departamento dice "
                    f"{self.departamentos[depto]}. "
                    "Se tomó el código; revíselo.",
                )
            )
        return Resolucion(found[0], found[0][:2], avisos=tuple(avisos))

    def _by_name(
        self,
        municipio: str,
        by_name: tuple[str, ...],
        depto: str | None,
        departamento: str,
        avisos: list[tuple[str, str]],
    ) -> Resolucion:
        warned = tuple(avisos)
        if not municipio:
            where = f" Solo dice el departamento ({self.departamentos[depto]})." if depto else ""
            return Resolucion(None, depto, f"La fila no dice el municipio.{where} Elíjalo.", (), warned)
        if depto and len(by_name) == 1:
            return Resolucion(by_name[0], depto, avisos=warned)
        if depto and by_name:
            motivo = (
                f"«{municipio[:60]}» es más de un municipio de {self.departamentos[depto]}. Elija cuál es."
            )
        elif depto:
            by_name = self.find_municipios(municipio, None)
            motivo = (
                f"No hay un municipio «{municipio[:60]}» en {self.departamentos[depto]}. Elija el municipio."
            )
        elif by_name and not departamento:
            motivo = f"Dice «{municipio[:60]}» sin departamento: un nombre solo no basta. Confirme cuál es."
        elif by_name:
            motivo = f"Dice «{municipio[:60]}» en un departamento desconocido. Confirme cuál es."
        else:
            motivo = f"No se conoce el municipio «{municipio[:60]}». Elíjalo."
        return Resolucion(None, depto, motivo, by_name, warned)
