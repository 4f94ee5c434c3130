"""Keep what the destination of a traslado says of who did not arrive.

Why: who receives some of a traslado must be able to say that the others did not come, and the sender must see it.
Old rows: none; nobody was asked before.
Going back: drops what was said; the ledger and every figure stay as they are.
Safe while the old version runs: yes, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "no_llegada",
        sa.Column("operacion_id", sa.Uuid(), nullable=False),
        sa.Column("traslado_id", sa.Uuid(), nullable=False),
        sa.Column("persona_id", sa.Uuid(), nullable=False),
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("ocurrido_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_no_llegada_activacion_id_activacion"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_no_llegada"),
        sa.UniqueConstraint("operacion_id", "persona_id", name="uq_no_llegada_operacion_id"),
    )
    op.create_index("ix_no_llegada_traslado_id", "no_llegada", ["traslado_id"])
    op.create_index("ix_no_llegada_albergue_codigo", "no_llegada", ["albergue_codigo"])
    op.create_index("ix_no_llegada_municipio_codigo", "no_llegada", ["municipio_codigo"])


def downgrade() -> None:
    op.drop_table("no_llegada")
