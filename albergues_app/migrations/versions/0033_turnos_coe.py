"""Keep levels, shifts, hand-overs, closed periods, members and attendance of a COE, and the functions of the PNR.

Why: who was in the COE, who held the shift and what was handed over must be provable; a closed period is locked
(dominio.md 1.5, 1.6, 1.9).
Old rows: each activation gets the first line of its level's history, from itself.
Going back: drops the tables and the count of closed periods.
Safe while the old version runs: yes, the tables are new and the new column has a default.
"""

import datetime as dt
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."
INSTANT = sa.DateTime(timezone=True)
OPEN_SHIFT, WAITING = sa.text("terminado_en IS NULL"), sa.text("estado = 'firmada'")
TABLES = (
    "coe_asistencia", "coe_integrante", "pnr_funcion", "pnr_version", "coe_cierre", "coe_entrega_turno",
    "coe_turno_persona", "coe_turno", "coe_grado",
)  # fmt: skip
SPACE = uuid.UUID("5b0f6a52-7a64-4a7e-9d0b-6f1f3f0c1309")
VERSIONS = (
    ("01", "febrero de 2001", None, None),
    ("02", "enero de 2004", None, None),
    ("03", "diciembre de 2004", None, None),
    ("04", "enero de 2007", None, None),
    ("05", "diciembre de 2007", None, None),
    ("06", "enero de 2010", None, None),
    ("07", "junio de 2017", None, None),
    ("08", "marzo de 2019", None, None),
    ("09", "septiembre de 2022", dt.date(2023, 2, 1), "Res. CN-18-4-2022; Res. CN-04-7-2023"),
)
HISTORY = "Historial de versiones impreso en las ediciones de 2019 y 2022"
UNKNOWN = "Existe con ese nombre en planes del país; su número y su sección están por verificar en el plan."
FUNCTIONS = (
    (
        13, "Administración de albergues", "logistica", "SOSEP", False,
        "SOSEP y la prensa dicen el número, el nombre y el responsable; la sección se dedujo de la función 14.",
    ),
    (
        14, "Coordinación de ayuda y asistencia humanitaria internacional (CCAH)", "logistica", "SE-CONRED con MINEX",
        False, "CONRED dice el número y la sección; falta compararla con el plan.",
    ),
    *(
        (None, name, None, None, False, UNKNOWN)
        for name in (
            "Evacuación", "Búsqueda y rescate", "Atención primaria en salud y prehospitalaria", "Seguridad",
            "Agua y saneamiento", "Vías de acceso", "Ayuda humanitaria: manejo y distribución",
            "Evaluación de daños (EDAN)", "Administración de morgues temporales",
        )
    ),
)  # fmt: skip


def _create(name: str, *columns: sa.Column, **kept: sa.Constraint) -> None:
    op.create_table(
        name,
        *columns,
        sa.Column("id", sa.Uuid(), nullable=False),
        *kept.values(),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )


