"""Keep the forms of the incident command system of each COE: summaries, resources, messages and answers.

Why: what a COE asked for, who came, where it was sent and who answered must be as provable as its log (SCI-201,
211 and 213).
Old rows: none.
Going back: drops the four tables; the sheets stay sealed among the filled formats.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."
TABLES = ("coe_resumen", "coe_recurso_paso", "coe_mensaje", "coe_mensaje_respuesta")


def upgrade() -> None:
    op.create_table(
        "coe_resumen",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("captura_id", sa.Uuid(), nullable=False),
        sa.Column("ultimo_folio", sa.Integer(), nullable=False),
        *_when_and_who(),
        sa.ForeignKeyConstraint(["coe_id"], ["coe.id"], name="fk_coe_resumen_coe_id_coe"),
        sa.PrimaryKeyConstraint("id", name="pk_coe_resumen"),
        sa.UniqueConstraint("coe_id", "version", name="uq_coe_resumen_coe_id"),
    )
    op.create_table(
        "coe_recurso_paso",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("recurso_id", sa.Uuid(), nullable=False),
        sa.Column("numero", sa.Integer(), nullable=False),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("clase", sa.String(length=16), nullable=False),
        sa.Column("personas", sa.Integer(), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=True),
        sa.Column("captura_id", sa.Uuid(), nullable=False),
        *_when_and_who(),
        sa.ForeignKeyConstraint(["coe_id"], ["coe.id"], name="fk_coe_recurso_paso_coe_id_coe"),
        sa.PrimaryKeyConstraint("id", name="pk_coe_recurso_paso"),
        sa.UniqueConstraint("recurso_id", "numero", name="uq_coe_recurso_paso_recurso_id"),
    )
    op.create_index("ix_coe_recurso_paso_coe", "coe_recurso_paso", ["coe_id", "recurso_id", "numero"])
    op.create_table(
        "coe_mensaje",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("destino", sa.String(length=16), nullable=False),
        sa.Column("coe_destino_id", sa.Uuid(), nullable=True),
        sa.Column("cuenta_destino_id", sa.Uuid(), nullable=True),
        sa.Column("prioridad", sa.String(length=16), nullable=False),
        sa.Column("pide_respuesta", sa.Boolean(), nullable=False),
        sa.Column("captura_id", sa.Uuid(), nullable=False),
        sa.Column("folio", sa.Integer(), nullable=False),
        sa.Column("folio_destino", sa.Integer(), nullable=True),
        *_when_and_who(),
        sa.ForeignKeyConstraint(["coe_id"], ["coe.id"], name="fk_coe_mensaje_coe_id_coe"),
        sa.ForeignKeyConstraint(["coe_destino_id"], ["coe.id"], name="fk_coe_mensaje_coe_destino_id_coe"),
        sa.PrimaryKeyConstraint("id", name="pk_coe_mensaje"),
    )
    op.create_index("ix_coe_mensaje_coe", "coe_mensaje", ["coe_id", "ocurrido_en"])
    op.create_index("ix_coe_mensaje_destino", "coe_mensaje", ["coe_destino_id", "ocurrido_en"])
    op.create_table(
        "coe_mensaje_respuesta",
        sa.Column("mensaje_id", sa.Uuid(), nullable=False),
        sa.Column("captura_id", sa.Uuid(), nullable=False),
        sa.Column("folio", sa.Integer(), nullable=True),
        sa.Column("folio_destino", sa.Integer(), nullable=True),
        *_when_and_who(),
        sa.ForeignKeyConstraint(
            ["mensaje_id"], ["coe_mensaje.id"], name="fk_coe_mensaje_respuesta_mensaje_id_coe_mensaje"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_coe_mensaje_respuesta"),
        sa.UniqueConstraint("mensaje_id", name="uq_coe_mensaje_respuesta_mensaje_id"),
    )
    for table in TABLES:
        _only_grows(table)


def _when_and_who() -> list[sa.Column]:
    return [
        sa.Column("ocurrido_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
    ]


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
    for table in reversed(TABLES):
        op.drop_table(table)
