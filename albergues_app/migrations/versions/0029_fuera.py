"""Keep the families outside shelters, estimates of them, and the animals of families.

Why: who shelters alone or with relatives disappears from the figures (dominio.md 12 row 6, F34); animals decide
where a family can go (F36).
Old rows: none.
Going back: drops them; families and persons registered outside stay in the register, without a place.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "familia_fuera",
        sa.Column("familia_id", sa.Uuid(), nullable=False),
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("modalidad", sa.String(length=16), nullable=False),
        sa.Column("lugar", sa.Text(), nullable=True),
        sa.Column("desde", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hasta", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(["familia_id"], ["familia.id"], name="fk_familia_fuera_familia_id_familia"),
        sa.ForeignKeyConstraint(
            ["emergencia_id"], ["emergencia.id"], name="fk_familia_fuera_emergencia_id_emergencia"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_familia_fuera"),
    )
    op.create_index(
        "uq_familia_fuera_una_abierta",
        "familia_fuera",
        ["familia_id"],
        unique=True,
        sqlite_where=sa.text("hasta IS NULL"),
        postgresql_where=sa.text("hasta IS NULL"),
    )
    op.create_index("ix_familia_fuera_emergencia", "familia_fuera", ["emergencia_id", "hasta"])
    op.create_index("ix_familia_fuera_municipio_codigo", "familia_fuera", ["municipio_codigo"])
    op.create_table(
        "estimacion_fuera",
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("modalidad", sa.String(length=16), nullable=False),
        sa.Column("personas", sa.Integer(), nullable=False),
        sa.Column("familias", sa.Integer(), nullable=True),
        sa.Column("fuente", sa.Text(), nullable=False),
        sa.Column("corte", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.CheckConstraint("personas >= 0", name=op.f("ck_estimacion_fuera_personas_no_negativas")),
        sa.ForeignKeyConstraint(
            ["emergencia_id"], ["emergencia.id"], name="fk_estimacion_fuera_emergencia_id_emergencia"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_estimacion_fuera"),
    )
    op.create_index(
        "ix_estimacion_fuera_ultima",
        "estimacion_fuera",
        ["emergencia_id", "municipio_codigo", "modalidad", "corte"],
    )
    op.create_index("ix_estimacion_fuera_municipio_codigo", "estimacion_fuera", ["municipio_codigo"])
    op.create_table(
        "animales_familia",
        sa.Column("familia_id", sa.Uuid(), nullable=False),
        sa.Column("especie", sa.String(length=8), nullable=False),
        sa.Column("cantidad", sa.Integer(), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("cantidad >= 0", name=op.f("ck_animales_familia_cantidad_no_negativa")),
        sa.ForeignKeyConstraint(
            ["familia_id"], ["familia.id"], name="fk_animales_familia_familia_id_familia"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_animales_familia"),
    )
    op.create_index(
        "ix_animales_familia_ultima", "animales_familia", ["familia_id", "especie", "registrado_en"]
    )


def downgrade() -> None:
    op.drop_table("animales_familia")
    op.drop_table("estimacion_fuera")
    op.drop_table("familia_fuera")
