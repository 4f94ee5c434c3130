"""Keep pre-numbered paper: pliegos of blanks and what became of each folio.

Why: paper has its number in the system before anybody writes on it, so that a missing sheet is noticed.
Old rows: none; filled formats keep the folio they have.
Going back: drops both tables; what was captured stays.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pliego",
        sa.Column("lote", sa.String(length=8), nullable=False),
        sa.Column("formato", sa.String(length=40), nullable=False),
        sa.Column("edicion", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(length=16), nullable=False),
        sa.Column("papel", sa.String(length=8), nullable=False),
        sa.Column("cantidad", sa.Integer(), nullable=False),
        sa.Column("kit_id", sa.Uuid(), nullable=True),
        sa.Column("emergencia_id", sa.Uuid(), nullable=True),
        sa.Column("activacion_id", sa.Uuid(), nullable=True),
        sa.Column("albergue_id", sa.Uuid(), nullable=True),
        sa.Column("departamento_codigo", sa.String(length=2), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=20), nullable=True),
        sa.Column("creado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["emergencia_id"], ["emergencia.id"], name="fk_pliego_emergencia_id_emergencia"
        ),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_pliego_activacion_id_activacion"
        ),
        sa.ForeignKeyConstraint(["albergue_id"], ["albergue.id"], name="fk_pliego_albergue_id_albergue"),
        sa.PrimaryKeyConstraint("id", name="pk_pliego"),
        sa.UniqueConstraint("lote", name="uq_pliego_lote"),
    )
    op.create_index("ix_pliego_lugar", "pliego", ["municipio_codigo", "formato"])
    op.create_index("ix_pliego_kit_id", "pliego", ["kit_id"])
    op.create_index("ix_pliego_activacion_id", "pliego", ["activacion_id"])
    op.create_index("ix_pliego_departamento_codigo", "pliego", ["departamento_codigo"])
    op.create_table(
        "folio_papel",
        sa.Column("pliego_id", sa.Uuid(), nullable=False),
        sa.Column("numero", sa.Integer(), nullable=False),
        sa.Column("codigo", sa.String(length=16), nullable=False),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("registro_id", sa.Uuid(), nullable=True),
        sa.Column("familia_id", sa.Uuid(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("cambiado_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["pliego_id"], ["pliego.id"], name="fk_folio_papel_pliego_id_pliego"),
        sa.PrimaryKeyConstraint("id", name="pk_folio_papel"),
        sa.UniqueConstraint("codigo", name="uq_folio_papel_codigo"),
        sa.UniqueConstraint("pliego_id", "numero", name="uq_folio_papel_pliego_numero"),
    )
    op.create_index("ix_folio_papel_registro_id", "folio_papel", ["registro_id"])
    op.create_index("ix_folio_papel_familia_id", "folio_papel", ["familia_id"])


def downgrade() -> None:
    op.drop_table("folio_papel")
    op.drop_table("pliego")
