"""Keep the night roll-calls and the questions they leave.

Why: who is here and who is not must be written down by whom and when, and who was not there be asked about, never moved.
Old rows: none; roll-calls are kept from now on.
Going back: drops the roll-calls and the answers; what was answered stays in the ledger.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COUNTS = ("esperadas", "presentes", "ausentes", "fuera", "sin_ver", "volvieron", "sin_registro")


def upgrade() -> None:
    op.create_table(
        "pase_lista",
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("ocurrido_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("parte_id", sa.Uuid(), nullable=True),
        sa.Column("detalle", sa.LargeBinary(), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_pase_lista_activacion_id_activacion"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pase_lista"),
    )
    op.create_index("ix_pase_lista_activacion", "pase_lista", ["activacion_id", "ocurrido_en"])
    op.create_table(
        "pregunta_ausencia",
        sa.Column("pase_id", sa.Uuid(), nullable=False),
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("persona_id", sa.Uuid(), nullable=False),
        sa.Column("familia_id", sa.Uuid(), nullable=False),
        sa.Column("clase", sa.String(length=8), nullable=False),
        sa.Column("desde", sa.DateTime(timezone=True), nullable=False),
        sa.Column("respuesta", sa.String(length=12), nullable=True),
        sa.Column("respondida_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_pregunta_ausencia_activacion_id_activacion"
        ),
        sa.ForeignKeyConstraint(
            ["pase_id"], ["pase_lista.id"], name="fk_pregunta_ausencia_pase_id_pase_lista"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pregunta_ausencia"),
        sa.UniqueConstraint("pase_id", "persona_id", name="uq_pregunta_ausencia_pase_id"),
    )
    nobody = sa.text("respuesta IS NULL")
    op.create_index(
        "ix_pregunta_ausencia_abierta",
        "pregunta_ausencia",
        ["activacion_id"],
        sqlite_where=nobody,
        postgresql_where=nobody,
    )
    op.create_index("ix_pregunta_ausencia_persona", "pregunta_ausencia", ["persona_id"])
    for table in ("pase_lista", "pregunta_ausencia"):
        for column in ("albergue_codigo", "municipio_codigo"):
            op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    op.drop_table("pregunta_ausencia")
    op.drop_table("pase_lista")