def _fk(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def upgrade() -> None:
    op.add_column("coe", sa.Column("cierres", sa.Integer(), server_default="0", nullable=False))
    _create(
        "coe_grado",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("grado", sa.String(length=20), nullable=False),
        sa.Column("desde", INSTANT, nullable=False),
        sa.Column("acta_numero", sa.Text(), nullable=True),
        sa.Column("autoridad", sa.Text(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("registrado_en", INSTANT, nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        coe=_fk("coe_grado", "coe_id", "coe"),
    )
    op.create_index("ix_coe_grado_desde", "coe_grado", ["coe_id", "desde"])
    op.execute(
        "INSERT INTO coe_grado (id, coe_id, grado, desde, acta_numero, autoridad, registrado_en) "
        "SELECT id, id, grado, activado_en, acta_numero, autoridad, registrado_en FROM coe"
    )
    _create(
        "coe_turno",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("numero", sa.Integer(), nullable=False),
        sa.Column("clase", sa.String(length=16), nullable=False),
        sa.Column("desde", INSTANT, nullable=False),
        sa.Column("hasta", INSTANT, nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("recibido_en", INSTANT, nullable=False),
        sa.Column("entrega_id", sa.Uuid(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("terminado_en", INSTANT, nullable=True),
        coe=_fk("coe_turno", "coe_id", "coe"),
        numero=sa.UniqueConstraint("coe_id", "numero", name="uq_coe_turno_coe_id"),
    )
    op.create_index(
        "uq_coe_turno_uno_abierto", "coe_turno", ["coe_id"], unique=True,
        sqlite_where=OPEN_SHIFT, postgresql_where=OPEN_SHIFT,
    )  # fmt: skip
    _create(
        "coe_turno_persona",
        sa.Column("turno_id", sa.Uuid(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("entro_en", INSTANT, nullable=False),
        turno=_fk("coe_turno_persona", "turno_id", "coe_turno"),
        una=sa.UniqueConstraint("turno_id", "cuenta_id", name="uq_coe_turno_persona_turno_id"),
    )
    _create(
        "coe_entrega_turno",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("turno_id", sa.Uuid(), nullable=False),
        sa.Column("saliente_id", sa.Uuid(), nullable=False),
        sa.Column("entrante_id", sa.Uuid(), nullable=False),
        sa.Column("clase", sa.String(length=16), nullable=False),
        sa.Column("hasta", INSTANT, nullable=True),
        sa.Column("ocurrido_en", INSTANT, nullable=False),
        sa.Column("firmada_en", INSTANT, nullable=False),
        sa.Column("estado", sa.String(length=12), nullable=False),
        sa.Column("respondida_en", INSTANT, nullable=True),
        sa.Column("nota", sa.Text(), nullable=True),
        sa.Column("folio", sa.Integer(), nullable=True),
        sa.Column("edicion", sa.Integer(), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        coe=_fk("coe_entrega_turno", "coe_id", "coe"),
        turno=_fk("coe_entrega_turno", "turno_id", "coe_turno"),
    )
    op.create_index("ix_coe_entrega_turno_coe", "coe_entrega_turno", ["coe_id", "firmada_en"])
    op.create_index(
        "uq_coe_entrega_turno_una_espera", "coe_entrega_turno", ["coe_id"], unique=True,
        sqlite_where=WAITING, postgresql_where=WAITING,
    )  # fmt: skip
    _create(
        "coe_cierre",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("numero", sa.Integer(), nullable=False),
        sa.Column("hasta", INSTANT, nullable=False),
        sa.Column("folio_desde", sa.Integer(), nullable=False),
        sa.Column("folio_hasta", sa.Integer(), nullable=False),
        sa.Column("cerrado_en", INSTANT, nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("cabeza", sa.String(length=64), nullable=False),
        sa.Column("anterior", sa.String(length=64), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        coe=_fk("coe_cierre", "coe_id", "coe"),
        numero=sa.UniqueConstraint("coe_id", "numero", name="uq_coe_cierre_coe_id"),
    )
    _create(
        "pnr_version",
        sa.Column("numero", sa.String(length=8), nullable=False),
        sa.Column("publicada", sa.Text(), nullable=False),
        sa.Column("vigente_desde", sa.Date(), nullable=True),
        sa.Column("fuente", sa.Text(), nullable=True),
        numero=sa.UniqueConstraint("numero", name="uq_pnr_version_numero"),
    )
    _create(
        "pnr_funcion",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("numero", sa.Integer(), nullable=True),
        sa.Column("nombre", sa.Text(), nullable=False),
        sa.Column("seccion", sa.String(length=24), nullable=True),
        sa.Column("responsable", sa.Text(), nullable=True),
        sa.Column("apoyo", sa.Text(), nullable=True),
        sa.Column("verificada", sa.Boolean(), nullable=False),
        sa.Column("nota", sa.Text(), nullable=True),
        version=_fk("pnr_funcion", "version_id", "pnr_version"),
    )
    op.create_index("ix_pnr_funcion_version", "pnr_funcion", ["version_id", "numero"])
    _create(
        "coe_integrante",
        sa.Column("departamento_codigo", sa.String(length=2), nullable=True),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=True),
        sa.Column("institucion", sa.Text(), nullable=False),
        sa.Column("titular", sa.Text(), nullable=False),
        sa.Column("suplente", sa.Text(), nullable=True),
        sa.Column("telefono", sa.String(length=40), nullable=True),
        sa.Column("correo", sa.Text(), nullable=True),
        sa.Column("funcion_id", sa.Uuid(), nullable=True),
        sa.Column("seccion", sa.String(length=24), nullable=True),
        sa.Column("acreditado_en", sa.Date(), nullable=False),
        sa.Column("vence_en", sa.Date(), nullable=True),
        sa.Column("retirado_en", INSTANT, nullable=True),
        sa.Column("registrado_en", INSTANT, nullable=False),
        funcion=_fk("coe_integrante", "funcion_id", "pnr_funcion"),
    )
    op.create_index("ix_coe_integrante_lugar", "coe_integrante", ["departamento_codigo", "municipio_codigo"])
    _create(
        "coe_asistencia",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("integrante_id", sa.Uuid(), nullable=True),
        sa.Column("institucion", sa.Text(), nullable=False),
        sa.Column("nombre", sa.Text(), nullable=False),
        sa.Column("llego_en", INSTANT, nullable=False),
        sa.Column("salio_en", INSTANT, nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("registrado_en", INSTANT, nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        coe=_fk("coe_asistencia", "coe_id", "coe"),
        integrante=_fk("coe_asistencia", "integrante_id", "coe_integrante"),
    )
    op.create_index("ix_coe_asistencia_hora", "coe_asistencia", ["coe_id", "llego_en"])
    _fill_plan()
    _only_grow(("coe_grado", "coe_cierre"))


def _fill_plan() -> None:
    version = sa.table(
        "pnr_version",
        sa.column("id", sa.Uuid()), sa.column("numero"), sa.column("publicada"),
        sa.column("vigente_desde", sa.Date()), sa.column("fuente"),
    )  # fmt: skip
    function = sa.table(
        "pnr_funcion",
        sa.column("id", sa.Uuid()), sa.column("version_id", sa.Uuid()), sa.column("numero"), sa.column("nombre"),
        sa.column("seccion"), sa.column("responsable"), sa.column("verificada", sa.Boolean()), sa.column("nota"),
    )  # fmt: skip
    op.bulk_insert(
        version,
        [
            {
                "id": uuid.uuid5(SPACE, number),
                "numero": number,
                "publicada": published,
                "vigente_desde": since,
                "fuente": "; ".join(filter(None, (source, HISTORY))),
            }
            for number, published, since, source in VERSIONS
        ],
    )
    op.bulk_insert(
        function,
        [
            {
                "id": uuid.uuid5(SPACE, name),
                "version_id": uuid.uuid5(SPACE, "09"),
                "numero": number,
                "nombre": name,
                "seccion": section,
                "responsable": lead,
                "verificada": verified,
                "nota": note,
            }
            for number, name, section, lead, verified, note in FUNCTIONS
        ],
    )


def _only_grow(tables: tuple[str, ...]) -> None:
    for table in tables:
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
                )
            continue
        for name, verbs, each in (
            ("solo_crece", "UPDATE OR DELETE", "ROW"),
            ("no_truncate", "TRUNCATE", "STATEMENT"),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {verbs} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION solo_crece()"
            )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("coe", "cierres")
