"""Keep the files of filled formats: photographs and PDF.

Why: formats ask for photographs, and a sheet on the screen takes them.
Old rows: none.
Going back: drops the files; the sheets that named them stay.
Safe while the old version runs: yes, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "adjunto",
        sa.Column("hoja_id", sa.Uuid(), nullable=False),
        sa.Column("registro_id", sa.Uuid(), nullable=True),
        sa.Column("emergencia_id", sa.Uuid(), nullable=True),
        sa.Column("tipo", sa.String(length=8), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("adjuntado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["registro_id"], ["registro.id"], name="fk_adjunto_registro_id_registro"),
        sa.PrimaryKeyConstraint("id", name="pk_adjunto"),
    )
    op.create_index("ix_adjunto_hoja_id", "adjunto", ["hoja_id"])
    op.create_index("ix_adjunto_registro_id", "adjunto", ["registro_id"])


def downgrade() -> None:
    op.drop_table("adjunto")
