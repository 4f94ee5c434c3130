"""Keep the other witnesses of a parte, the hours a shelter reports at, calls to the silent, and open differences.

Why: rations, beds and the physical count stood only inside the sealed sheet; nobody could see them side by side,
nor who is late, who called, and who is on a difference.
Old rows: partes keep their numbers; the new ones are unknown for them.
Going back: drops the three tables and the columns; the filled sheets and the declared counts stay.
Safe while the old version runs: yes, the columns may be empty and the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WITNESSES = ("conteo_fisico", "pernoctaron", "raciones")


def upgrade() -> None:
    for name in WITNESSES:
        op.add_column("parte", sa.Column(name, sa.Integer(), nullable=True))
    _create(
        "ritmo_parte",
        sa.Column("horas", sa.String(length=80), nullable=False),
        sa.Column("vigente_desde", INSTANT, nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("registrado_en", INSTANT, nullable=False),
    )
    op.create_index(
        "ix_ritmo_parte_orden", "ritmo_parte", ["activacion_id", "vigente_desde", "registrado_en"]
    )
    _create(
        "llamada",
        sa.Column("contacto_id", sa.Uuid(), nullable=True),
        sa.Column("resultado", sa.String(length=16), nullable=False),
        sa.Column("nota", sa.Text(), nullable=True),
        sa.Column("ocurrida_en", INSTANT, nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("registrado_en", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["contacto_id"], ["contacto.id"], name="fk_llamada_contacto_id_contacto"),
    )
    op.create_index("ix_llamada_orden", "llamada", ["activacion_id", "ocurrida_en"])
    _create(
        "descuadre",
        sa.Column("desde", INSTANT, nullable=False),
        sa.Column("tomado_por", sa.Uuid(), nullable=True),
        sa.Column("tomado_en", INSTANT, nullable=True),
        sa.Column("nota", sa.Text(), nullable=True),
        sa.Column("explicacion", sa.Text(), nullable=True),
        sa.Column("explicada", sa.Integer(), nullable=True),
        sa.Column("cerrado_en", INSTANT, nullable=True),
        sa.Column("registrado_en", INSTANT, nullable=False),
    )
    op.create_index(
        "uq_descuadre_uno_abierto",
        "descuadre",
        ["activacion_id"],
        unique=True,
        sqlite_where=sa.text("cerrado_en IS NULL"),
        postgresql_where=sa.text("cerrado_en IS NULL"),
    )
    op.create_index("ix_descuadre_orden", "descuadre", ["activacion_id", "desde"])
    op.create_index("ix_corte_diario_activacion", "corte_diario", ["activacion_id", "dia"])


def _create(table: str, *columns: sa.schema.SchemaItem) -> None:
    """A table of facts of one activation."""
    op.create_table(
        table,
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        *columns,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name=f"fk_{table}_activacion_id_activacion"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    for name in ("albergue_codigo", "municipio_codigo"):
        op.create_index(f"ix_{table}_{name}", table, [name])


def downgrade() -> None:
    op.drop_index("ix_corte_diario_activacion", "corte_diario")
    for table in ("descuadre", "llamada", "ritmo_parte"):
        op.drop_table(table)
    for name in reversed(WITNESSES):
        op.drop_column("parte", name)
