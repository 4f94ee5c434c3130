"""Keep why a shelter went over its capacity, said afterwards.

Why: the door refuses nobody, and who came by paper, file or another program came without a reason.
Old rows: none; what the desk said stands on the movements, as before.
Going back: drops them.
Safe while the old version runs: yes, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "motivo_sobrecupo",
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("desde", INSTANT, nullable=False),
        sa.Column("exceso", sa.Integer(), nullable=False),
        sa.Column("motivo", sa.LargeBinary(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("registrado_en", INSTANT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_motivo_sobrecupo_activacion_id_activacion"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_motivo_sobrecupo"),
    )
    op.create_index("ix_motivo_sobrecupo_orden", "motivo_sobrecupo", ["activacion_id", "registrado_en"])
    for name in ("albergue_codigo", "municipio_codigo"):
        op.create_index(f"ix_motivo_sobrecupo_{name}", "motivo_sobrecupo", [name])


def downgrade() -> None:
    op.drop_table("motivo_sobrecupo")
