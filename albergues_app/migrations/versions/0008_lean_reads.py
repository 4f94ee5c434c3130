"""Index the open activations by their state, and keep the summaries of now in one tree each.

Why: the list of shelters and the figures of now are asked most; their cost is what they read.
Old rows: indexed and copied as they are.
Going back: drops the index; the summaries are copied back.
Safe while the old version runs: yes on PostgreSQL; on SQLite no, the summaries are made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_activacion_estado", "activacion", ["estado", "albergue_id"])
    _make_summaries_anew(with_rowid=False)


def downgrade() -> None:
    _make_summaries_anew(with_rowid=True)
    op.drop_index("ix_activacion_estado", "activacion")


def _make_summaries_anew(with_rowid: bool) -> None:
    """SQLite alone: PostgreSQL has no such choice."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.drop_index("ix_resumen_familia_familia_id", "resumen_familia")
    for name in ("resumen", "resumen_familia"):
        op.rename_table(name, f"{name}_antes")
    op.create_table(
        "resumen",
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("sexo", sa.String(length=16), nullable=False),
        sa.Column("banda", sa.String(length=8), nullable=False),
        sa.Column("personas", sa.Integer(), nullable=False),
        sa.Column("fuera", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("activacion_id", "sexo", "banda", name="pk_resumen"),
        sqlite_with_rowid=with_rowid,
    )
    op.create_table(
        "resumen_familia",
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("familia_id", sa.Uuid(), nullable=False),
        sa.Column("personas", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("activacion_id", "familia_id", name="pk_resumen_familia"),
        sqlite_with_rowid=with_rowid,
    )
    for name in ("resumen", "resumen_familia"):
        op.execute(f"INSERT INTO {name} SELECT * FROM {name}_antes")  # noqa: S608 - names of ours
        op.drop_table(f"{name}_antes")
    op.create_index("ix_resumen_familia_familia_id", "resumen_familia", ["familia_id"])
