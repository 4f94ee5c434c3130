"""Keep the restricted cases of children without an adult of their family.

Why: such a child opens a case with the clock of the notice to PGN, and does not leave by one account (2.4.9, F33).
Old rows: none; cases open from now on.
Going back: drops the cases; persons, stays and filled formats stay.
Safe while the old version runs: yes, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "caso_nna",
        sa.Column("persona_id", sa.Uuid(), nullable=True),
        sa.Column("familia_id", sa.Uuid(), nullable=True),
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("condicion", sa.String(length=16), nullable=False),
        sa.Column("origen", sa.String(length=12), nullable=False),
        sa.Column("abierto_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("avisar_antes_de", sa.DateTime(timezone=True), nullable=False),
        sa.Column("avisado_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registro_id", sa.Uuid(), nullable=True),
        sa.Column("detalle", sa.LargeBinary(), nullable=True),
        sa.Column("cerrado_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolucion", sa.String(length=20), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("cerrado_por", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_caso_nna_activacion_id_activacion"
        ),
        sa.ForeignKeyConstraint(
            ["emergencia_id"], ["emergencia.id"], name="fk_caso_nna_emergencia_id_emergencia"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_caso_nna"),
    )
    op.create_index(
        "uq_caso_nna_uno_abierto",
        "caso_nna",
        ["persona_id"],
        unique=True,
        sqlite_where=sa.text("cerrado_en IS NULL"),
        postgresql_where=sa.text("cerrado_en IS NULL"),
    )
    op.create_index("ix_caso_nna_activacion", "caso_nna", ["activacion_id", "cerrado_en"])
    op.create_index("ix_caso_nna_registro", "caso_nna", ["registro_id"])
    op.create_index("ix_caso_nna_emergencia_id", "caso_nna", ["emergencia_id"])
    op.create_index("ix_caso_nna_albergue_codigo", "caso_nna", ["albergue_codigo"])
    op.create_index("ix_caso_nna_municipio_codigo", "caso_nna", ["municipio_codigo"])


def downgrade() -> None:
    op.drop_table("caso_nna")
