"""Keep the possible matches that were shown, and what was answered.

Why: a match left unanswered at the desk, or answered «No sé», was forgotten; somebody must decide it later.
Old rows: none; matches are kept from now on.
Going back: drops the table with the answers; persons, stays and figures stay as they are.
Safe while the old version runs: yes, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "posible_duplicado",
        sa.Column("persona_id", sa.Uuid(), nullable=False),
        sa.Column("otra_id", sa.Uuid(), nullable=False),
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("origen", sa.String(length=8), nullable=False),
        sa.Column("respuesta", sa.String(length=16), nullable=False),
        sa.Column("encontrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("respondido_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_posible_duplicado_activacion_id_activacion"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_posible_duplicado"),
        sa.UniqueConstraint("persona_id", "otra_id", name="uq_posible_duplicado_persona_id"),
    )
    op.create_index("ix_posible_duplicado_otra_id", "posible_duplicado", ["otra_id"])
    op.create_index("ix_posible_duplicado_respuesta", "posible_duplicado", ["respuesta", "encontrado_en"])


def downgrade() -> None:
    op.drop_index("ix_posible_duplicado_respuesta", "posible_duplicado")
    op.drop_index("ix_posible_duplicado_otra_id", "posible_duplicado")
    op.drop_table("posible_duplicado")
