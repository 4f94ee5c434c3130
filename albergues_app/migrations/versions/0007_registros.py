"""Keep filled formats of every kind, and drafts of what is being typed.

Why: every official format is usable from the day it is defined, also without tables of its own.
Old rows: none; the captures of the boleta stay as they are.
Going back: drops the shelf and the drafts; the sealed captures stay.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registro",
        sa.Column("formato", sa.String(length=40), nullable=False),
        sa.Column("edicion", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(length=16), nullable=False),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("emergencia_id", sa.Uuid(), nullable=True),
        sa.Column("activacion_id", sa.Uuid(), nullable=True),
        sa.Column("albergue_id", sa.Uuid(), nullable=True),
        sa.Column("departamento_codigo", sa.String(length=2), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=20), nullable=True),
        sa.Column("captura_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("folio", sa.String(length=40), nullable=True),
        sa.Column("titulo", sa.Text(), nullable=False),
        sa.Column("texto", sa.Text(), nullable=False),
        sa.Column("completitud", sa.Integer(), nullable=False),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("ocurrido_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capturado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actualizado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["emergencia_id"], ["emergencia.id"], name="fk_registro_emergencia_id_emergencia"
        ),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_registro_activacion_id_activacion"
        ),
        sa.ForeignKeyConstraint(["albergue_id"], ["albergue.id"], name="fk_registro_albergue_id_albergue"),
        sa.PrimaryKeyConstraint("id", name="pk_registro"),
    )
    op.create_index("ix_registro_formato", "registro", ["formato", "ocurrido_en"])
    op.create_index("ix_registro_activacion", "registro", ["activacion_id", "formato"])
    op.create_index("ix_registro_lugar", "registro", ["municipio_codigo", "formato"])
    op.create_index("ix_registro_emergencia_id", "registro", ["emergencia_id"])
    op.create_index("ix_registro_albergue_id", "registro", ["albergue_id"])
    op.create_index("ix_registro_departamento_codigo", "registro", ["departamento_codigo"])
    op.create_index("ix_registro_folio", "registro", ["folio"])
    op.create_table(
        "borrador",
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("formato", sa.String(length=40), nullable=False),
        sa.Column("edicion", sa.Integer(), nullable=False),
        sa.Column("emergencia_id", sa.Uuid(), nullable=True),
        sa.Column("lugar", sa.String(length=60), nullable=False),
        sa.Column("registro_id", sa.Uuid(), nullable=True),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("actualizado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["cuenta_id"], ["cuenta.id"], name="fk_borrador_cuenta_id_cuenta"),
        sa.PrimaryKeyConstraint("id", name="pk_borrador"),
    )
    op.create_index("ix_borrador_cuenta_id", "borrador", ["cuenta_id"])
    op.create_index("ix_borrador_emergencia_id", "borrador", ["emergencia_id"])


def downgrade() -> None:
    op.drop_table("borrador")
    op.drop_table("registro")
