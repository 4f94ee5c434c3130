"""Keep what one sede asks another of a person, and who looks for a relative.

Why: across departments a desk learns only that somebody may be registered; its sede is asked and answers yes, no or
«llame». A relative who asks is told nothing: the person is asked first.
Old rows: none.
Going back: drops the questions and the searches; persons, unions and figures stay.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def upgrade() -> None:
    op.create_table(
        "consulta",
        sa.Column("persona_id", sa.Uuid(), nullable=False),
        sa.Column("nueva_id", sa.Uuid(), nullable=False),
        sa.Column("pide_activacion_id", sa.Uuid(), nullable=False),
        sa.Column("pide_cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("escrito", sa.LargeBinary(), nullable=False),
        sa.Column("pedida_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("respuesta", sa.String(length=8), nullable=True),
        sa.Column("respondida_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("consulta", "pide_activacion_id", "activacion"),
        _foreign("consulta", "emergencia_id", "emergencia"),
        sa.PrimaryKeyConstraint("id", name="pk_consulta"),
        sa.UniqueConstraint("nueva_id", "persona_id", name="uq_consulta_nueva_id"),
    )
    op.create_index("ix_consulta_pide", "consulta", ["pide_activacion_id", "pedida_en"])
    op.create_index("ix_consulta_espera", "consulta", ["respuesta", "pedida_en"])
    op.create_index("ix_consulta_albergue_codigo", "consulta", ["albergue_codigo"])
    op.create_index("ix_consulta_municipio_codigo", "consulta", ["municipio_codigo"])
    op.create_table(
        "busqueda",
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("escrito", sa.LargeBinary(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("recibida_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repartida_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("busqueda", "emergencia_id", "emergencia"),
        sa.PrimaryKeyConstraint("id", name="pk_busqueda"),
    )
    op.create_index("ix_busqueda_repartida", "busqueda", ["repartida_en"])
    op.create_table(
        "aviso_busqueda",
        sa.Column("busqueda_id", sa.Uuid(), nullable=False),
        sa.Column("persona_id", sa.Uuid(), nullable=False),
        sa.Column("razones", sa.Text(), nullable=False),
        sa.Column("intentos", sa.Integer(), nullable=False),
        sa.Column("respuesta", sa.String(length=12), nullable=True),
        sa.Column("nota", sa.LargeBinary(), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("respondida_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("aviso_busqueda", "busqueda_id", "busqueda"),
        sa.PrimaryKeyConstraint("id", name="pk_aviso_busqueda"),
        sa.UniqueConstraint("busqueda_id", "persona_id", name="uq_aviso_busqueda_busqueda_id"),
    )
    op.create_index("ix_aviso_busqueda_espera", "aviso_busqueda", ["respuesta"])
    op.create_index("ix_aviso_busqueda_persona_id", "aviso_busqueda", ["persona_id"])
    op.create_index("ix_aviso_busqueda_albergue_codigo", "aviso_busqueda", ["albergue_codigo"])
    op.create_index("ix_aviso_busqueda_municipio_codigo", "aviso_busqueda", ["municipio_codigo"])


def downgrade() -> None:
    for table in ("aviso_busqueda", "busqueda", "consulta"):
        op.drop_table(table)
