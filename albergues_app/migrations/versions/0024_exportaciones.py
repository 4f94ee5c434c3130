"""Keep what left the system with data of persons: who asked, which columns, why, for whom, who approved it.

Why: exports carry a reason, a mark and a log, and over two hundred persons a second approver (T15, DP-16, DP-17).
Old rows: none.
Going back: drops the log of exports; requests and answers of the two-person rule stay.
Safe while the old version runs: yes, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exportacion",
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("clase", sa.String(length=16), nullable=False),
        sa.Column("formato", sa.String(length=8), nullable=False),
        sa.Column("emergencia_id", sa.Uuid(), nullable=True),
        sa.Column("departamento_codigo", sa.String(length=2), nullable=True),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=True),
        sa.Column("desde", sa.DateTime(timezone=True), nullable=True),
        sa.Column("corte", sa.DateTime(timezone=True), nullable=False),
        sa.Column("columnas", sa.Text(), nullable=False),
        sa.Column("filas", sa.Integer(), nullable=False),
        sa.Column("motivo", sa.Text(), nullable=False),
        sa.Column("destinatario", sa.Text(), nullable=False),
        sa.Column("aprobacion_id", sa.Uuid(), nullable=True),
        sa.Column("pedida_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hecha_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("caduca_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("huella", sa.String(length=64), nullable=True),
        sa.Column("peso", sa.Integer(), nullable=True),
        sa.Column("clave", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["cuenta_id"], ["cuenta.id"], name="fk_exportacion_cuenta_id_cuenta"),
        sa.ForeignKeyConstraint(
            ["emergencia_id"], ["emergencia.id"], name="fk_exportacion_emergencia_id_emergencia"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_exportacion"),
    )
    op.create_index("ix_exportacion_cuenta", "exportacion", ["cuenta_id", "pedida_en"])


def downgrade() -> None:
    op.drop_table("exportacion")
