"""Shapes of what goes out, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class AvisoOut(BaseModel):
    codigo: str
    mensaje: str
    campo: str | None = None


class Error(BaseModel):
    codigo: str
    mensaje: str
    campo: str | None = None
    errores: list[AvisoOut] = []


class Recurso(BaseModel):
    """A resource with what to look at."""

    model_config = ConfigDict(extra="allow")

    id: str | None = None
    avisos: list[AvisoOut] = []


class Lista(BaseModel):
    filas: list[dict[str, Any]]
    siguiente: str | None = None


class FilaOcupacion(BaseModel):
    codigo: str
    id: str | None
    nombre: str
    albergues: int
    sin_reporte: int
    personas: int
    fuera: int
    en_transito: int
    familias: int
    mujeres: int
    hombres: int
    no_registrado: int
    declaradas: int | None
    solo_declaradas: int
    capacidad: int | None
    capacidad_sin_dato: int
    diferencia: int | None


class Ocupacion(BaseModel):
    corte: str
    conocido_en: str
    filas: list[FilaOcupacion]
    total: FilaOcupacion


class Mapa(BaseModel):
    model_config = ConfigDict(extra="allow")

    corte: str
    campos: list[str]
    columnas: list[list[Any]]
