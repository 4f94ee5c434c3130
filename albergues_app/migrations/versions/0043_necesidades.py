"""Keep each need told at the door with the hour by which it is attended, and when it was.

Why: a need without an hour and somebody who says «atendida» is forgotten by the next shift (F27).
Old rows: none; needs told before stay in their boletas.
Going back: drops the table; the boletas keep what was told.
Safe while the old version runs: yes, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

WAITING = sa.text("atendida_en IS NULL")


def upgrade() -> None:
    op.create_table(
        "necesidad",
        sa.Column("familia_id", sa.Uuid(), nullable=False),
        sa.Column("persona_id", sa.Uuid(), nullable=True),
        sa.Column("codigo", sa.String(length=24), nullable=False),
        sa.Column("dicha_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vence_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("atendida_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("atendida_por", sa.Uuid(), nullable=True),
        sa.Column("como", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["familia_id"], ["familia.id"], name="fk_necesidad_familia_id_familia"),
        sa.PrimaryKeyConstraint("id", name="pk_necesidad"),
    )
    for column, name in (("familia_id", "de_familia"), ("persona_id", "de_persona")):
        op.create_index(
            f"ix_necesidad_{name}",
            "necesidad",
            [column],
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        )


def downgrade() -> None:
    op.drop_table("necesidad")
