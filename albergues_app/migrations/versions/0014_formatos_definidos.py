"""Keep formats that administrators define, official numbers, and the institution's own blanks.

Why: a format may be added, published in editions and retired without a new version of the program.
Old rows: none; the formats of the code stay where they are.
Going back: drops what was defined; filled ones of those formats stay, and cannot be read until it returns.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FROZEN = ("formato_edicion", "codigo_oficial", "hoja_oficial")
MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."


def upgrade() -> None:
    op.create_table(
        "formato_definido",
        sa.Column("codigo", sa.String(length=40), nullable=False),
        sa.Column("borrador", sa.Text(), nullable=True),
        sa.Column("vuelta", sa.Integer(), nullable=False),
        sa.Column("publico", sa.Boolean(), nullable=False),
        sa.Column("retirado_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("creado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actualizado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_formato_definido"),
        sa.UniqueConstraint("codigo", name="uq_formato_definido_codigo"),
    )
    op.create_table(
        "formato_edicion",
        sa.Column("codigo", sa.String(length=40), nullable=False),
        sa.Column("edicion", sa.Integer(), nullable=False),
        sa.Column("definicion", sa.Text(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("publicado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_formato_edicion"),
        sa.UniqueConstraint("codigo", "edicion", name="uq_formato_edicion_codigo"),
    )
    op.create_table(
        "codigo_oficial",
        sa.Column("formato", sa.String(length=40), nullable=False),
        sa.Column("serie", sa.Integer(), nullable=False),
        sa.Column("codigo", sa.String(length=60), nullable=False),
        sa.Column("fuente", sa.String(length=300), nullable=False),
        sa.Column("fecha", sa.Date(), nullable=True),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_codigo_oficial"),
        sa.UniqueConstraint("formato", "serie", name="uq_codigo_oficial_formato"),
    )
    op.create_table(
        "hoja_oficial",
        sa.Column("formato", sa.String(length=40), nullable=False),
        sa.Column("serie", sa.Integer(), nullable=False),
        sa.Column("nombre", sa.String(length=120), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("paginas", sa.Integer(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=True),
        sa.Column("fuente", sa.String(length=300), nullable=False),
        sa.Column("fecha", sa.Date(), nullable=True),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hoja_oficial"),
        sa.UniqueConstraint("formato", "serie", name="uq_hoja_oficial_formato"),
    )
    serie = op.create_table(
        "formatos_serie",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("serie", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_formatos_serie"),
    )
    op.execute(serie.insert().values(id=1, serie=0))
    for table in FROZEN:
        _freeze(table)


def _freeze(table: str) -> None:
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
    op.drop_table("formatos_serie")
    for table in (*reversed(FROZEN), "formato_definido"):
        op.drop_table(table)
