"""Keep scanned sheets, the lines typed from each page, and the blind second typing of a sample.

Why: paper filled without electricity is typed beside its picture, each record tied to its place on the page, and
a second person types a sample, so that the error of the typing is known (F54).
Old rows: none.
Going back: drops the pictures and the ties; the records that were typed stay.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def upgrade() -> None:
    op.create_table(
        "lote_transcripcion",
        sa.Column("nombre", sa.Text(), nullable=False),
        sa.Column("formato", sa.String(length=40), nullable=False),
        sa.Column("edicion", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(length=16), nullable=False),
        sa.Column("emergencia_id", sa.Uuid(), nullable=True),
        sa.Column("activacion_id", sa.Uuid(), nullable=True),
        sa.Column("albergue_id", sa.Uuid(), nullable=True),
        sa.Column("departamento_codigo", sa.String(length=2), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=20), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("creado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("semilla", sa.String(length=32), nullable=True),
        sa.Column("muestra_pct", sa.Integer(), nullable=True),
        sa.Column("muestra_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("lote_transcripcion", "emergencia_id", "emergencia"),
        _foreign("lote_transcripcion", "activacion_id", "activacion"),
        _foreign("lote_transcripcion", "albergue_id", "albergue"),
        sa.PrimaryKeyConstraint("id", name="pk_lote_transcripcion"),
    )
    op.create_index("ix_lote_transcripcion_lugar", "lote_transcripcion", ["municipio_codigo", "formato"])
    op.create_index("ix_lote_transcripcion_activacion", "lote_transcripcion", ["activacion_id"])
    op.create_index("ix_lote_transcripcion_emergencia_id", "lote_transcripcion", ["emergencia_id"])
    op.create_index(
        "ix_lote_transcripcion_departamento_codigo", "lote_transcripcion", ["departamento_codigo"]
    )
    op.create_table(
        "hoja_escaneada",
        sa.Column("lote_id", sa.Uuid(), nullable=False),
        sa.Column("numero", sa.Integer(), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("ancho_px", sa.Integer(), nullable=False),
        sa.Column("alto_px", sa.Integer(), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("huella_archivo", sa.String(length=64), nullable=False),
        sa.Column("pagina", sa.Integer(), nullable=False),
        sa.Column("duda", sa.Text(), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("subida_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminada_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminada_por", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("hoja_escaneada", "lote_id", "lote_transcripcion"),
        sa.PrimaryKeyConstraint("id", name="pk_hoja_escaneada"),
        sa.UniqueConstraint("lote_id", "numero", name="uq_hoja_escaneada_lote_id"),
        sa.UniqueConstraint("lote_id", "huella_archivo", "pagina", name="uq_hoja_escaneada_archivo"),
    )
    op.create_table(
        "renglon_transcrito",
        sa.Column("lote_id", sa.Uuid(), nullable=False),
        sa.Column("hoja_id", sa.Uuid(), nullable=False),
        sa.Column("renglon", sa.Integer(), nullable=False),
        sa.Column("hojas", sa.Integer(), nullable=False),
        sa.Column("tabla", sa.String(length=16), nullable=False),
        sa.Column("fila_id", sa.Uuid(), nullable=False),
        sa.Column("captura_id", sa.Uuid(), nullable=False),
        sa.Column("folio", sa.String(length=40), nullable=True),
        sa.Column("no_se_lee", sa.Text(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("transcrito_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("renglon_transcrito", "lote_id", "lote_transcripcion"),
        _foreign("renglon_transcrito", "hoja_id", "hoja_escaneada"),
        sa.PrimaryKeyConstraint("id", name="pk_renglon_transcrito"),
        sa.UniqueConstraint("hoja_id", "renglon", name="uq_renglon_transcrito_hoja_id"),
        sa.UniqueConstraint("tabla", "fila_id", name="uq_renglon_transcrito_tabla"),
    )
    op.create_index("ix_renglon_transcrito_lote_id", "renglon_transcrito", ["lote_id"])
    op.create_index("ix_renglon_transcrito_folio", "renglon_transcrito", ["folio"])
    op.create_table(
        "segunda_transcripcion",
        sa.Column("lote_id", sa.Uuid(), nullable=False),
        sa.Column("renglon_id", sa.Uuid(), nullable=False),
        sa.Column("elegida_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("hecha_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("respuestas", sa.LargeBinary(), nullable=True),
        sa.Column("comparados", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("segunda_transcripcion", "lote_id", "lote_transcripcion"),
        _foreign("segunda_transcripcion", "renglon_id", "renglon_transcrito"),
        sa.PrimaryKeyConstraint("id", name="pk_segunda_transcripcion"),
        sa.UniqueConstraint("renglon_id", name="uq_segunda_transcripcion_renglon_id"),
    )
    op.create_index("ix_segunda_transcripcion_lote_id", "segunda_transcripcion", ["lote_id"])
    op.create_table(
        "campo_distinto",
        sa.Column("segunda_id", sa.Uuid(), nullable=False),
        sa.Column("campo", sa.String(length=120), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=True),
        sa.Column("decidido_por", sa.Uuid(), nullable=True),
        sa.Column("decidido_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("campo_distinto", "segunda_id", "segunda_transcripcion"),
        sa.PrimaryKeyConstraint("id", name="pk_campo_distinto"),
        sa.UniqueConstraint("segunda_id", "campo", name="uq_campo_distinto_segunda_id"),
    )


def downgrade() -> None:
    for table in (
        "campo_distinto", "segunda_transcripcion", "renglon_transcrito", "hoja_escaneada", "lote_transcripcion",
    ):  # fmt: skip
        op.drop_table(table)
