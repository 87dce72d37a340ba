"""Collection: ageing marks, pace, yields, manifests, imports, intake keys (issue 4)."""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_dictionary",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=128), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_dictionary")),
    )
    with op.batch_alter_table("evidence_dictionary", schema=None) as batch_op:
        batch_op.create_index("ix_evidence_dictionary_site", ["site"], unique=False)

    op.create_table(
        "import_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=128), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("retention", sa.String(length=16), nullable=False),
        sa.Column("ends_on", sa.String(length=10), nullable=True),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("messages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("new_posts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finished_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_import_file_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
    )
    with op.batch_alter_table("import_file", schema=None) as batch_op:
        batch_op.create_index("ix_import_file_source_id_at", ["source_id", "at"], unique=False)

    op.create_table(
        "intake_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.Column("revoked_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_intake_key_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_intake_key_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_intake_key_name")),
    )
    op.create_table(
        "intake_request",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=128), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["intake_key.id"], name=op.f("fk_intake_request_key_id")
        ),
        sa.PrimaryKeyConstraint("key_id", "idempotency_key", name=op.f("pk_intake_request")),
    )
    op.create_table(
        "manifest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("crawl_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("fetched_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers_digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["crawl_id"], ["crawl.id"], name=op.f("fk_manifest_crawl_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest")),
        sa.UniqueConstraint("crawl_id", "n", name=op.f("uq_manifest_crawl_id_n")),
    )
    with op.batch_alter_table("crawl", schema=None) as batch_op:
        batch_op.add_column(sa.Column("requests", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("rejected", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("fields", sa.JSON(), server_default="{}", nullable=False))

    with op.batch_alter_table("crawl_mark", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("due_at", store.types.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.create_index(
            "ix_crawl_mark_source_id_due_at", ["source_id", "due_at"], unique=False
        )

    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("codec", sa.String(length=8), server_default="gzip", nullable=False)
        )
        batch_op.add_column(sa.Column("dictionary_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("purged_at", store.types.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_evidence_dictionary_id"),
            "evidence_dictionary",
            ["dictionary_id"],
            ["id"],
        )

    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(sa.Column("syndicated_from", sa.String(length=128), nullable=True))
        batch_op.add_column(sa.Column("state", sa.String(length=32), nullable=True))

    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("attachments", sa.JSON(), server_default="[]", nullable=False)
        )

    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("pace", sa.String(length=8), server_default="normal", nullable=False)
        )
        batch_op.add_column(sa.Column("pace_reason", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("verified_at", store.types.UtcDateTime(timezone=True), nullable=True)
        )
