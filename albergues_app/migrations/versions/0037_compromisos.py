"""Keep commitments, whatever they were made in, with every step of theirs.

Why: one list of what was promised, by whom and by when, that chases people instead of the coordinator.
Old rows: none. What filled formats say of commitments stays in them.
Going back: drops the four tables.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."
GROW_ONLY = ("compromiso_paso", "compromiso_evidencia")


def upgrade() -> None:
    op.create_table(
        "compromiso",
        sa.Column("folio", sa.String(length=24), nullable=False),
        sa.Column("lugar", sa.String(length=4), nullable=False),
        sa.Column("anio", sa.Integer(), nullable=False),
        sa.Column("serie", sa.Integer(), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("origen_clase", sa.String(length=16), nullable=False),
        sa.Column("origen_id", sa.Uuid(), nullable=True),
        sa.Column("origen_folio", sa.Text(), nullable=True),
        sa.Column("coe_id", sa.Uuid(), nullable=True),
        sa.Column("emergencia_id", sa.Uuid(), nullable=True),
        sa.Column("departamento_codigo", sa.String(length=2), nullable=True),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=True),
        sa.Column("responsable", sa.Text(), nullable=True),
        sa.Column("institucion", sa.Text(), nullable=True),
        sa.Column("institucion_normal", sa.Text(), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("prioridad", sa.String(length=16), nullable=False),
        sa.Column("vence_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("con_hora", sa.Boolean(), nullable=False),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("vivo", sa.Boolean(), nullable=False),
        sa.Column("pasos", sa.Integer(), nullable=False),
        sa.Column("reprogramaciones", sa.Integer(), nullable=False),
        sa.Column("creado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("creado_por", sa.Uuid(), nullable=True),
        sa.Column("actualizado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cumplido_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cumplido_por", sa.Uuid(), nullable=True),
        sa.Column("verificado_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verificado_por", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "municipio_codigo IS NULL OR departamento_codigo IS NOT NULL", name="ck_compromiso_lugar_completo"
        ),
        sa.CheckConstraint(
            "verificado_por IS NULL OR verificado_por <> cumplido_por", name="ck_compromiso_verifica_otra"
        ),
        sa.CheckConstraint(
            "(estado = 'cancelado' OR verificado_en IS NOT NULL) <> vivo", name="ck_compromiso_vivo"
        ),
        sa.ForeignKeyConstraint(["cuenta_id"], ["cuenta.id"], name="fk_compromiso_cuenta_id_cuenta"),
        sa.ForeignKeyConstraint(
            ["emergencia_id"], ["emergencia.id"], name="fk_compromiso_emergencia_id_emergencia"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_compromiso"),
        sa.UniqueConstraint("folio", name="uq_compromiso_folio"),
        sa.UniqueConstraint("lugar", "anio", "serie", name="uq_compromiso_lugar"),
    )
    for name, columns in (
        ("vence", ["vivo", "vence_en"]),
        ("lugar", ["vivo", "departamento_codigo", "vence_en"]),
        ("mio", ["cuenta_id", "vivo", "vence_en"]),
        ("emergencia", ["emergencia_id", "vivo", "vence_en"]),
        ("coe", ["coe_id", "vivo", "vence_en"]),
        ("origen", ["origen_id"]),
    ):
        op.create_index(f"ix_compromiso_{name}", "compromiso", columns)
    op.create_table(
        "compromiso_paso",
        sa.Column("compromiso_id", sa.Uuid(), nullable=False),
        sa.Column("orden", sa.Integer(), nullable=False),
        sa.Column("clase", sa.String(length=16), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("vencia_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vencia_con_hora", sa.Boolean(), nullable=True),
        sa.Column("vence_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vence_con_hora", sa.Boolean(), nullable=True),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["compromiso_id"], ["compromiso.id"], name="fk_compromiso_paso_compromiso_id_compromiso"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_compromiso_paso"),
        sa.UniqueConstraint("compromiso_id", "orden", name="uq_compromiso_paso_compromiso_id"),
    )
    op.create_table(
        "compromiso_evidencia",
        sa.Column("compromiso_id", sa.Uuid(), nullable=False),
        sa.Column("orden", sa.Integer(), nullable=False),
        sa.Column("tipo", sa.String(length=8), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("adjuntado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["compromiso_id"], ["compromiso.id"], name="fk_compromiso_evidencia_compromiso_id_compromiso"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_compromiso_evidencia"),
        sa.UniqueConstraint("compromiso_id", "huella", name="uq_compromiso_evidencia_compromiso_id"),
    )
    op.create_table(
        "calendario_privado",
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("alcance", sa.String(length=12), nullable=False),
        sa.Column("creado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revocado_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["cuenta_id"], ["cuenta.id"], name="fk_calendario_privado_cuenta_id_cuenta"),
        sa.PrimaryKeyConstraint("id", name="pk_calendario_privado"),
        sa.UniqueConstraint("token_hash", name="uq_calendario_privado_token_hash"),
    )
    op.create_index("ix_calendario_privado_cuenta_id", "calendario_privado", ["cuenta_id"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in GROW_ONLY:
        if sqlite:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
                )
            continue
        for name, verbs, each in (
            ("solo_crece", "UPDATE OR DELETE", "ROW"),
            ("no_truncate", "TRUNCATE", "STATEMENT"),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {verbs} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION solo_crece()"
            )


def downgrade() -> None:
    op.drop_table("calendario_privado")
    op.drop_table("compromiso_evidencia")
    op.drop_table("compromiso_paso")
    op.drop_table("compromiso")
