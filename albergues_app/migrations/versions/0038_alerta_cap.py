"""Keep CAP messages as proposed alerts, with who answered what.

Why: alerts of other institutions arrive as CAP 1.2; a person accepts or dismisses each (dominio.md 1.7).
Old rows: none.
Going back: drops the table; the alerts that were declared stay.
Safe while the old version runs: yes, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerta_cap",
        sa.Column("remitente", sa.Text(), nullable=False),
        sa.Column("identificador", sa.Text(), nullable=False),
        sa.Column("enviado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clase", sa.String(length=16), nullable=False),
        sa.Column("calidad", sa.String(length=16), nullable=False),
        sa.Column("firmado", sa.Boolean(), nullable=False),
        sa.Column("referencias", sa.Text(), nullable=False),
        sa.Column("evento", sa.Text(), nullable=False),
        sa.Column("severidad", sa.String(length=16), nullable=False),
        sa.Column("nivel", sa.String(length=16), nullable=False),
        sa.Column("lugares", sa.Text(), nullable=False),
        sa.Column("ambito", sa.String(length=16), nullable=False),
        sa.Column("color", sa.String(length=16), nullable=True),
        sa.Column("amenaza", sa.String(length=16), nullable=False),
        sa.Column("desde", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hasta", sa.DateTime(timezone=True), nullable=True),
        sa.Column("autoridad", sa.Text(), nullable=False),
        sa.Column("mensaje", sa.LargeBinary(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("recibida_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recibida_por", sa.Uuid(), nullable=True),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("resuelta_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resuelta_por", sa.Uuid(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("alerta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["alerta_id"], ["alerta.id"], name="fk_alerta_cap_alerta_id_alerta"),
        sa.PrimaryKeyConstraint("id", name="pk_alerta_cap"),
        sa.UniqueConstraint("remitente", "identificador", "enviado_en", name="uq_alerta_cap_remitente"),
    )
    op.create_index("ix_alerta_cap_alerta_id", "alerta_cap", ["alerta_id"])
    op.create_index("ix_alerta_cap_estado", "alerta_cap", ["estado", "recibida_en"])


def downgrade() -> None:
    op.drop_table("alerta_cap")
