"""Keep who signed a sheet, when and under which folio, beside its scan or instead of it; of boletas too.

Why: a signature is the scan of the paper or the folio where it is kept (F57), and a boleta is no record.
Old rows: the scans move to the new table as they are; nobody had noted who signed.
Going back: what has no scan, or is of a boleta, is dropped.
Safe while the old version runs: no, its table of scans goes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."


def upgrade() -> None:
    op.create_table(
        "hoja_firmada",
        sa.Column("captura_id", sa.Uuid(), nullable=False),
        sa.Column("objeto_id", sa.Uuid(), nullable=False),
        sa.Column("serie", sa.Integer(), nullable=False),
        sa.Column("firmantes", sa.LargeBinary(), nullable=True),
        sa.Column("firmada_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("folio", sa.String(length=40), nullable=True),
        sa.Column("tipo", sa.String(length=8), nullable=True),
        sa.Column("peso", sa.Integer(), nullable=True),
        sa.Column("huella", sa.String(length=64), nullable=True),
        sa.Column("contenido", sa.LargeBinary(), nullable=True),
        sa.Column("reservado", sa.Boolean(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("adjuntado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hoja_firmada"),
        sa.UniqueConstraint("objeto_id", "serie", name="uq_hoja_firmada_objeto_id"),
        sa.CheckConstraint(
            "contenido IS NOT NULL OR folio IS NOT NULL", name="ck_hoja_firmada_escaneo_o_folio"
        ),
    )
    op.create_index("ix_hoja_firmada_captura_id", "hoja_firmada", ["captura_id"])
    op.execute(
        "INSERT INTO hoja_firmada (id, captura_id, objeto_id, serie, tipo, peso, huella, contenido, reservado, "
        "cuenta_id, adjuntado_en) SELECT id, captura_id, registro_id, serie, tipo, peso, huella, contenido, "
        "reservado, cuenta_id, adjuntado_en FROM registro_escaneo"
    )
    op.drop_table("registro_escaneo")
    _only_grows("hoja_firmada")


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
    op.create_table(
        "registro_escaneo",
        sa.Column("registro_id", sa.Uuid(), nullable=False),
        sa.Column("captura_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("serie", sa.Integer(), nullable=False),
        sa.Column("tipo", sa.String(length=8), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("reservado", sa.Boolean(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("adjuntado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registro_id"], ["registro.id"], name="fk_registro_escaneo_registro_id_registro"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registro_escaneo"),
        sa.UniqueConstraint("registro_id", "serie", name="uq_registro_escaneo_registro_id"),
    )
    op.execute(
        "INSERT INTO registro_escaneo (id, registro_id, captura_id, version, serie, tipo, peso, huella, contenido, "
        "reservado, cuenta_id, adjuntado_en) SELECT h.id, h.objeto_id, h.captura_id, (SELECT count(*) FROM captura o "
        "WHERE o.objeto_id = h.objeto_id AND (o.registrado_en, o.id) <= (c.registrado_en, c.id)), h.serie, h.tipo, "
        "h.peso, h.huella, h.contenido, h.reservado, h.cuenta_id, h.adjuntado_en FROM hoja_firmada h "
        "JOIN captura c ON c.id = h.captura_id JOIN registro r ON r.id = h.objeto_id WHERE h.contenido IS NOT NULL"
    )
    op.drop_table("hoja_firmada")
    _only_grows("registro_escaneo")
