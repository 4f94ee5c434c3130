"""`albergues evaluar duplicados`: other people's files, in any dress; the last line is JSON, and no base is asked."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from albergues_app.cli import main

PEOPLE = (
    "id,nombres,apellidos,sexo,nacimiento,municipio,cui\n"
    "p1,Juana,Raymundo Brito,mujer,1988-03-12,Nebaj,1587564440904\n"
    "p2,Juana,Raimundo Vrito,mujer,1988-12-03,Nebaj,\n"
    "p3,Petrona,Raymundo Brito,mujer,1991-05-20,Nebaj,\n"
    "p4,Mateo,Xicará Güitz,hombre,1970-01-30,Sololá,2490017731601\n"
    "p5,Guitz Shicara,Mateo,hombre,1970-01-03,Sololá,2490017713601\n"
    "p6,Mateo,Xicará Güitz,hombre,2001-08-09,Sololá,3456789010701\n"
)
TRUTH = "id_a,id_b\np1,p2\np5,p4\n"


@pytest.fixture
def evaluar(tmp_path):
    """Run the command on texts; returns (exit code, the JSON of the last line or None, everything said)."""

    def run(people, truth, mapa=None, encoding="utf-8"):
        files = {"p.csv": people.encode(encoding), "v.csv": truth.encode(encoding)}
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        words = [str(tmp_path / "p.csv"), str(tmp_path / "v.csv")]
        if mapa is not None:
            (tmp_path / "m.json").write_text(mapa if isinstance(mapa, str) else json.dumps(mapa), "utf-8")
            words += ["--columnas", str(tmp_path / "m.json")]
        done = CliRunner().invoke(main, ["evaluar", "duplicados", *words])
        last = done.stdout.splitlines()[-1] if done.stdout else ""
        return done.exit_code, json.loads(last) if last.startswith("{") else None, done.output

    return run


PERFECT = {"precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_the_same_people_are_told_from_their_sisters_and_sons(evaluar):
    code, result, said = evaluar(PEOPLE, TRUTH)
    assert (code, result) == (0, PERFECT), said
    for method in ("Solo nombre igual", "Solo metaphone", "Solo rapidfuzz"):
        assert method in said


def test_what_is_said_in_error_costs_precision_and_what_is_missed_recall(evaluar):
    code, result, said = evaluar(PEOPLE, "id_a,id_b\np1,p2\np1,p3\np4,p6\n")
    assert code == 0 and result["recall"] == pytest.approx(1 / 3, abs=1e-6), said
    assert result["precision"] == 0.5
    assert result["f1"] == pytest.approx(2 * 0.5 * (1 / 3) / (0.5 + 1 / 3), abs=1e-5)


@pytest.mark.parametrize(("separator", "encoding"), [(";", "utf-8-sig"), ("\t", "latin-1"), ("|", "cp1252")])
def test_any_separator_and_encoding(evaluar, separator, encoding):
    people, truth = PEOPLE.replace(",", separator), TRUTH.replace(",", separator)
    assert evaluar(people, truth, encoding=encoding)[:2] == (0, PERFECT)


def test_their_columns_by_a_map_and_the_whole_name_in_one(evaluar):
    people = (
        "nr,quien,sx,aa,otro\n1,Juana Raymundo Brito,F,38,x\n2,Raimundo Vrito Juana,F,37,x\n3,Mateo Pop,M,9,x\n"
        "4,Mateo Pop,M,61,x\n"
    )
    truth = "izq,der,ok\n1,2,si\n3,4,false\n"
    mapa = {"id": "nr", "nombre_completo": "quien", "sexo": "sx", "edad": "aa", "id_a": "izq", "id_b": "der",
            "etiqueta": "ok"}  # fmt: skip
    code, result, said = evaluar(people, truth, mapa)
    assert (code, result) == (0, PERFECT), said
    assert "se juzgan solo los pares etiquetados" in said


def test_only_an_id_and_a_name_are_needed(evaluar):
    people = "id,nombre completo\na,María Xiloj Tzunún\nb,Maria Shiloj Sunun\nc,Pedro Coc\n"
    assert evaluar(people, "id_a,id_b\na,b\n")[:2] == (0, PERFECT)


def test_rows_that_cannot_be_used_are_told_and_the_rest_is_measured(evaluar):
    code, result, said = evaluar(
        PEOPLE + "p1,Otra,Persona,,,,\n,Sin,Id,,,,\n",
        "id_a,id_b,etiqueta\np1,p2,1\np4,p5,TRUE\np1,zz,1\np1,p3,quizá\n",
    )
    assert (code, result) == (1, PERFECT), said
    for told in ("«p1» está repetido", "falta el id", "no hay persona con id zz", "«quizá» no se entiende"):
        assert told in said


@pytest.mark.parametrize(
    ("people", "truth", "mapa", "told"),
    [
        ("cosa,otra\n1,2\n", TRUTH, None, "hace falta una columna «id»"),
        (PEOPLE, "x,y\np1,p2\n", None, "hacen falta las columnas «id_a» e «id_b»"),
        (PEOPLE, "id_a,id_b\nzz,yy\n", None, "no hay ningún par que sirva"),
        (PEOPLE, TRUTH, {"id": "no está"}, "no tiene la columna «no está»"),
        (PEOPLE, TRUTH, {"folio": "id"}, "no hay columna nuestra «folio»"),
        (PEOPLE, TRUTH, "{", "no es JSON"),
        ("", TRUTH, None, "hace falta una columna «id»"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(evaluar, people, truth, mapa, told):
    code, result, said = evaluar(people, truth, mapa)
    assert (code, result) == (2, None), said
    assert told in said


def test_dates_and_ages_in_any_form(evaluar):
    people = (
        "id,nombres,apellidos,nacimiento,edad,genero\n1,Ana,Choc,14/03/1987,,F\n2,Ana,Choc,19870314,,Femenino\n"
        "3,Ana,Choc,03-14-1987,,M\n4,Luis,Coc Xiloj,,8 meses,\n5,Luis,Coc Xiloj,,1 año,\n6,Luis,Coc Xiloj,,40,\n"
    )
    code, result, said = evaluar(people, "id_a,id_b,etiqueta\n1,2,1\n2,3,1\n4,5,1\n4,6,0\n5,6,0\n")
    assert (code, result) == (0, PERFECT), said
