"""Keep what one account asks and another approves.

Why: a child leaving without an adult and an export of many persons need two different people (T2, T15).
Old rows: none.
Going back: drops the requests and their answers; what was approved and done stays.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."


def upgrade() -> None:
    op.create_table(
        "aprobacion",
        sa.Column("clase", sa.String(length=24), nullable=False),
        sa.Column("objeto_id", sa.Uuid(), nullable=False),
        sa.Column("titulo", sa.Text(), nullable=False),
        sa.Column("cuerpo", sa.LargeBinary(), nullable=False),
        sa.Column("emergencia_id", sa.Uuid(), nullable=True),
        sa.Column("departamento_codigo", sa.String(length=2), nullable=True),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("pedida_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caduca_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["cuenta_id"], ["cuenta.id"], name="fk_aprobacion_cuenta_id_cuenta"),
        sa.PrimaryKeyConstraint("id", name="pk_aprobacion"),
    )
    op.create_index("ix_aprobacion_lugar", "aprobacion", ["municipio_codigo", "caduca_en"])
    op.create_index("ix_aprobacion_cuenta", "aprobacion", ["cuenta_id", "pedida_en"])
    op.create_index("ix_aprobacion_objeto", "aprobacion", ["objeto_id"])
    op.create_index("ix_aprobacion_caduca_en", "aprobacion", ["caduca_en"])
    op.create_index("ix_aprobacion_departamento_codigo", "aprobacion", ["departamento_codigo"])
    op.create_table(
        "aprobacion_respuesta",
        sa.Column("aprobacion_id", sa.Uuid(), nullable=False),
        sa.Column("respuesta", sa.String(length=12), nullable=False),
        sa.Column("pedida_por", sa.Uuid(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("nota", sa.LargeBinary(), nullable=True),
        sa.Column("respondida_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("cuenta_id <> pedida_por", name="ck_aprobacion_respuesta_otra_persona"),
        sa.ForeignKeyConstraint(
            ["aprobacion_id"], ["aprobacion.id"], name="fk_aprobacion_respuesta_aprobacion_id_aprobacion"
        ),
        sa.ForeignKeyConstraint(
            ["cuenta_id"], ["cuenta.id"], name="fk_aprobacion_respuesta_cuenta_id_cuenta"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_aprobacion_respuesta"),
        sa.UniqueConstraint("aprobacion_id", name="uq_aprobacion_respuesta_aprobacion_id"),
    )
    for table in ("aprobacion", "aprobacion_respuesta"):
        _only_grows(table)


def _only_grows(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
        return
    for name, verbs, each in (
        ("solo_crece", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {verbs} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION solo_crece()"
        )


def downgrade() -> None:
    op.drop_table("aprobacion_respuesta")
    op.drop_table("aprobacion")
