"""Keep activations of the COE and their logs.

Why: the third duty of a sede is the departmental COE; what happened there must be provable line by line.
Old rows: none.
Going back: drops both tables.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."


def upgrade() -> None:
    op.create_table(
        "coe",
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("nivel", sa.String(length=16), nullable=False),
        sa.Column("departamento_codigo", sa.String(length=2), nullable=True),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=True),
        sa.Column("grado", sa.String(length=20), nullable=False),
        sa.Column("autoridad", sa.Text(), nullable=True),
        sa.Column("acta_numero", sa.Text(), nullable=True),
        sa.Column("activado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("desactivado_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ultimo_folio", sa.Integer(), nullable=False),
        sa.Column("cabeza", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "municipio_codigo IS NULL OR departamento_codigo IS NOT NULL", name="ck_coe_lugar_completo"
        ),
        sa.ForeignKeyConstraint(["emergencia_id"], ["emergencia.id"], name="fk_coe_emergencia_id_emergencia"),
        sa.PrimaryKeyConstraint("id", name="pk_coe"),
    )
    op.create_index("ix_coe_emergencia_id", "coe", ["emergencia_id"])
    op.create_index("ix_coe_lugar", "coe", ["departamento_codigo", "municipio_codigo"])
    op.create_table(
        "coe_entrada",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("folio", sa.Integer(), nullable=False),
        sa.Column("ocurrido_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tipo", sa.String(length=16), nullable=False),
        sa.Column("prioridad", sa.String(length=16), nullable=False),
        sa.Column("medio", sa.String(length=40), nullable=True),
        sa.Column("turno", sa.String(length=40), nullable=False),
        sa.Column("periodo", sa.String(length=60), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=True),
        sa.Column("territorio", sa.String(length=4), nullable=True),
        sa.Column("rectifica_a", sa.Integer(), nullable=True),
        sa.Column("tardio", sa.Boolean(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("texto", sa.String(length=64), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("anterior", sa.String(length=64), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["coe_id"], ["coe.id"], name="fk_coe_entrada_coe_id_coe"),
        sa.PrimaryKeyConstraint("id", name="pk_coe_entrada"),
        sa.UniqueConstraint("coe_id", "folio", name="uq_coe_entrada_coe_id"),
    )
    op.create_index("ix_coe_entrada_hora", "coe_entrada", ["coe_id", "ocurrido_en"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER coe_entrada_no_{verb.lower()} BEFORE {verb} ON coe_entrada "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
        return
    for name, verbs, each in (
        ("solo_crece", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER coe_entrada_{name} BEFORE {verbs} ON coe_entrada "
            f"FOR EACH {each} EXECUTE FUNCTION solo_crece()"
        )


def downgrade() -> None:
    op.drop_table("coe_entrada")
    op.drop_table("coe")
