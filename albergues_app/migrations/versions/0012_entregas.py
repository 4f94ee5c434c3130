"""Keep the deliveries of formats: who has which edition.

Why: the sede must be able to say which municipality received which format and edition, with its signed receipt.
Old rows: none.
Going back: drops the ledger with its scans; export it and download them before.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."


def upgrade() -> None:
    op.create_table(
        "entrega_formatos",
        sa.Column("albergue_id", sa.Uuid(), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=True),
        sa.Column("anio", sa.Integer(), nullable=False),
        sa.Column("serie", sa.Integer(), nullable=False),
        sa.Column("folio", sa.String(length=32), nullable=False),
        sa.Column("fecha", sa.Date(), nullable=False),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("entrega", sa.Text(), nullable=False),
        sa.Column("recibe_nombre", sa.Text(), nullable=True),
        sa.Column("recibe_cargo", sa.Text(), nullable=True),
        sa.Column("recibe_telefono", sa.String(length=8), nullable=True),
        sa.Column("capacitacion", sa.Boolean(), nullable=False),
        sa.Column("capacitacion_minutos", sa.Integer(), nullable=True),
        sa.Column("capacitacion_personas", sa.Integer(), nullable=True),
        sa.Column("observaciones", sa.Text(), nullable=True),
        sa.Column("visita_id", sa.Uuid(), nullable=True),
        sa.Column("corrige_id", sa.Uuid(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("anulada_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("anulada_por", sa.Uuid(), nullable=True),
        sa.Column("confirmada_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmada_por", sa.Uuid(), nullable=True),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.CheckConstraint("capacitacion_minutos >= 0", name="ck_entrega_formatos_minutos_no_negativos"),
        sa.CheckConstraint("capacitacion_personas >= 0", name="ck_entrega_formatos_personas_no_negativas"),
        sa.ForeignKeyConstraint(
            ["albergue_id"], ["albergue.id"], name="fk_entrega_formatos_albergue_id_albergue"
        ),
        sa.ForeignKeyConstraint(
            ["visita_id"], ["registro.id"], name="fk_entrega_formatos_visita_id_registro"
        ),
        sa.ForeignKeyConstraint(
            ["corrige_id"], ["entrega_formatos.id"], name="fk_entrega_formatos_corrige_id_entrega_formatos"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_entrega_formatos"),
        sa.UniqueConstraint("folio", name="uq_entrega_formatos_folio"),
        sa.UniqueConstraint("municipio_codigo", "anio", "serie", name="uq_entrega_formatos_municipio_codigo"),
    )
    op.create_index("ix_entrega_formatos_municipio_codigo", "entrega_formatos", ["municipio_codigo"])
    op.create_index("ix_entrega_formatos_lugar", "entrega_formatos", ["municipio_codigo", "fecha"])
    op.create_index("ix_entrega_formatos_fecha", "entrega_formatos", ["fecha"])
    op.create_index("ix_entrega_formatos_albergue", "entrega_formatos", ["albergue_codigo"])
    op.create_index("ix_entrega_formatos_visita_id", "entrega_formatos", ["visita_id"])
    op.create_table(
        "entrega_linea",
        sa.Column("entrega_id", sa.Uuid(), nullable=False),
        sa.Column("orden", sa.Integer(), nullable=False),
        sa.Column("formato", sa.String(length=40), nullable=False),
        sa.Column("edicion", sa.Integer(), nullable=False),
        sa.Column("cantidad", sa.Integer(), nullable=False),
        sa.Column("medio", sa.String(length=16), nullable=False),
        sa.Column("quedaban", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("cantidad > 0", name="ck_entrega_linea_cantidad_positiva"),
        sa.CheckConstraint("edicion >= 0", name="ck_entrega_linea_edicion_no_negativa"),
        sa.CheckConstraint("quedaban >= 0", name="ck_entrega_linea_quedaban_no_negativos"),
        sa.ForeignKeyConstraint(
            ["entrega_id"], ["entrega_formatos.id"], name="fk_entrega_linea_entrega_id_entrega_formatos"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_entrega_linea"),
        sa.UniqueConstraint("entrega_id", "orden", name="uq_entrega_linea_entrega_id"),
    )
    op.create_table(
        "entrega_escaneo",
        sa.Column("entrega_id", sa.Uuid(), nullable=False),
        sa.Column("serie", sa.Integer(), nullable=False),
        sa.Column("tipo", sa.String(length=8), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("adjuntado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entrega_id"], ["entrega_formatos.id"], name="fk_entrega_escaneo_entrega_id_entrega_formatos"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_entrega_escaneo"),
        sa.UniqueConstraint("entrega_id", "serie", name="uq_entrega_escaneo_entrega_id"),
    )
    op.create_table(
        "tenencia",
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("formato", sa.String(length=40), nullable=False),
        sa.Column("edicion", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("ultima", sa.Date(), nullable=False),
        sa.Column("impresos", sa.Integer(), nullable=False),
        sa.Column("existencia", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint(
            "municipio_codigo", "albergue_codigo", "formato", "edicion", name="pk_tenencia"
        ),
    )
    op.create_index("ix_tenencia_formato", "tenencia", ["formato", "edicion"])
    for table in ("entrega_linea", "entrega_escaneo"):
        _only_grows(table)


def _only_grows(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
        return
    for name, verbs, each in (
        ("solo_crece", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {verbs} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION solo_crece()"
        )


def downgrade() -> None:
    for table in ("tenencia", "entrega_escaneo", "entrega_linea", "entrega_formatos"):
        op.drop_table(table)
