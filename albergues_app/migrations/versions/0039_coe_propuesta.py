"""Keep what was answered to the entries proposed for a log, and find the latest facts without reading the old ones.

Why: the log of a COE writes itself half-way: opening, closing, over-capacity, missing parte, alert.
Old rows: none.
Going back: drops the answers and the two indexes; the entries stay.
Safe while the old version runs: yes, the table is new and the indexes only help.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coe_propuesta",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("clave", sa.String(length=120), nullable=False),
        sa.Column("asunto", sa.Text(), nullable=False),
        sa.Column("respuesta", sa.String(length=12), nullable=False),
        sa.Column("folio", sa.Integer(), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("respondida_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["coe_id"], ["coe.id"], name="fk_coe_propuesta_coe_id_coe"),
        sa.PrimaryKeyConstraint("id", name="pk_coe_propuesta"),
        sa.UniqueConstraint("coe_id", "clave", name="uq_coe_propuesta_coe_id"),
    )
    op.create_index("ix_activacion_transicion_registrada", "activacion_transicion", ["registrado_en"])
    op.create_index("ix_alerta_registrada_en", "alerta", ["registrada_en"])


def downgrade() -> None:
    op.drop_index("ix_alerta_registrada_en", table_name="alerta")
    op.drop_index("ix_activacion_transicion_registrada", table_name="activacion_transicion")
    op.drop_table("coe_propuesta")
